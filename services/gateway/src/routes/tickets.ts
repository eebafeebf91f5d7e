import { z } from '@hono/zod-openapi'
import type { Reason } from '@onus/kit/problems'
import type { ExecuteRequest } from '@onus/proto/onus/v1/ticket'
import type { TicketVerb } from '@onus/workflows-contract'
import { idParams, pageQuery, responsibility, timestamp, toPage } from '../api/common.ts'
import { examples } from '../api/examples.ts'
import * as api from '../api/tickets.ts'
import type { Clients } from '../clients.ts'
import { type AnyOperation, type Checked, operation } from '../http/operation/operation.ts'
import { pageJson, responsibilityJson } from '../mapping/common.ts'
import { messageJson, ticketJson } from '../mapping/tickets.ts'
import { ticketGuard, writerGuard } from './guards.ts'

const TAG = 'Tickets'
const RACES: Reason[] = ['stale-revision', 'wrong-status']

/** Tickets, their messages and everything one can ask about them. */
export function ticketRoutes({ ticket }: Clients): AnyOperation[] {
  return [
    operation({
      id: 'createTicket',
      method: 'post',
      path: '/tickets',
      tag: TAG,
      summary: 'Create a ticket',
      door: 'account',
      body: api.newTicket,
      guard: writerGuard,
      answers: {
        201: { description: 'The ticket.', schema: api.ticket, headers: { Location: 'Its path.' } },
      },
      refusals: ['unknown-reference', 'not-found'],
      async handle({ body }, { call, commandId }) {
        const made = await ticket.createTicket(
          {
            subject: body.subject,
            body: body.body,
            channel: body.channel,
            contact: body.contact,
            departmentId: body.departmentId,
            tags: body.tags ?? [],
            priority: body.priority ?? 'normal',
            fields: body.fields ?? {},
            dueAt: body.dueAt,
            commandId,
          },
          call,
        )
        return {
          status: 201,
          body: ticketJson(made),
          headers: { location: `/api/v1/tickets/${made.id}` },
        }
      },
    }),
    operation({
      id: 'listTickets',
      method: 'get',
      path: '/tickets',
      tag: TAG,
      summary: 'List tickets',
      description: 'Only tickets that the caller may see.',
      door: 'account',
      query: api.ticketQuery,
      answers: { 200: { description: 'A page of tickets.', schema: api.ticketPage } },
      async handle({ query }, { call }) {
        const found = await ticket.listTickets(
          {
            page: toPage(query),
            departmentId: query.departmentId,
            agentId: query.agentId,
            statuses: query.status ?? [],
            unassigned: query.unassigned ?? false,
            query: query.q,
            noEligibleAgent: query.noEligibleAgent,
            unclaimedFrom: query.unclaimedFrom,
            unclaimedUntil: query.unclaimedUntil,
            transferredFrom: query.transferredFrom,
            transferredTo: query.transferredTo,
            reopenedIn: query.reopenedIn,
            reopenedTo: query.reopenedTo,
            resolvedIn: query.resolvedIn,
            claimedIn: query.claimedIn,
            claimedOn: query.claimedOn,
            happened: query.happened,
            since: query.since,
            until: query.until,
            sort: query.sort,
          },
          call,
        )
        return { status: 200, body: pageJson(found, ticketJson) }
      },
    }),
    operation({
      id: 'getTicket',
      method: 'get',
      path: '/tickets/{id}',
      tag: TAG,
      summary: 'Get a ticket',
      door: 'account',
      params: idParams,
      answers: { 200: { description: 'The ticket.', schema: api.ticket } },
      async handle({ params }, { call }) {
        return { status: 200, body: ticketJson(await ticket.getTicket({ ticketId: params.id }, call)) }
      },
    }),
    operation({
      id: 'updateTicket',
      method: 'patch',
      path: '/tickets/{id}',
      tag: TAG,
      summary: 'Change tags, priority or custom fields',
      description:
        'Fields are merged by name; a field set to null is removed. Responsibility and status change by commands.',
      door: 'account',
      params: idParams,
      body: api.ticketChange,
      guard: ticketGuard(ticket, 'update'),
      answers: { 200: { description: 'The ticket.', schema: api.ticket } },
      refusals: [...RACES, 'unknown-reference'],
      async handle({ params, body }, { call, commandId }) {
        const changed = await ticket.updateTicket(
          {
            ticketId: params.id,
            commandId,
            tags: body.tags && { tags: body.tags },
            priority: body.priority,
            fields: body.fields,
            dueAt: body.dueAt === null ? '' : body.dueAt,
            expectedRevision: body.expectedRevision,
          },
          call,
        )
        return { status: 200, body: ticketJson(changed) }
      },
    }),
    operation({
      id: 'getResponsibilityAt',
      method: 'get',
      path: '/tickets/{id}/responsibility',
      tag: TAG,
      summary: 'Who was responsible at a moment',
      description: 'Of two changes at one moment the higher revision counts.',
      door: 'account',
      params: idParams,
      query: z.strictObject({
        at: timestamp.optional().openapi({ description: 'Left out: now.' }),
      }),
      guard: ticketGuard(ticket, 'see'),
      answers: { 200: { description: 'The responsibility of that moment.', schema: responsibility } },
      async handle({ params, query }, { call }) {
        const found = await ticket.getResponsibilityAt({ ticketId: params.id, at: query.at }, call)
        return { status: 200, body: responsibilityJson(found) }
      },
    }),
    operation({
      id: 'listMessages',
      method: 'get',
      path: '/tickets/{id}/messages',
      tag: TAG,
      summary: 'List a ticket’s messages in order',
      door: 'account',
      params: idParams,
      query: pageQuery,
      guard: ticketGuard(ticket, 'see'),
      answers: { 200: { description: 'A page of messages.', schema: api.messagePage } },
      async handle({ params, query }, { call }) {
        const found = await ticket.listMessages({ ticketId: params.id, page: toPage(query) }, call)
        return { status: 200, body: pageJson(found, messageJson) }
      },
    }),
    operation({
      id: 'addMessage',
      method: 'post',
      path: '/tickets/{id}/messages',
      tag: TAG,
      summary: 'Answer, note, or write as the contact',
      description:
        'A public message by a member takes an unassigned ticket over. `author: "contact"` needs the right to write as the contact.',
      door: 'account',
      params: idParams,
      body: api.newMessage,
      guard: ticketGuard(ticket, messageVerb),
      answers: {
        201: {
          description: 'The message.',
          schema: api.message,
          headers: { Location: 'The messages’ path.' },
        },
      },
      refusals: [...RACES, 'only-owner-answers', 'unknown-reference'],
      async handle({ params, body }, { call, commandId }) {
        const { message } = await ticket.addMessage(
          {
            ticketId: params.id,
            commandId,
            author: body.author,
            kind: body.kind,
            body: body.body,
            attachmentIds: body.attachmentIds ?? [],
            expectedRevision: body.expectedRevision,
          },
          call,
        )
        if (!message) throw new Error('the ticket service answered without a message')
        return {
          status: 201,
          body: messageJson(message),
          headers: { location: `/api/v1/tickets/${params.id}/messages` },
        }
      },
    }),
    ...COMMANDS.map((command) => commandOperation(command, ticket)),
  ]
}

