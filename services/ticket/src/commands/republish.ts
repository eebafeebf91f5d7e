import { setTimeout as sleep } from 'node:timers/promises'
import { REPUBLISH_WORKFLOW, type RepublishInput, republishWorkflowId } from '@onus/workflows-contract'
import type { Client } from '@temporalio/client'

/** Left for the answer to get back to who asked. */
const MARGIN_MS = 1_000

/** Starts the workflow that publishes events of a ticket again, and waits for it as long as there is time. */
export const createRepublisher =
  (temporal: Client, taskQueue: string) =>
  async (input: RepublishInput, commandId: string, deadline: Date): Promise<number | null> => {
    const handle = await temporal.workflow.start(REPUBLISH_WORKFLOW, {
      workflowId: republishWorkflowId(input.accountId, input.ticketId, commandId),
      taskQueue,
      args: [input],
      workflowIdConflictPolicy: 'USE_EXISTING',
      staticSummary: `Events of ticket ${input.ticketId} again, from ${input.fromSequence} on`,
    })
    const waited = sleep(Math.max(0, deadline.getTime() - Date.now() - MARGIN_MS), null, { ref: false })
    return await Promise.race([handle.result() as Promise<number>, waited])
  }
