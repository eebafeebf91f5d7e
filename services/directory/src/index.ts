export { createApp, type DirectoryApp, type DirectoryDeps } from './app.ts'
export { directoryConfig } from './config.ts'