/** What a message that cannot be taken was meant to be. */
function messageVerb(body: unknown): TicketVerb {
  const { author, kind } = (body ?? {}) as { author?: unknown; kind?: unknown }
  if (author === 'contact') return 'write_as_contact'
  return kind === 'note' ? 'note' : 'answer'
}

interface CommandSpec {
  name: keyof typeof api.commandBodies
  verb: TicketVerb
  summary: string
  refusals: Reason[]
  bodyOptional?: boolean
  command(body: Checked): ExecuteRequest['command']
}

const COMMANDS: CommandSpec[] = [
  {
    name: 'claim',
    verb: 'claim',
    summary: 'Take an unassigned ticket',
    refusals: ['already-claimed'],
    bodyOptional: true,
    command: () => ({ $case: 'claim', value: {} }),
  },
  {
    name: 'assign',
    verb: 'assign',
    summary: 'Give it to an agent of its department',
    refusals: ['unknown-reference', 'already-claimed'],
    command: ({ agentId }) => ({ $case: 'assign', value: { agentId } }),
  },
  {
    name: 'transfer',
    verb: 'transfer',
    summary: 'Give it to another department, with or without a named agent',
    refusals: ['unknown-reference', 'same-department'],
    command: ({ departmentId, agentId, note }) => ({
      $case: 'transfer',
      value: { departmentId, agentId, note },
    }),
  },
  {
    name: 'release',
    verb: 'release',
    summary: 'Put it back in its department',
    refusals: ['not-assigned'],
    bodyOptional: true,
    command: () => ({ $case: 'release', value: {} }),
  },
  {
    name: 'take-over',
    verb: 'take_over',
    summary: 'Take it from another agent, with a reason',
    refusals: ['not-assigned', 'already-claimed', 'unknown-reference'],
    command: ({ reason }) => ({ $case: 'takeOver', value: { reason } }),
  },
  {
    name: 'return',
    verb: 'return',
    summary: 'Send it back to whoever transferred it',
    refusals: ['nothing-to-return'],
    bodyOptional: true,
    command: ({ note }) => ({ $case: 'return', value: { note } }),
  },
  {
    name: 'resolve',
    verb: 'resolve',
    summary: 'Say that it is solved',
    refusals: [],
    bodyOptional: true,
    command: () => ({ $case: 'resolve', value: {} }),
  },
  {
    name: 'reopen',
    verb: 'reopen',
    summary: 'Open it again, by the department’s reopen policy',
    refusals: [],
    bodyOptional: true,
    command: () => ({ $case: 'reopen', value: {} }),
  },
  {
    name: 'postpone',
    verb: 'postpone',
    summary: 'Put it away until a moment',
    refusals: [],
    command: ({ until }) => ({ $case: 'postpone', value: { until } }),
  },
  {
    name: 'close',
    verb: 'close',
    summary: 'Close it',
    refusals: [],
    bodyOptional: true,
    command: () => ({ $case: 'close', value: {} }),
  },
  {
    name: 'spam',
    verb: 'spam',
    summary: 'Mark it as spam',
    refusals: [],
    bodyOptional: true,
    command: () => ({ $case: 'spam', value: {} }),
  },
  {
    name: 'delete',
    verb: 'delete',
    summary: 'Delete it; its timeline stays',
    refusals: [],
    bodyOptional: true,
    command: () => ({ $case: 'delete', value: {} }),
  },
]

const camel = (name: string): string => name.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase())

function commandOperation(spec: CommandSpec, ticket: Clients['ticket']): AnyOperation {
  return operation({
    id: `${camel(spec.name)}Ticket`,
    method: 'post',
    path: `/tickets/{id}/${spec.name}`,
    tag: 'Commands',
    summary: spec.summary,
    description:
      'Answers the ticket as the command left it, also when it has left the caller’s sight. A 409 carries `current`.',
    door: 'account',
    params: idParams,
    body: api.commandBodies[spec.name] as z.ZodType<{ expectedRevision?: number }>,
    bodyOptional: spec.bodyOptional === true,
    bodyExample: examples.commands[spec.name],
    guard: ticketGuard(ticket, spec.verb),
    answers: { 200: { description: 'The ticket.', schema: api.ticket } },
    refusals: [...RACES, 'not-unassigned', 'not-assigned', ...spec.refusals],
    async handle({ params, body }, { call, commandId }) {
      const changed = await ticket.execute(
        {
          ticketId: params.id,
          commandId,
          expectedRevision: body.expectedRevision,
          command: spec.command(body),
        },
        call,
      )
      return { status: 200, body: ticketJson(changed) }
    },
  })
}
