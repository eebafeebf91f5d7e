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
  })
  .openapi('Notice', { example: examples.notice as never })
export const noticePage = page('NoticePage', notice)

export const slackChange = z
  .strictObject({
    botToken: line(1, 500).openapi({ description: 'Is never shown again.' }),
    workspace: line(1, 200),
  })
  .openapi('SlackIntegrationChange', { example: { botToken: 'xoxb-...', workspace: 'acme' } })
export const slack = z
  .object({ workspace: z.string(), botTokenHint: z.string(), updatedAt: timestamp })
  .openapi('SlackIntegration')
