import { z } from '@hono/zod-openapi'
import { CHANNELS, ENTRY_TYPES, PRIORITIES, TICKET_STATUSES } from '@onus/workflows-contract'
import {
  actor,
  cause,
  email,
  holder,
  id,
  json,
  line,
  page,
  pageQuery,
  responsibility,
  text,
  timestamp,
} from './common.ts'
import { examples } from './examples.ts'
import { day } from './insight.ts'

export const channel = z.enum(CHANNELS)
export const status = z.enum(TICKET_STATUSES)
export const priority = z.enum(PRIORITIES)

export const tags = z
  .array(line(1, 64))
  .max(50, 'At most 50 tags.')
  .refine((all) => new Set(all).size === all.length, { message: 'Each tag at most once.' })
  .openapi({ uniqueItems: true, example: ['billing'] })

/** Names of custom fields are part of rule conditions (`fields.<name>`) and of store paths. */
const fieldName = z
  .string()
  .regex(/^[\p{L}\p{N}_][\p{L}\p{N}_ -]{0,63}$/u, 'Names have 1 to 64 letters, digits, _, - and spaces.')

export const fields = z
  .record(fieldName, json)
  .refine((all) => Object.keys(all).length <= 100, { message: 'At most 100 fields.' })
  .openapi({
    type: 'object',
    description: 'Custom fields by name. A name has 1 to 64 letters, digits, `_`, `-` and spaces.',
    propertyNames: { pattern: '^[A-Za-z0-9_][A-Za-z0-9_ -]{0,63}$' },
    additionalProperties: {},
    example: { orderNumber: 'A-1001' },
  } as never)

const expectedRevision = z
  .int('Must be a whole number.')
  .min(1, 'Revisions begin at 1.')
  .max(2147483647, 'Is no revision of a ticket.')
  .optional()
  .openapi({ description: 'Refuse with `stale-revision` if the responsibility has changed since.' })

export const contact = z
  .object({ id: z.string(), email: z.string().optional(), name: z.string().optional() })
  .openapi('Contact')

export const ticket = z
  .object({
    id: z.string(),
    number: z.string(),
    subject: z.string(),
    channel,
    status,
    priority,
    tags: z.array(z.string()),
    contact,
    departmentId: z.string(),
    agentId: z.string().nullable(),
    responsibility,
    fields: z.record(z.string(), json).openapi({ type: 'object', additionalProperties: {} } as never),
    createdAt: timestamp,
    updatedAt: timestamp,
    dueAt: timestamp.optional(),
    postponedUntil: timestamp.optional(),
    claimClock: z
      .object({ warnAt: timestamp.optional(), dueAt: timestamp.optional(), then: z.string() })
      .optional(),
    noEligibleAgent: z.string().optional().openapi({
      description:
        'The department distributes its tickets and nobody can get this one: why, in one word (`offline`, `at_capacity`, ...; `several`; `no_members`). Absent as soon as somebody has it.',
    }),
    sequence: z.int(),
  })
  .openapi('Ticket', { example: examples.ticket as never })

export const ticketPage = page('TicketPage', ticket)

export const newTicket = z
  .strictObject({
    subject: line(1, 998).openapi({ example: 'The printer is on fire' }),
    body: text(1, 1_000_000).openapi({ example: 'Please help.' }),
    channel: channel.openapi({ example: 'web_form' }),
    contact: z
      .strictObject({ email: email.optional(), name: line(1, 200).optional() })
      .refine((value) => value.email !== undefined || value.name !== undefined, {
        message: 'Give the contact’s email, name or both.',
      })
      .openapi({ minProperties: 1, example: { email: 'carla@example.com', name: 'Carla' } }),
    departmentId: id.optional(),
    tags: tags.optional(),
    priority: priority.optional(),
    fields: fields.optional(),
    dueAt: timestamp.optional().openapi({ description: 'When it has to be done.' }),
  })
  .openapi('NewTicket')

export const ticketChange = z
  .strictObject({
    tags: tags.optional(),
    priority: priority.optional(),
    fields: fields.optional(),
    dueAt: timestamp.nullable().optional().openapi({ description: 'When it has to be done; null: no more.' }),
    expectedRevision,
  })
  .refine((value) => value.tags || value.priority || value.fields || value.dueAt !== undefined, {
    message: 'Give at least one of tags, priority, fields and dueAt.',
  })
  .openapi('TicketChange', { minProperties: 1 })

export const SORTS = ['updatedAt', 'createdAt', 'since', 'subject', 'status', 'department', 'agent'] as const

export const listSort = z.enum(SORTS.flatMap((each) => [each, `-${each}`] as const))

