import type { Delivery, Webhook, WebhookReplay, WebhookWithSecret } from '@onus/proto/onus/v1/webhooks'
import { present } from './common.ts'

export const webhookJson = (webhook: Webhook) =>
  present({
    id: webhook.id,
    url: webhook.url,
    events: webhook.events,
    departmentId: webhook.departmentId ?? null,
    active: webhook.active,
    createdAt: webhook.createdAt,
    updatedAt: webhook.updatedAt,
    disabledReason: webhook.disabledReason,
    disabledAt: webhook.disabledAt,
    failingSince: webhook.failingSince,
    lastError: webhook.lastError,
    resumesAt: webhook.resumesAt,
    replays: webhook.replays.map(replayJson),
  })

export function webhookWithSecretJson({ webhook, secret, previousUntil }: WebhookWithSecret) {
  if (!webhook) throw new Error('the service answered without the webhook')
  return present({ ...webhookJson(webhook), secret, previousSecretUntil: previousUntil })
}

export const replayJson = (replay: WebhookReplay) =>
  present({
    id: replay.id,
    state: replay.state,
    deliveries: replay.deliveries,
    ticketId: replay.ticketId,
    subject: replay.subject,
    fromSequence: replay.fromSequence,
    since: replay.since,
    until: replay.until,
  })

export const deliveryJson = (delivery: Delivery) =>
  present({
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
