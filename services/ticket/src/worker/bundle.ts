export { workflowBundle } from '@onus/kit/bundle'
