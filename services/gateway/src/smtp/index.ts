export { createInboundSmtp, type InboundSmtp, type InboundSmtpDeps } from './server.ts'
