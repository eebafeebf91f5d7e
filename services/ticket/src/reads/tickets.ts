import type { ListTicketsRequest } from '@onus/proto/onus/v1/ticket'
import { TICKET_STATUSES, type TicketStatus } from '@onus/workflows-contract'
import { z } from 'zod'
import { FieldErrors } from '../domain/fields.ts'
import { queryTerms } from '../domain/search.ts'
import { NEEDS_SOMEBODY } from '../domain/to-solve.ts'
import type { ListScope } from '../domain/visibility.ts'
import { isDay } from '../insight/calendar.ts'
import { MARKS } from '../insight/measures.ts'
import type { ListedTicket, TicketFilter, TicketStore } from '../store/tickets.ts'
import { pageOf, readPage } from './page.ts'

/** Statuses that are listed without being asked for. */
const USUAL: readonly TicketStatus[] = TICKET_STATUSES.filter(
  (status) => status !== 'deleted' && status !== 'spam',
)

const MAX_QUERY = 200
const MAX_ID = 128

const place = z.object({ u: z.string().max(40), k: z.string().max(200) })

/** One page of the tickets that the scope sees, last change first. */
export async function listTickets(
  tickets: TicketStore,
  accountId: string,
  scope: ListScope,
  request: ListTicketsRequest,
): Promise<{ items: ListedTicket[]; nextCursor?: string }> {
  const { limit, after } = readPage(request.page, place)
  const filter = readFilter(request)
  if (!filter) return { items: [] }
  const position = after && { updatedAt: after.u, key: after.k }
  const found = await tickets.list(accountId, scope, filter, limit, position)
  return pageOf(found, limit, ({ updatedAt, _id }) => ({ u: updatedAt, k: _id }))
}

/** The asked filter; null when nothing can match it. @throws invalid-request */
function readFilter(request: ListTicketsRequest): TicketFilter | null {
  const check = new FieldErrors()
  for (const [field, value] of [
    ['departmentId', request.departmentId],
    ['agentId', request.agentId],
    ['transferredFrom', request.transferredFrom],
    ['transferredTo', request.transferredTo],
    ['reopenedIn', request.reopenedIn],
  ] as const) {
    if (value !== undefined && (value === '' || value.length > MAX_ID)) check.add(field, 'Must be an id.')
  }
  const statuses = request.statuses.map((status) => check.oneOf('status', status, TICKET_STATUSES))
  const unclaimed = readUnclaimed(check, request)
  if (request.claimedOn !== undefined && !isDay(request.claimedOn))
    check.add('claimedOn', 'Must be a day from 2000 to 2099, for example 2026-03-01.')
  const query = request.query ?? ''
  if (query.length > MAX_QUERY) check.add('q', `Must have at most ${MAX_QUERY} characters.`)
  check.throwIfAny()
  const waiting = unclaimed !== undefined || request.noEligibleAgent === true
  const nobody = request.unassigned || waiting
  if (nobody && request.agentId !== undefined) return null
  const terms = query.trim() === '' ? undefined : queryTerms(query)
  if (terms === null) return null
  const asked = statuses.length > 0 ? [...new Set(statuses)] : USUAL
  const marks = marksIn(request)
  return {
    // Only what needs somebody is unclaimed: the others are not looked at.
    statuses: waiting ? asked.filter((status) => NEEDS_SOMEBODY.includes(status as never)) : asked,
    ...(request.departmentId !== undefined && { departmentId: request.departmentId }),
    ...(nobody ? { agentId: null } : request.agentId !== undefined && { agentId: request.agentId }),
    ...(terms && { terms }),
    ...(marks.length > 0 && { marks }),
    ...(unclaimed && { unclaimed }),
    ...(request.noEligibleAgent && { noEligibleAgent: true }),
  }
}

function readUnclaimed(check: FieldErrors, request: ListTicketsRequest): TicketFilter['unclaimed'] {
  const { unclaimedFrom, unclaimedUntil } = request
  if (unclaimedFrom === undefined && unclaimedUntil === undefined) return undefined
  return {
    ...(unclaimedFrom !== undefined && { from: check.moment('unclaimedFrom', unclaimedFrom) }),
    ...(unclaimedUntil !== undefined && { until: check.moment('unclaimedUntil', unclaimedUntil) }),
  }
}

function marksIn(request: ListTicketsRequest): string[] {
  const { transferredFrom: from, transferredTo: to, reopenedIn, claimedOn } = request
  const both = from !== undefined && to !== undefined
  return [
    ...(both ? [MARKS.moved(from, to)] : []),
    ...(!both && from !== undefined ? [MARKS.movedFrom(from)] : []),
    ...(!both && to !== undefined ? [MARKS.movedTo(to)] : []),
    ...(reopenedIn === undefined ? [] : [MARKS.reopenedIn(reopenedIn)]),
    ...(claimedOn === undefined ? [] : [MARKS.claimedOn(claimedOn)]),
  ]
}
