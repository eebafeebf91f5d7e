import { z } from '@hono/zod-openapi'
import { LEDGER_EVENTS, NOTICE_CHANNELS } from '@onus/workflows-contract'
import { line, page, timestamp } from './common.ts'
import { examples } from './examples.ts'

export const NOTICE_STATES = ['planned', 'suppressed', 'sent', 'retrying', 'failed', 'acknowledged'] as const

export const notice = z
  .object({
    id: z.string(),
    ticketId: z.string(),
    event: z.enum(LEDGER_EVENTS).openapi({ description: '`rule`: what a rule wants somebody told.' }),
    channel: z.enum(NOTICE_CHANNELS),
    recipient: z.object({
      agentId: z.string().optional(),
      slackChannel: z.string().optional(),
      emailDomain: z
        .string()
        .optional()
        .openapi({ description: 'Of the address that a rule wrote to, when it is no agent’s.' }),
    }),
    state: z.enum(NOTICE_STATES),
    reason: z.string().optional(),
    attempts: z.int(),
    nextAttemptAt: timestamp.optional(),
    error: z.string().optional(),
    createdAt: timestamp,
    sentAt: timestamp.optional(),
    departmentId: z.string(),
    because: z
      .enum(['mine', 'department', 'admin', 'rule'])
      .openapi({ description: 'Why the recipient is told.' }),
    why: z.string().openapi({ description: 'The same in words, in the caller’s language.' }),
    text: z.string().optional().openapi({ description: 'What rules wanted the recipient told.' }),
    preferenceUrl: z
      .string()
      .optional()
      .openapi({ description: 'Where the recipient can change the preference that it follows from.' }),
    inDigest: z
      .boolean()
      .optional()
      .openapi({ description: 'It waits for the recipient’s digest, or was sent in one.' }),
    devices: z
      .array(
        z.object({
          deviceId: z.string(),
          kind: z.enum(['fcm', 'apns', 'web_push']),
          name: z.string().optional(),
          state: z.enum(['sent', 'gone', 'retrying', 'failed']),
          error: z.string().optional(),
          at: timestamp,
        }),
      )
      .optional()
      .openapi({ description: 'Of a push notice: what became of it on each device.' }),
  })
  .openapi('Notice', { example: examples.notice as never })
export const noticePage = page('NoticePage', notice)

export const deliveryHealth = z
  .object({
    providers: z.array(
      z.object({
        name: z.enum(['email', 'slack', 'fcm', 'apns', 'web_push']),
        host: z.string().optional().openapi({
          description: 'Which one, where several speak one protocol: a push service of browsers.',
        }),
        state: z.enum(['ok', 'failing']),
        failures: z.int().openapi({ description: 'In a row, of all processes together.' }),
        failingSince: timestamp.optional(),
        nextTryAt: timestamp.optional(),
        error: z.string().optional(),
      }),
    ),
    broken: z.array(
      z.object({
        kind: z.enum(['address', 'token']),
        agentId: z.string().optional(),
        failures: z.int(),
        dead: z
          .boolean()
          .openapi({ description: 'Mails came back for good: notices fail at once until then.' }),
        nextTryAt: timestamp,
        error: z.string().optional(),
      }),
    ),
  })
  .openapi('DeliveryHealth')

export const slackChange = z
  .strictObject({
    botToken: line(1, 500).nullish().openapi({
      description:
        'Is never shown again. Left out: stays; null: is removed. Needed, unless there is a webhook.',
    }),
    workspace: line(1, 200),
    signingSecret: line(1, 100).nullish().openapi({
      description:
        'Of the Slack app; with it the buttons in messages work. Left out: stays; null: is removed.',
    }),
    webhookUrl: line(1, 500).nullish().openapi({
      description:
        'An incoming webhook: where messages to a channel go when there is no bot token. Left out: stays; null: is removed.',
    }),
  })
  .openapi('SlackIntegrationChange', { example: { botToken: 'xoxb-...', workspace: 'acme' } })
export const slackTest = z
  .strictObject({
    channel: line(1, 80).optional().openapi({ description: '`#name` or id. Left out: to whoever asks.' }),
    webhook: z.boolean().optional().openapi({ description: 'Through the incoming webhook instead.' }),
  })
  .openapi('SlackTest', { example: { channel: '#support' } })
export const slackTested = z
  .object({
    ok: z.boolean(),
    error: z.string().optional().openapi({
      description:
        'What Slack calls its refusal, such as `invalid_auth`, `missing_scope` or `channel_not_found`; `no_token`: none is kept; `unreachable`: it did not answer.',
      example: 'channel_not_found',
    }),
  })
  .openapi('SlackTested')
export const slack = z
  .object({
    workspace: z.string(),
    botTokenHint: z.string(),
    updatedAt: timestamp,
    interactive: z.boolean().openapi({ description: 'Buttons in messages work.' }),
    webhook: z.boolean().openapi({ description: 'There is an incoming webhook.' }),
  })
  .openapi('SlackIntegration')
