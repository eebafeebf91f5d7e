/** What the workflow bundle of the `intake` queue holds. */
export { intake } from './intake.ts'
