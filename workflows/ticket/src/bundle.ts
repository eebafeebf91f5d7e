/** The entry of the workflow bundle: every workflow that the ticket worker runs. */
export { delegation } from './delegation.ts'
export { drain } from './drain.ts'
export { offboarding } from './offboarding.ts'
export { republish } from './republish.ts'
export { sweep } from './sweep.ts'
export { ticket } from './workflow.ts'
