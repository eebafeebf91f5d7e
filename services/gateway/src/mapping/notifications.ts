import type { Notice, SlackIntegration } from '@onus/proto/onus/v1/notification'
import { present } from './common.ts'

export const noticeJson = (notice: Notice) =>
  present({
    id: notice.id,
    ticketId: notice.ticketId,
    event: notice.event,
    channel: notice.channel,
    recipient: { agentId: notice.recipient?.agentId ?? '' },
    state: notice.state,
    reason: notice.reason,
    attempts: notice.attempts,
    nextAttemptAt: notice.nextAttemptAt,
    error: notice.error,
    createdAt: notice.createdAt,
    sentAt: notice.sentAt,
  })

export const slackJson = ({ workspace, botTokenHint, updatedAt }: SlackIntegration) => ({
  workspace,
  botTokenHint,
  updatedAt,
})
