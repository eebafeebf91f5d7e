import type { DirectoryView } from '@onus/kit/directory'
import { problems } from '@onus/kit/problems'
import type { ListTicketsRequest } from '@onus/proto/onus/v1/ticket'
import { TICKET_STATUSES, type TicketStatus } from '@onus/workflows-contract'
import { z } from 'zod'
import { FieldErrors } from '../domain/fields.ts'
import { queryTerms } from '../domain/search.ts'
import { NEEDS_SOMEBODY } from '../domain/to-solve.ts'
import type { ListScope } from '../domain/visibility.ts'
import { isDay } from '../insight/calendar.ts'
import type { ListedTicket, ListOrder, TicketFilter, TicketStore } from '../store/tickets.ts'
import { countedMarks, readCounted } from './counted.ts'
import { pageOf, readPage } from './page.ts'
import { type Groups, readSort } from './sort.ts'

/** Statuses that are listed without being asked for. */
const USUAL: readonly TicketStatus[] = TICKET_STATUSES.filter(
  (status) => status !== 'deleted' && status !== 'spam',
)

const MAX_QUERY = 200
const MAX_ID = 128

/** Which order the list has, the last ticket's value in it and key, and the group that it stands in. */
const placeSchema = z.object({
  s: z.string().max(20),
  v: z.string().max(200),
  k: z.string().max(200),
  g: z.string().max(128).nullable().optional(),
})
type Place = z.infer<typeof placeSchema>

export type Names = Pick<DirectoryView, 'department' | 'agent'>

/** One page of the tickets that the scope sees, last change first where nothing else is asked. */
export async function listTickets(
  tickets: TicketStore,
  accountId: string,
  scope: ListScope,
  request: ListTicketsRequest,
  names: Names,
): Promise<{ items: ListedTicket[]; nextCursor?: string }> {
  const { limit, after } = readPage(request.page, placeSchema)
  const check = new FieldErrors()
  const sort = readSort(check, request.sort)
  const filter = readFilter(check, scope, request)
  if (after && after.s !== sort.name)
    throw problems.invalid([{ field: 'cursor', message: 'Is of a list in another order.' }])
  if (!filter) return { items: [] }
  const place = (ticket: ListedTicket): Place => ({
    s: sort.name,
    v: valueIn(ticket, sort.order),
    k: ticket._id,
    ...(sort.groups && { g: sort.groups.of(ticket) }),
  })
  const from = after && { value: after.v, key: after.k }
  const found = sort.groups
    ? await listGroups(tickets, accountId, scope, filter, limit, sort.groups, names, after)
    : await tickets.list(accountId, scope, filter, limit, from, sort.order)
  return pageOf(found, limit, place)
}

function valueIn(ticket: ListedTicket, { field }: ListOrder): string {
  if (field === 'responsibility.since') return ticket.responsibility.since
  return ticket[field] ?? ''
}

/** One group after the other, in the order of their names; each with its last change first. */
async function listGroups(
  tickets: TicketStore,
  accountId: string,
  scope: ListScope,
  filter: TicketFilter,
  limit: number,
  groups: Groups,
  names: Names,
  after: Place | undefined,
): Promise<ListedTicket[]> {
  const order = groups.order(names)
  const begin = after?.g
  const present = await groups.present(filter, (by) => tickets.groups(accountId, scope, filter, by))
  const found: ListedTicket[] = []
  for (const group of present.sort(order)) {
    if (begin !== undefined && order(group, begin) < 0) continue
    const from = after && group === begin ? { value: after.v, key: after.k } : undefined
    found.push(
      ...(await tickets.list(accountId, scope, groups.within(filter, group), limit - found.length, from)),
    )
    if (found.length > limit) break
  }
  return found
}

/** The asked filter; null when nothing can match it. @throws invalid-request */
function readFilter(check: FieldErrors, scope: ListScope, request: ListTicketsRequest): TicketFilter | null {
  for (const [field, value] of [
    ['departmentId', request.departmentId],
    ['agentId', request.agentId],
    ['transferredFrom', request.transferredFrom],
    ['transferredTo', request.transferredTo],
    ['reopenedIn', request.reopenedIn],
    ['reopenedTo', request.reopenedTo],
    ['resolvedIn', request.resolvedIn],
    ['claimedIn', request.claimedIn],
  ] as const) {
    if (value !== undefined && (value === '' || value.length > MAX_ID)) check.add(field, 'Must be an id.')
  }
  const statuses = request.statuses.map((status) => check.oneOf('status', status, TICKET_STATUSES))
  const unclaimed = readUnclaimed(check, request)
  if (request.claimedOn !== undefined && !isDay(request.claimedOn))
    check.add('claimedOn', 'Must be a day from 2000 to 2099, for example 2026-03-01.')
  const counted = readCounted(check, request)
  const query = request.query ?? ''
  if (query.length > MAX_QUERY) check.add('q', `Must have at most ${MAX_QUERY} characters.`)
  check.throwIfAny()
  const waiting = unclaimed !== undefined || request.noEligibleAgent === true
  const nobody = request.unassigned || waiting
  if (nobody && request.agentId !== undefined) return null
  const terms = query.trim() === '' ? undefined : queryTerms(query)
  if (terms === null) return null
  const marks = countedMarks(counted, scope)
  if (marks.some((some) => some.length === 0)) return null
  // What a figure counted is shown whatever has become of it: else the list had fewer than the figure.
  const usual = marks.length > 0 ? TICKET_STATUSES : USUAL
  const asked = statuses.length > 0 ? [...new Set(statuses)] : usual
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
