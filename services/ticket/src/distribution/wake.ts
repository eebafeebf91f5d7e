import {
  DRAIN_WORKFLOW,
  type DrainInput,
  type DrainWake,
  drainWorkflowId,
  OPERATIONS_QUEUE,
  WAKE_DRAIN,
} from '@onus/workflows-contract'
import type { Client } from '@temporalio/client'

const DEADLINE_MS = 10_000

/** Wakes a department's drain, and starts it when it does not run. */
export function createWake(client: Client, taskQueuePrefix: string) {
  return async (accountId: string, departmentId: string, wake: DrainWake): Promise<void> => {
    const input: DrainInput = { accountId, departmentId }
    await client.withDeadline(Date.now() + DEADLINE_MS, () =>
      client.workflow.signalWithStart(DRAIN_WORKFLOW, {
        workflowId: drainWorkflowId(accountId, departmentId),
        taskQueue: `${taskQueuePrefix}${OPERATIONS_QUEUE}`,
        signal: WAKE_DRAIN,
        signalArgs: [wake],
        args: [input],
      }),
    )
  }
}
