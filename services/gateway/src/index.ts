export { createApp, type Deps } from './app.ts'
export { type GatewayConfig, readConfig } from './config.ts'
