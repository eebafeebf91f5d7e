import {
  type Actor,
  type Cause,
  type Given,
  NOTICE_WORKFLOW,
  NOTIFICATIONS_QUEUE,
  type NoticeInput,
  noticeWorkflowId,
  OPERATIONS_QUEUE,
} from '@onus/workflows-contract'
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common'
import {
  ChildWorkflowCancellationType,
  ParentClosePolicy,
  startChild,
  WorkflowIdReusePolicy,
  workflowInfo,
} from '@temporalio/workflow'

/** One notice for all that somebody got by an operation, instead of one for each ticket. */
export async function tellOfAll(
  accountId: string,
  given: Record<string, Given>,
  { by, cause, from }: { by: Actor; cause: Cause; from: string },
): Promise<void> {
  for (const [agentId, { ticketId, departmentId, sequence, tickets }] of Object.entries(given)) {
    const after = { departmentId, agentId }
    const before = { departmentId, agentId: from }
    const input: NoticeInput = {
      accountId,
      ticketId,
      sequence,
      commandType: 'recheck',
      entries: [
        {
          sequence,
          at: new Date().toISOString(),
          type: 'responsibility.changed',
          actor: by,
          cause,
          from: before,
          to: after,
          details: { summary: { tickets } },
        },
      ],
      before,
      after,
    }
    try {
      await startChild(NOTICE_WORKFLOW, {
        workflowId: noticeWorkflowId(accountId, ticketId, sequence),
        args: [input],
        taskQueue: queueBeside(NOTIFICATIONS_QUEUE),
        parentClosePolicy: ParentClosePolicy.ABANDON,
        cancellationType: ChildWorkflowCancellationType.ABANDON,
        workflowIdReusePolicy: WorkflowIdReusePolicy.REJECT_DUPLICATE,
        staticSummary: `Summary of ${tickets} tickets for agent ${agentId}`,
      })
    } catch (error) {
      if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error
    }
  }
}

/** The name of another queue of this installation, which may have a prefix. */
function queueBeside(queue: string): string {
  const { taskQueue } = workflowInfo()
  const prefix = taskQueue.endsWith(OPERATIONS_QUEUE) ? taskQueue.slice(0, -OPERATIONS_QUEUE.length) : ''
  return `${prefix}${queue}`
}
