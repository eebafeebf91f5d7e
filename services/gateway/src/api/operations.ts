import { z } from '@hono/zod-openapi'
import { id, timestamp } from './common.ts'

/** What those who operate an installation look at and put right. */

const part = z
  .object({
    name: z.string(),
    state: z.enum(['ready', 'not_ready', 'unreachable']),
    version: z.string().optional(),
    startedAt: timestamp.optional(),
    problems: z
      .record(z.string(), z.string())
      .openapi({ description: 'What is wrong, by the name of what it needs.' }),
  })
  .openapi('Part', {
    description: 'A service as one of its processes describes it; another one may be asked next time.',
  })

export const installation = z
  .object({
    version: z.string().openapi({ description: 'Of the gateway that answers.' }),
    checkedAt: timestamp,
    parts: z.array(part),
    kafka: z.object({
      state: z.enum(['ready', 'unreachable']),
      error: z.string().optional(),
      groups: z.array(
        z.object({
          group: z.string(),
          topic: z.string(),
          lag: z.int().openapi({ description: 'Records that the group has not committed yet.' }),
          consumed: z.boolean().openapi({ description: 'Somebody consumes for it now.' }),
        }),
      ),
      parked: z
        .array(z.object({ topic: z.string(), records: z.int() }))
        .openapi({ description: 'Records that nobody could handle.' }),
    }),
  })
  .openapi('Installation')

export const projectionCheck = z
  .strictObject({
    accountId: id.optional().openapi({ description: 'Operators only: one account. Left out: all.' }),
    repair: z.boolean().optional().openapi({ description: 'Writes summaries that differ anew.' }),
    wake: z.boolean().optional().openapi({
      description:
        'Lets the workflow of every ticket that is not done with take over what the log says, and starts those that are missing.',
    }),
    followLog: z.boolean().optional().openapi({
      description:
        'With `wake`: ends a workflow that knows more than the log, and starts it again. What only it knew is lost.',
    }),
    limit: z.int().min(1).max(200).optional(),
    cursor: z.string().min(1).max(2000).optional(),
  })
  .openapi('ProjectionCheck', { example: { repair: false, limit: 100 } })

export const projectionPage = z
  .object({
    tickets: z.int(),
    repaired: z.int(),
    woken: z.int(),
    differences: z.array(
      z.object({
        accountId: z.string(),
        ticketId: z.string(),
        kind: z.enum([
          'missing',
          'behind',
          'ahead',
          'different',
          'no_log',
          'workflow_ahead',
          'workflow_failed',
        ]),
        logSequence: z.int().openapi({ description: 'Last entry of the log.' }),
        sequence: z.int().openapi({ description: 'Last entry that the summary, or the workflow, knows.' }),
        repaired: z.boolean(),
      }),
    ),
    nextCursor: z.string().nullable(),
  })
  .openapi('ProjectionPage')

export const newRepublication = z
  .strictObject({ fromSequence: z.int().min(1).max(2_147_483_647).optional() })
  .openapi('NewRepublication', { example: { fromSequence: 1 } })

export const republication = z
  .object({
    state: z.enum(['done', 'running']).openapi({ description: 'Running: the broker takes its time.' }),
    events: z.int().openapi({ description: 'Timeline entries that were published again; 0 while it runs.' }),
  })
  .openapi('Republication')
