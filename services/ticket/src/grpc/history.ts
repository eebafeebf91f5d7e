import type { Clock } from '@onus/kit/clock'
import type { CallContext } from '@onus/kit/grpc'
import { problems } from '@onus/kit/problems'
import type {
  ExportResponsibilityRequest,
  ExportResponsibilityResponse,
  ListEventsRequest,
  ListEventsResponse,
  ResponsibilityInterval,
} from '@onus/proto/onus/v1/ticket'
import type { TicketAccess } from '../commands/access.ts'
import { FieldErrors } from '../domain/fields.ts'
import { listScope } from '../domain/visibility.ts'
import { readAccountEvents, readTicketEvents } from '../reads/events.ts'
import { intervalsWithin, type Period } from '../reads/export.ts'
import type { HistoryStore } from '../store/history.ts'
import type { TicketStore } from '../store/tickets.ts'
import { toResponsibility } from './convert.ts'

export interface HistoryHandlerDeps {
  access: TicketAccess
  tickets: TicketStore
  history: HistoryStore
  clock: Clock
}

/** Intervals in one message of the stream. */
const INTERVALS_AT_ONCE = 100

/** The RPCs that read the history of many tickets. */
export function historyHandlers({ access, tickets, history, clock }: HistoryHandlerDeps) {
  return {
    async *exportResponsibility(
      request: ExportResponsibilityRequest,
      ctx: CallContext,
    ): AsyncGenerator<ExportResponsibilityResponse> {
      const { caller } = ctx
      const scope = listScope(caller, await access.directory(caller))
      const period = readPeriod(request)
      let part: ResponsibilityInterval[] = []
      for await (const each of history.histories(caller.accountId, scope)) {
        for (const interval of intervalsWithin(each, period)) {
          part.push({
            ticketId: each.ticket.ticketId,
            ticketNumber: each.ticket.number,
            responsibility: toResponsibility(interval),
          })
        }
        if (part.length >= INTERVALS_AT_ONCE) {
          yield { intervals: part }
          part = []
        }
      }
      if (part.length > 0) yield { intervals: part }
    },

    async listEvents(request: ListEventsRequest, ctx: CallContext): Promise<ListEventsResponse> {
      const { caller } = ctx
      if (caller.type !== 'system' || caller.accountId === '')
        throw problems.forbidden('list events: it is for services')
      if (request.ticketId !== undefined) {
        const { ticket } = await access.require(caller, request.ticketId)
        return readTicketEvents(tickets, ticket, request)
      }
      const check = new FieldErrors()
      const since = check.moment('since', request.since ?? '')
      const until = request.until === undefined ? clock() : new Date(check.moment('until', request.until))
      check.throwIfAny()
      const period = { since: new Date(since).toISOString(), until: until.toISOString() }
      return readAccountEvents(history, caller.accountId, request, period)
    },
  }
}

function readPeriod({ from, until }: ExportResponsibilityRequest): Period {
  const check = new FieldErrors()
  const moment = (field: string, value: string | undefined) =>
    value === undefined ? undefined : new Date(check.moment(field, value))
  const period = { from: moment('from', from), until: moment('until', until) }
  check.throwIfAny()
  if (period.from && period.until && period.until <= period.from)
    throw problems.invalid([{ field: 'until', message: 'Must be later than `from`.' }])
  return period
}