export const ticketQuery = pageQuery.extend({
  departmentId: id.optional(),
  agentId: id.optional(),
  status: z.array(status).optional().openapi({ description: 'May repeat, or be a list with commas.' }),
  unassigned: z
    .enum(['true', 'false'])
    .transform((value) => value === 'true')
    .optional()
    .openapi({ type: 'boolean', description: 'Only tickets that nobody has.' }),
  q: text(1, 200).optional().openapi({ description: 'Words of the subject, number or contact.' }),
  noEligibleAgent: z
    .enum(['true', 'false'])
    .transform((value) => value === 'true')
    .optional()
    .openapi({
      type: 'boolean',
      description: 'Only tickets that nobody has and for which the distribution found nobody.',
    }),
  unclaimedFrom: timestamp.optional().openapi({
    description: 'Only tickets in `new` or `open` that nobody has since this moment or later.',
  }),
  unclaimedUntil: timestamp.optional().openapi({ description: 'And since before this one.' }),
  transferredFrom: id.optional().openapi({
    description:
      'Only tickets that were transferred out of this department: at some time, or from `since` to `until`.',
  }),
  transferredTo: id.optional().openapi({
    description: 'Only tickets that were transferred to this department; with `transferredFrom`: from there.',
  }),
  reopenedIn: id.optional().openapi({
    description: 'Only tickets that were reopened while this department had them.',
  }),
  reopenedTo: id.optional().openapi({
    description:
      'Only tickets that came to this department by being reopened; with `reopenedIn`: from there.',
  }),
  resolvedIn: id.optional().openapi({
    description: 'Only tickets that were resolved while this department had them.',
  }),
  claimedIn: id.optional().openapi({
    description: 'Only tickets that somebody got in this department, after they had waited.',
  }),
  claimedOn: day.optional().openapi({
    description:
      'Only tickets that somebody got on this day of the account, after they had waited; with `claimedIn`: there.',
  }),
  happened: z.enum(['claimed', 'transferred', 'reopened', 'resolved']).optional().openapi({
    description:
      'Only tickets that a figure of `/insight` counted, in any department whose figures the caller sees. As with the filters above by what happened, spam and deleted ones are among them.',
  }),
  since: day.optional().openapi({
    description:
      'First day, in the account’s time zone, on which that happened: with `happened`, `transferredFrom`, `transferredTo`, `reopenedIn`, `reopenedTo`, `resolvedIn` or `claimedIn`, and `until`.',
  }),
  until: day.optional().openapi({ description: 'Last day, included. A period has at most 366 days.' }),
  sort: listSort.optional().openapi({
    description:
      'The order; a `-` turns it round. `since` is when the responsible ones became it. By `status`, `department` or `agent` tickets stand in groups (a status in the order of a ticket’s life, names by the alphabet, nobody first), each with its last change first. Left out: `-updatedAt`.',
  }),
})

/** Bodies of the commands, by the last part of their path. */
export const commandBodies = {
  claim: z.strictObject({ expectedRevision }),
  assign: z.strictObject({ agentId: id, expectedRevision }),
  transfer: z.strictObject({
    departmentId: id,
    agentId: id.optional(),
    note: text(1, 100_000).optional(),
    expectedRevision,
  }),
  release: z.strictObject({ expectedRevision }),
  'take-over': z.strictObject({ reason: text(1, 1000), expectedRevision }),
  return: z.strictObject({ note: text(1, 100_000).optional(), expectedRevision }),
  resolve: z.strictObject({ expectedRevision }),
  reopen: z.strictObject({ expectedRevision }),
  postpone: z.strictObject({ until: timestamp, expectedRevision }),
  close: z.strictObject({ expectedRevision }),
  spam: z.strictObject({ expectedRevision }),
  delete: z.strictObject({ expectedRevision }),
}

export const attachment = z
  .object({ id: z.string(), name: z.string(), contentType: z.string(), size: z.int() })
  .openapi('Attachment')

export const message = z
  .object({
    id: z.string(),
    ticketId: z.string(),
    author: actor,
    kind: z.enum(['public', 'note']),
    body: z.string(),
    html: z.string().optional(),
    attachments: z.array(attachment),
    createdAt: timestamp,
    delivery: z
      .object({
        state: z.enum(['planned', 'retrying', 'sent', 'failed']),
        attempts: z.int(),
        nextAttemptAt: timestamp.optional(),
        error: z.string().optional(),
        sentAt: timestamp.optional(),
      })
      .optional(),
  })
  .openapi('Message', { example: examples.message as never })

export const messagePage = page('MessagePage', message)

export const newMessage = z
  .strictObject({
    author: z.enum(['agent', 'contact']),
    kind: z.enum(['public', 'note']),
    body: text(1, 1_000_000),
    attachmentIds: z.array(id).max(50, 'At most 50 attachments.').optional(),
    expectedRevision,
  })
  .openapi('NewMessage', { example: { author: 'agent', kind: 'public', body: 'It is out now.' } })

export const timelineEntry = z
  .object({
    sequence: z.int(),
    at: timestamp,
    type: z.enum(ENTRY_TYPES),
    actor,
    cause,
    from: z.union([holder, z.string()]).optional(),
    to: z.union([holder, z.string()]).optional(),
    reason: z.string().optional(),
    revision: z.int().optional(),
    details: z
      .record(z.string(), json)
      .optional()
      .openapi({ type: 'object', additionalProperties: {} } as never),
    text: z
      .string()
      .openapi({ description: 'The entry as a sentence, in the language of `Accept-Language`.' }),
  })
  .openapi('TimelineEntry', { example: examples.timelineEntry as never })

export const timelinePage = page('TimelinePage', timelineEntry)

export const toSolve = z
  .object({
    count: z.int(),
    assignedToMe: z.int(),
    unassigned: z.int(),
    items: z.array(ticket),
  })
  .openapi('ToSolve')

export const unreadableMail = z
  .object({
    id: z.string(),
    receivedAt: timestamp,
    from: z.string(),
    to: z.array(z.string()),
    size: z.int(),
    error: z.string(),
    departmentId: z.string(),
  })
  .openapi('UnreadableMail')

export const unreadableMailPage = page('UnreadableMailPage', unreadableMail)
