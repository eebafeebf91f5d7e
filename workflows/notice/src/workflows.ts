/** What the workflow bundle of the `notifications` queue holds. */
export { digest } from './digest.ts'
export { notice, resend } from './notice.ts'
export { reply } from './reply.ts'
