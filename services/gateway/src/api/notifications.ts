import { z } from '@hono/zod-openapi'
import { NOTICE_CHANNELS, NOTICE_EVENTS } from '@onus/workflows-contract'
import { line, page, timestamp } from './common.ts'
import { examples } from './examples.ts'

export const notice = z
  .object({
    id: z.string(),
    ticketId: z.string(),
    event: z.enum(NOTICE_EVENTS),
    channel: z.enum(NOTICE_CHANNELS),
    recipient: z.object({ agentId: z.string() }),
    state: z.enum(['planned', 'suppressed', 'sent', 'retrying', 'failed', 'acknowledged']),
    reason: z.string().optional(),
    attempts: z.int(),
    nextAttemptAt: timestamp.optional(),
    error: z.string().optional(),
    createdAt: timestamp,
    sentAt: timestamp.optional(),
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
export const slack = z
  .object({
    workspace: z.string(),
    botTokenHint: z.string(),
    updatedAt: timestamp,
    interactive: z.boolean().openapi({ description: 'Buttons in messages work.' }),
    webhook: z.boolean().openapi({ description: 'There is an incoming webhook.' }),
  })
  .openapi('SlackIntegration')
