export { createResolveAddress, type ResolveAddress } from './addresses.ts'
export { createMailHandlers, type MailHandlers, type MailHandlersDeps } from './handlers.ts'
export { INTAKE_QUERIES } from './queries.ts'
export { createIntakeWorker, type IntakeWorkerDeps, intakeWorkflowsPath } from './worker.ts'
