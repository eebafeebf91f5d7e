import type { z } from '@hono/zod-openapi'
import type { Notice, NoticeDevice, SlackIntegration } from '@onus/proto/onus/v1/notification'
import type { slackChange } from '../api/notifications.ts'
import { present } from './common.ts'

export const noticeJson = (notice: Notice) =>
  present({
    id: notice.id,
    ticketId: notice.ticketId,
    event: notice.event,
    channel: notice.channel,
    recipient: present({
      agentId: notice.recipient?.agentId || undefined,
      slackChannel: notice.recipient?.slackChannel,
      emailDomain: notice.recipient?.emailDomain,
    }),
    state: notice.state,
    reason: notice.reason,
    attempts: notice.attempts,
    nextAttemptAt: notice.nextAttemptAt,
    error: notice.error,
    createdAt: notice.createdAt,
    sentAt: notice.sentAt,
    departmentId: notice.departmentId,
    because: notice.because,
    why: notice.why,
    text: notice.text,
    preferenceUrl: notice.preferenceUrl,
    ...(notice.inDigest && { inDigest: true }),
    devices: notice.devices?.length ? notice.devices.map(noticeDeviceJson) : undefined,
  })

const noticeDeviceJson = ({ deviceId, kind, name, state, error, at }: NoticeDevice) =>
  present({ deviceId, kind, name, state, error, at })

export const slackJson = (integration: SlackIntegration) => {
  const { workspace, botTokenHint, updatedAt, interactive, webhook } = integration
  return { workspace, botTokenHint, updatedAt, interactive, webhook }
}

/** A secret that is null is removed, which is an empty text in the call. */
export const slackProto = ({ workspace, ...secrets }: SlackChangeBody) => ({
  workspace,
  botToken: secrets.botToken === null ? '' : secrets.botToken,
  signingSecret: secrets.signingSecret === null ? '' : secrets.signingSecret,
  webhookUrl: secrets.webhookUrl === null ? '' : secrets.webhookUrl,
})

type SlackChangeBody = z.output<typeof slackChange>
