import {
  DELEGATION_WORKFLOW,
  delegationWorkflowId,
  OFFBOARDING_WORKFLOW,
  OPERATIONS_QUEUE,
  offboardingWorkflowId,
  WANT_SIGNAL,
} from '@onus/workflows-contract'
import type { Client } from '@temporalio/client'
import type { OperationItem } from '../domain/consequences.ts'
import type { LaneOf } from './outbox.ts'

/**
 * Tells operations over many tickets what is wanted of them; one that is not there (any more) is started
 * with it. Told again, the same wish changes nothing.
 */
export function operationLane(
  connected: () => Promise<Client>,
  taskQueuePrefix: string,
): LaneOf<'operation'> {
  return {
    kind: 'operation',
    async deliver(_, items) {
      const client = await connected()
      for (const { workflow, input } of items.map(startOf)) {
        const { wanted, version, by } = input
        await client.withDeadline(Date.now() + 10_000, () =>
          client.workflow.signalWithStart(workflow.type, {
            workflowId: workflow.id,
            taskQueue: `${taskQueuePrefix}${OPERATIONS_QUEUE}`,
            args: [input],
            signal: WANT_SIGNAL,
            signalArgs: [{ wanted, version, ...(by && { by }) }],
          }),
        )
      }
    },
  }
}

function startOf(item: OperationItem) {
  const { input } = item
  if (item.workflow === 'offboarding') {
    const id = offboardingWorkflowId(input.accountId, item.input.offboardingId)
    return { workflow: { type: OFFBOARDING_WORKFLOW, id }, input }
  }
  const id = delegationWorkflowId(input.accountId, item.input.delegationId)
  return { workflow: { type: DELEGATION_WORKFLOW, id }, input }
}
