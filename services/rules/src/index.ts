export { createApp, type RulesApp, type RulesDeps } from './app.ts'
export { rulesConfig } from './config.ts'
