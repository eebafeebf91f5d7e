import { DRAIN_WORKFLOW, drainWorkflowId, OPERATIONS_QUEUE, WAKE_DRAIN } from '@onus/workflows-contract'
import type { Client } from '@temporalio/client'
import type { LaneOf } from './outbox.ts'

/** Wakes the drains of departments, and starts those that do not run. In any order: each looks for itself. */
export function drainLane(connected: () => Promise<Client>, taskQueuePrefix: string): LaneOf<'drain'> {
  return {
    kind: 'drain',
    anyOrder: true,
    async deliver(_, items) {
      const client = await connected()
      const departments = new Map(items.map(({ input }) => [input.departmentId, input]))
      for (const input of departments.values()) {
        await client.withDeadline(Date.now() + 10_000, () =>
          client.workflow.signalWithStart(DRAIN_WORKFLOW, {
            workflowId: drainWorkflowId(input.accountId, input.departmentId),
            taskQueue: `${taskQueuePrefix}${OPERATIONS_QUEUE}`,
            signal: WAKE_DRAIN,
            signalArgs: [{ because: 'directory' }],
            args: [input],
          }),
        )
      }
    },
  }
}
