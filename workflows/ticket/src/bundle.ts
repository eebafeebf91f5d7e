/** The entry of the workflow bundle: every workflow that the ticket worker runs. */
export { drain } from './drain.ts'
export { sweep } from './sweep.ts'
export { ticket } from './workflow.ts'
