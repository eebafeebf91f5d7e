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

/** Holds one agent's notices on one channel until their digest is due. */
export const DIGEST_WORKFLOW = 'digest'
/** Signal: notices to hold. */
export const HOLD_SIGNAL = 'hold'
/** Signal: the agent's preferences have changed. */
export const PREFERENCES_SIGNAL = 'preferencesChanged'

export const digestWorkflowId = (accountId: string, agentId: string, channel: string): string =>
  `digest:${accountId}:${agentId}:${channel}`

/** Notices that wait for a digest, and since when the first of them does. */
export interface HoldForDigest {
  noticeIds: string[]
  since: string
}

export interface DigestInput {
  accountId: string
  agentId: string
  channel: 'email' | 'slack' | 'push'
  /** Carried across continue-as-new: what waits, oldest first. */
  carried?: HoldForDigest[]
}
