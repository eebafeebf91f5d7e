export { type App, createApp } from './app.ts'
export { type NotificationConfig, readConfig } from './config.ts'
