import { OPERATIONS_QUEUE, SWEEP_WORKFLOW, sweepWorkflowId } from '@onus/workflows-contract'
import { type Client, WorkflowExecutionAlreadyStartedError } from '@temporalio/client'
import type { LaneOf } from './outbox.ts'

/** Starts the sweeps that put tickets right after a change, each once, one after the other. */
export function sweepLane(connected: () => Promise<Client>, taskQueuePrefix: string): LaneOf<'sweep'> {
  return {
    kind: 'sweep',
    async deliver(accountId, items) {
      const client = await connected()
      for (const { input } of items) {
        try {
          await client.withDeadline(Date.now() + 10_000, () =>
            client.workflow.start(SWEEP_WORKFLOW, {
              workflowId: `${sweepWorkflowId(accountId)}:${input.sweepId}`,
              taskQueue: `${taskQueuePrefix}${OPERATIONS_QUEUE}`,
              workflowIdReusePolicy: 'REJECT_DUPLICATE',
              args: [input],
            }),
          )
        } catch (error) {
          if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error
        }
      }
    },
  }
}
