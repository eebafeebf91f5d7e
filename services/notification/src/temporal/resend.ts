import { NOTIFICATIONS_QUEUE } from '@onus/workflows-contract'
import { RESEND_WORKFLOW, type ResendInput, resendWorkflowId } from '@onus/workflows-notice'
import type { Client } from '@temporalio/client'
import type { Notice } from '../domain/notice.ts'

/** Starts the delivery of a resend; the same round twice is one delivery. */
export const createResender =
  (client: Client, queuePrefix: string) =>
  async (notice: Notice, round: number): Promise<void> => {
    const input: ResendInput = {
      accountId: notice.accountId,
      ticketId: notice.ticketId,
      departmentId: notice.departmentId,
      noticeId: notice.id,
      channel: notice.channel,
      agentId: notice.recipient.agentId,
      round,
    }
    await client.workflow.start(RESEND_WORKFLOW, {
      taskQueue: `${queuePrefix}${NOTIFICATIONS_QUEUE}`,
      workflowId: resendWorkflowId(notice.accountId, notice.id, round),
      workflowIdReusePolicy: 'REJECT_DUPLICATE',
      workflowIdConflictPolicy: 'USE_EXISTING',
      args: [input],
      staticSummary: 'Notice sent again by hand',
    })
  }
