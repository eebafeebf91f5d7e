import type * as proto from '@onus/proto/onus/v1/webhooks'
import type { Delivery, Replay, Webhook } from './domain/model.ts'

/** From what is kept to what is shown; never a secret. */

export function webhookView(webhook: Webhook): proto.Webhook {
  const { disabled, health } = webhook
  return {
    id: webhook.id,
    url: webhook.url,
    events: webhook.events,
    departmentId: webhook.departmentId,
    active: webhook.active,
    createdAt: webhook.createdAt,
    updatedAt: webhook.updatedAt,
    disabledReason: disabled?.reason,
    disabledAt: disabled?.at,
    failingSince: health.failingSince,
    lastError: health.lastError,
    resumesAt: webhook.active ? health.resumesAt : undefined,
    replays: Object.values(webhook.replays).map(replayView),
  }
}

export const replayView = (replay: Replay): proto.WebhookReplay => ({
  id: replay.id,
  state: replay.state,
  deliveries: replay.deliveries,
  ticketId: replay.ticketId,
  subject: replay.subject,
  fromSequence: replay.fromSequence,
  since: replay.since,
  until: replay.until,
})

export const deliveryView = (delivery: Delivery): proto.Delivery => ({
  id: delivery.id,
  webhookId: delivery.webhookId,
  eventId: delivery.eventId,
  type: delivery.type,
  subject: delivery.subject,
  sequence: delivery.sequence,
  state: delivery.state,
  attempts: delivery.attempts,
  statusCode: delivery.statusCode,
  error: delivery.error,
  nextAttemptAt: delivery.nextAttemptAt,
  durationMs: delivery.durationMs,
  createdAt: delivery.createdAt,
  deliveredAt: delivery.deliveredAt,
  replayId: delivery.replayId,
})
