import { z } from '@hono/zod-openapi'
import { actor, duration, email, id, json, line, page, text, timestamp } from './common.ts'
import { examples } from './examples.ts'
import { priority, status, tags } from './tickets.ts'

export const trigger = z
  .strictObject({
    type: z.enum([
      'ticket_created',
      'customer_replied',
      'agent_answered',
      'responsibility_changed',
      'status_changed',
      'tags_changed',
      'ticket_reopened',
      'unclaimed_for',
      'unanswered_for',
      'older_than',
      'status_older_than',
      'due_in',
    ]),
    after: duration.optional(),
  })
  .openapi('RuleTrigger', { example: { type: 'ticket_created' } })

const FIELDS = [
  'channel',
  'departmentId',
  'agentId',
  'agentPresence',
  'subject',
  'body',
  'from',
  'to',
  'cc',
  'tags',
  'priority',
  'status',
  'language',
  'contact.email',
  'withinHours',
]

export const condition = z
  .strictObject({
    field: z
      .string()
      .refine(
        (value) => FIELDS.includes(value) || /^fields\.[\p{L}\p{N}_][\p{L}\p{N}_ -]{0,63}$/u.test(value),
        {
          message: `Must be one of ${FIELDS.join(', ')} or fields.<name>.`,
        },
      )
      .openapi({
        example: 'subject',
        pattern: `^(${FIELDS.join('|').replace('.', '\\.')}|fields\\.[A-Za-z0-9_]{1,64})$`,
      }),
    op: z.enum([
      'is',
      'is_not',
      'in',
      'contains',
      'not_contains',
      'starts_with',
      'matches',
      'gt',
      'lt',
      'exists',
    ]),
    value: json.optional(),
  })
  .openapi('RuleCondition', { example: { field: 'subject', op: 'contains', value: 'invoice' } })

const skills = z
  .array(z.strictObject({ name: line(1, 64), level: z.int().min(1).max(5).optional() }))
  .min(1)
  .max(50)

export const action = z
  .discriminatedUnion('type', [
    z.strictObject({ type: z.literal('transfer'), departmentId: id, agentId: id.optional() }),
    z.strictObject({ type: z.literal('assign'), agentId: id }),
    z.strictObject({ type: z.literal('release') }),
    z.strictObject({ type: z.literal('set_status'), status }),
    z.strictObject({ type: z.literal('postpone'), for: duration }),
    z.strictObject({ type: z.literal('set_priority'), priority }),
    z.strictObject({ type: z.literal('add_tags'), tags }),
    z.strictObject({ type: z.literal('remove_tags'), tags }),
    z.strictObject({ type: z.literal('require_skills'), skills }),
    z.strictObject({ type: z.literal('add_note'), body: text(1, 20_000) }),
    z.strictObject({ type: z.literal('answer'), template: id }),
    z
      .strictObject({
        type: z.literal('notify'),
        agentId: id.optional(),
        departmentId: id.optional(),
        slackChannel: line(1, 200).optional(),
        email: email.optional(),
        text: text(1, 3000),
      })
      .refine(
        (to) =>
          [to.agentId, to.departmentId, to.slackChannel, to.email].filter((each) => each !== undefined)
            .length === 1,
        { message: 'Give exactly one of agentId, departmentId, slackChannel and email.' },
      ),
    z.strictObject({ type: z.literal('webhook'), webhookId: id }),
    z.strictObject({ type: z.literal('stop') }),
  ])
  .openapi('RuleAction', { example: { type: 'set_priority', priority: 'high' } })

export const ruleFields = {
  active: z.boolean().optional(),
  name: line(1, 200),
  notes: text(0, 10_000).optional(),
  position: z
    .int('Must be a whole number.')
    .min(1, 'Places begin at 1.')
    .max(100_000)
    .optional()
    .openapi({ description: 'Place in the order; left out: the end.' }),
  trigger,
  conditions: z
    .array(z.array(condition).min(1, 'A group has at least one condition.').max(50))
    .max(50)
    .optional()
    .openapi({ description: 'The outer list is OR, the inner AND; an empty list is always.' }),
  actions: z.array(action).min(1, 'A rule has at least one action.').max(50),
}

export const newRule = z.strictObject(ruleFields).openapi('NewRule', {
  example: {
    name: 'Invoices are urgent',
    trigger: { type: 'ticket_created' },
    conditions: [[{ field: 'subject', op: 'contains', value: 'invoice' }]],
    actions: [{ type: 'set_priority', priority: 'high' }],
  },
})
export const ruleChange = z.strictObject(ruleFields).partial().openapi('RuleChange')

export const rule = z
  .object({
    id: z.string(),
    active: z.boolean(),
    name: z.string(),
    notes: z.string(),
    position: z.int(),
    trigger: z.object({ type: z.string(), after: z.string().optional() }),
    conditions: z.array(z.array(z.object({ field: z.string(), op: z.string(), value: json.optional() }))),
    actions: z.array(z.looseObject({ type: z.string() })),
    version: z.int(),
    broken: z.string().optional(),
    updatedAt: timestamp,
    updatedBy: actor.optional(),
  })
  .openapi('Rule', { example: examples.rule as never })
export const rulePage = page('RulePage', rule)

export const ruleOrder = z
  .strictObject({ ids: z.array(id).max(10_000).openapi({ description: 'Every rule exactly once.' }) })
  .openapi('RuleOrder')
