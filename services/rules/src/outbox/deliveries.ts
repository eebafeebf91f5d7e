import { systemCaller } from '@onus/kit/caller'
import type { GrpcClient } from '@onus/kit/grpc'
import type { AuditServiceService } from '@onus/proto/onus/v1/audit'
import { OPERATIONS_QUEUE, SWEEP_WORKFLOW, type SweepInput, sweepWorkflowId } from '@onus/workflows-contract'
import { type Client, WorkflowExecutionAlreadyStartedError } from '@temporalio/client'
import type { Delivery } from './outbox.ts'

const DEADLINE_MS = 10_000

/** Starts the sweeps that move the timers of open tickets, each once. */
export const startSweep =
  (connected: () => Promise<Client>, taskQueuePrefix: string): Delivery['sweep'] =>
  async (accountId, { id }) => {
    const client = await connected()
    const input: SweepInput = {
      accountId,
      scope: { all: true },
      command: { type: 'recheck', because: 'settings' },
      sweepId: id,
    }
    try {
      await client.withDeadline(Date.now() + DEADLINE_MS, () =>
        client.workflow.start(SWEEP_WORKFLOW, {
          workflowId: `${sweepWorkflowId(accountId)}:${id}`,
          taskQueue: `${taskQueuePrefix}${OPERATIONS_QUEUE}`,
          workflowIdReusePolicy: 'REJECT_DUPLICATE',
          args: [input],
        }),
      )
    } catch (error) {
      if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error
    }
  }

/** Adds to the account's audit, which the directory keeps. */
export const recordAudit =
  (audit: Pick<GrpcClient<AuditServiceService>, 'recordAudit'>): Delivery['audit'] =>
  async (accountId, { id, at, actor, action, entityId, fields }) => {
    await audit.recordAudit(
      { id, at, actor, action, entityId, fields },
      { caller: systemCaller(accountId, 'rules'), deadlineMs: DEADLINE_MS },
    )
  }
