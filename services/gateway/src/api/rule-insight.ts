import { z } from '@hono/zod-openapi'
import { actor, holder, id, json, timestamp } from './common.ts'
import { examples } from './examples.ts'
import { ruleFields } from './rules.ts'

export const explainQuery = z.strictObject({
  ticketId: id.openapi({ description: 'A ticket that the caller may see.' }),
})

export const explanation = z
  .object({
    ruleId: z.string(),
    version: z.int(),
    matched: z.boolean().openapi({ description: 'Whether its conditions hold for the ticket as it is now.' }),
    reason: z
      .enum(['would_act', 'inactive', 'trigger', 'conditions', 'broken', 'lost', 'stopped', 'applied'])
      .openapi({ description: 'Why it acts, or does not.' }),
    detail: z.string().openapi({ description: 'The reason as a sentence.' }),
    byRuleId: z
      .string()
      .optional()
      .openapi({ description: 'The earlier rule that decides, for `lost` and `stopped`.' }),
    conditions: z.array(
      z.array(
        z.object({
          field: z.string(),
          op: z.string(),
          value: json.optional(),
          actual: json.optional().openapi({ description: 'What the ticket has; absent for nothing.' }),
          result: z.boolean(),
        }),
      ),
    ),
    applied: z.array(
      z.object({
        sequence: z.int().openapi({ description: 'The entry of the ticket’s timeline.' }),
        version: z.int(),
        at: timestamp,
        actions: z.array(z.string()),
      }),
    ),
    skipped: z.string().optional().openapi({ description: 'Why it cannot act, when it is broken.' }),
  })
  .openapi('RuleExplanation', {
    example: {
      ruleId: examples.rule.id,
      version: 1,
      matched: false,
      reason: 'conditions',
      detail: 'No group of its conditions holds.',
      conditions: [
        [{ field: 'subject', op: 'contains', value: 'invoice', actual: 'The pump is broken', result: false }],
      ],
      applied: [],
    } as never,
  })

/** A rule as `GET /rules` gives it, or a new one. */
const draftRule = z
  .strictObject({
    ...ruleFields,
    id: id.optional(),
    version: z.int32().min(0).optional(),
    broken: z.string().optional(),
    updatedAt: timestamp.optional(),
    updatedBy: z.looseObject({}).optional(),
  })
  .openapi('DraftRule', { description: 'As `GET /rules` gives it, or new.' })

export const newDryRun = z
  .strictObject({
    rules: z.array(draftRule).max(2000).openapi({ description: 'The whole draft, in its order.' }),
    since: timestamp
      .optional()
      .openapi({ description: 'Tickets created from then on; 30 days ago when left out.' }),
    until: timestamp.optional().openapi({ description: 'And before then; now when left out.' }),
    limit: z
      .int()
      .min(1)
      .max(1_000_000)
      .optional()
      .openapi({ description: 'At most so many tickets, the newest first.', default: 100_000 }),
  })
  .openapi('NewDryRun', {
    example: {
      rules: [
        {
          name: 'Invoices are urgent',
          trigger: { type: 'ticket_created' },
          conditions: [[{ field: 'channel', op: 'is', value: 'email' }]],
          actions: [{ type: 'set_priority', priority: 'high' }],
        },
      ],
      since: '2026-02-01T00:00:00.000Z',
      until: '2026-03-01T00:00:00.000Z',
      limit: 10_000,
    },
  })

export const dryRun = z
  .object({
    id: z.string(),
    state: z.enum(['running', 'completed', 'cancelled', 'failed']),
    progress: z.number().min(0).max(1),
    ticketsRead: z.int(),
    wouldDiffer: z
      .array(
        z.object({
          ticketId: z.string(),
          ruleId: z
            .string()
            .openapi({ description: 'The rule that decides; of the draft, or else of the past.' }),
          at: timestamp.optional(),
          from: holder.nullable(),
          to: holder.openapi({ description: 'Whose it would have been.' }),
          actual: holder.openapi({ description: 'Whose it was.' }),
        }),
      )
      .openapi({ description: 'The first 1,000 tickets whose responsibility would have differed.' }),
    wouldDifferTotal: z.int(),
    notices: z.array(
      z.object({
        event: z.string(),
        agentId: z.string().optional(),
        departmentId: z.string().optional(),
        slackChannel: z.string().optional(),
        email: z.string().optional(),
        count: z.int(),
      }),
    ),
    loops: z.array(z.object({ ticketId: z.string(), ruleId: z.string(), at: timestamp })),
    loopsTotal: z.int(),
    load: z.array(z.object({ agentId: z.string(), before: z.int(), after: z.int() })).openapi({
      description: 'Tickets that each agent holds at the end of the period, as it was and as it would be.',
    }),
    unknown: z
      .array(z.object({ ruleId: z.string(), field: z.string(), reason: z.string(), tickets: z.int() }))
      .openapi({ description: 'Conditions that the past could not answer; they count as not fulfilled.' }),
    startedAt: timestamp,
    finishedAt: timestamp.optional(),
    startedBy: actor.optional(),
    error: z.string().optional(),
  })
  .openapi('DryRun', {
    example: {
      id: '019312d0c5a27cc1b1d2a0e4b8b7a028',
      state: 'running',
      progress: 0.4,
      ticketsRead: 400,
      wouldDiffer: [],
      wouldDifferTotal: 0,
      notices: [],
      loops: [],
      loopsTotal: 0,
      load: [],
      unknown: [],
      startedAt: examples.rule.updatedAt,
      startedBy: examples.rule.updatedBy,
    } as never,
  })
