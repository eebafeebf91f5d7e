import type { Clock } from '@onus/kit/clock'
import type { CallContext } from '@onus/kit/grpc'
import { problems } from '@onus/kit/problems'
import type { Responsibility } from '@onus/proto/onus/v1/common'
import type {
  CheckAccessRequest,
  CheckAccessResponse,
  GetResponsibilityAtRequest,
  GetTicketRequest,
  GetTimelineRequest,
  GetTimelineResponse,
  GetToSolveRequest,
  GetToSolveResponse,
  ListMessagesRequest,
  ListMessagesResponse,
  ListTicketsRequest,
  ListTicketsResponse,
  Ticket,
} from '@onus/proto/onus/v1/ticket'
import { TICKET_VERBS } from '@onus/workflows-contract'
import type { TicketAccess } from '../commands/access.ts'
import { readToSolve } from '../commands/to-solve.ts'
import { FieldErrors } from '../domain/fields.ts'
import { activeAgent, listScope } from '../domain/visibility.ts'
import { listTickets } from '../reads/tickets.ts'
import { readMessages, readResponsibilityAt, readTimeline } from '../reads/timeline.ts'
import type { MessageStore } from '../store/messages.ts'
import type { TicketStore } from '../store/tickets.ts'
import { toMessage, toResponsibility, toTicket, toTimelineEntry } from './convert.ts'

export interface ReadHandlerDeps {
  access: TicketAccess
  tickets: TicketStore
  messages: MessageStore
  clock: Clock
}

const MAX_TO_SOLVE = 200

/** The RPCs that only read. */
export function readHandlers(deps: ReadHandlerDeps) {
  const { access, tickets, messages, clock } = deps
  return {
    async getTicket(request: GetTicketRequest, ctx: CallContext): Promise<Ticket> {
      return toTicket((await access.require(ctx.caller, request.ticketId)).ticket)
    },

    async listTickets(request: ListTicketsRequest, ctx: CallContext): Promise<ListTicketsResponse> {
      const { caller } = ctx
      const directory = await access.directory(caller)
      const scope = listScope(caller, directory)
      const { items, nextCursor } = await listTickets(tickets, caller.accountId, scope, request, directory)
      return { items: items.map(toTicket), nextCursor }
    },

    async getTimeline(request: GetTimelineRequest, ctx: CallContext): Promise<GetTimelineResponse> {
      const { ticket } = await access.require(ctx.caller, request.ticketId)
      const { items, nextCursor } = await readTimeline(tickets, ticket, request.page)
      return { items: items.map(toTimelineEntry), nextCursor }
    },

    async listMessages(request: ListMessagesRequest, ctx: CallContext): Promise<ListMessagesResponse> {
      const { ticket } = await access.require(ctx.caller, request.ticketId)
      const { items, nextCursor } = await readMessages(tickets, messages, ticket, request.page)
      return { items: items.map(toMessage), nextCursor }
    },

    async getResponsibilityAt(
      request: GetResponsibilityAtRequest,
      ctx: CallContext,
    ): Promise<Responsibility> {
      const { ticket } = await access.require(ctx.caller, request.ticketId)
      const check = new FieldErrors()
      const at = request.at === undefined ? clock() : new Date(check.moment('at', request.at))
      check.throwIfAny()
      const interval = await readResponsibilityAt(tickets, ticket, at)
      if (!interval) throw problems.notFound('responsibility at', at.toISOString())
      return toResponsibility(interval)
    },

    async checkAccess(request: CheckAccessRequest, ctx: CallContext): Promise<CheckAccessResponse> {
      const verb = TICKET_VERBS.find((known) => known === request.verb)
      await access.require(ctx.caller, request.ticketId, verb)
      if (!verb) {
        throw problems.invalid([{ field: 'verb', message: `Must be one of ${TICKET_VERBS.join(', ')}.` }])
      }
      return {}
    },

    async getToSolve(request: GetToSolveRequest, ctx: CallContext): Promise<GetToSolveResponse> {
      const limit = request.limit || 50
      const directory = await access.directory(ctx.caller)
      activeAgent(ctx.caller, directory)
      if (limit < 1 || limit > MAX_TO_SOLVE) {
        throw problems.invalid([{ field: 'limit', message: `Must be 1 to ${MAX_TO_SOLVE}.` }])
      }
      const { assignedToMe, unassigned, items } = await readToSolve(deps, ctx.caller, directory, limit)
      return { count: assignedToMe + unassigned, assignedToMe, unassigned, items: items.map(toTicket) }
    },
  }
}
