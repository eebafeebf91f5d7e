/** Sends a notice again because somebody asked for it. */
export const RESEND_WORKFLOW = 'resend'

/** Starts the workflow of a resend by hand. */
export interface ResendInput {
  accountId: string
  ticketId: string
  departmentId: string
  noticeId: string
  channel: string
  agentId: string
  round: number
}

export const resendWorkflowId = (accountId: string, noticeId: string, round: number): string =>
  `resend:${accountId}:${noticeId}:${round}`
