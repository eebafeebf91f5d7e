import { z } from '@hono/zod-openapi'
import { id, page, pageQuery, text, timestamp } from './common.ts'

const url = text(1, 2000)
  .refine((value) => URL.canParse(value) && /^https?:$/.test(new URL(value).protocol), {
    message: 'Must be an http(s) address such as https://example.com/onus.',
  })
  .openapi({ format: 'uri', example: 'https://example.com/onus' })

const events = z
  .array(
    z
      .string()
      .regex(/^(\*|dev\.onus\.[a-z_.]{1,100}\.v\d{1,3})$/, 'Must be a type of event, or "*" for all.')
      .openapi({ example: 'dev.onus.ticket.responsibility.changed.v1' }),
  )
  .min(1, 'Must name at least one type, or "*".')
  .max(100, 'Must name at most 100 types.')
  .openapi({
    description: 'Types as the AsyncAPI document lists them, or `*` for all.',
    example: ['dev.onus.ticket.responsibility.changed.v1'],
  })

const departmentId = id.nullable().openapi({
  description: 'Only events of tickets that are in this department, come to it or leave it.',
})

export const newWebhook = z
  .strictObject({ url, events, departmentId: departmentId.optional(), active: z.boolean().optional() })
  .openapi('NewWebhook')

export const webhookChange = z
  .strictObject({ url, events, departmentId, active: z.boolean() })
  .partial()
  .openapi('WebhookChange', { example: { active: true } })

export const replay = z
  .object({
    id: z.string(),
    state: z.enum(['running', 'done']),
    deliveries: z.int().openapi({ description: 'Deliveries made so far.' }),
    ticketId: z.string().optional(),
    subject: z.string().optional(),
    fromSequence: z.int().optional(),
    since: timestamp.optional(),
    until: timestamp,
  })
  .openapi('WebhookReplay')

export const webhook = z
  .object({
    id: z.string(),
    url: z.string(),
    events: z.array(z.string()),
    departmentId: z.string().nullable(),
    active: z.boolean(),
    createdAt: timestamp,
    updatedAt: timestamp,
    disabledReason: z.enum(['gone', 'failing']).optional().openapi({
      description:
        'Why Onus set it inactive by itself: the receiver answered 410, or took nothing for three days.',
    }),
    disabledAt: timestamp.optional(),
    failingSince: timestamp.optional(),
    lastError: z.string().optional(),
    resumesAt: timestamp
      .optional()
      .openapi({ description: 'While the receiver is let rest: when the next delivery is tried.' }),
    replays: z.array(replay),
  })
  .openapi('Webhook')
export const webhookPage = page('WebhookPage', webhook)

export const webhookWithSecret = webhook
  .extend({
    secret: z.string().openapi({ description: 'Signs every delivery; shown this once.', example: 'whsec_…' }),
    previousSecretUntil: timestamp
      .optional()
      .openapi({ description: 'Until then deliveries are signed by the secret before as well.' }),
  })
  .openapi('WebhookWithSecret')

const deliveryState = z.enum(['pending', 'retrying', 'delivered', 'dead_letter'])

export const delivery = z
  .object({
    id: z.string(),
    webhookId: z.string(),
    eventId: z.string().openapi({ description: 'The header `webhook-id`, and the `id` of the CloudEvent.' }),
    type: z.string(),
    subject: z.string(),
    sequence: z.int().optional(),
    state: deliveryState,
    attempts: z.int(),
    statusCode: z.int().optional().openapi({ description: 'Of the last attempt.' }),
    error: z.string().optional(),
    nextAttemptAt: timestamp.optional(),
    durationMs: z.int().optional(),
    createdAt: timestamp,
    deliveredAt: timestamp.optional(),
    replayId: z.string().optional(),
  })
  .openapi('WebhookDelivery')
export const deliveryWithPayload = delivery
  .extend({ payload: z.string().openapi({ description: 'A CloudEvent in JSON.' }) })
  .openapi('WebhookDeliveryWithPayload')
export const deliveryPage = page('WebhookDeliveryPage', delivery)

export const deliveryQuery = pageQuery.extend({ state: deliveryState.optional() })

export const deliveryParams = z.object({
  id: z.string().openapi({ param: { name: 'id', in: 'path' } }),
  deliveryId: z.string().openapi({ param: { name: 'deliveryId', in: 'path' } }),
})

export const newReplay = z
  .strictObject({
    ticketId: id.optional(),
    subject: id.optional().openapi({
      description: 'A notice, department, agent or another thing of the directory, by its id.',
    }),
    fromSequence: z.int().min(1).max(2_147_483_647).optional(),
    since: timestamp.optional(),
    until: timestamp.optional(),
  })
  .openapi('NewWebhookReplay', {
    description:
      'One ticket, or one notice or thing of the directory, from a sequence on (`ticketId` or `subject`, `fromSequence`), or all from a moment on (`since`, `until`). Events of tickets go back to the first; those of notices seven days; of the directory the last event of each thing is there.',
    example: { since: '2026-03-01T09:00:00.000Z' },
  })
