import type { Page, Status, Ticket } from './types.ts'

/** What a list shows; the keys are the API's parameters. */
export interface TicketFilter {
  departmentId?: string
  agentId?: string
  status?: Status[]
  unassigned?: boolean
  q?: string
  /** The distribution found nobody. */
  noEligibleAgent?: boolean
  unclaimedFrom?: string
  unclaimedUntil?: string
  transferredFrom?: string
  transferredTo?: string
  reopenedIn?: string
  reopenedTo?: string
  resolvedIn?: string
  claimedIn?: string
  claimedOn?: string
  happened?: string
  /** Days, both included. */
  since?: string
  until?: string
  /** Left out: the last change first. */
  sort?: string
}

export interface Pages {
  pages: Page<Ticket>[]
  pageParams: unknown[]
}

export const LIVE_STATUSES: Status[] = ['new', 'open', 'answered', 'postponed']

/** Filters by what a ticket does not say of itself: the server knows. */
export const COUNTED = [
  'unclaimedFrom',
  'unclaimedUntil',
  'transferredFrom',
  'transferredTo',
  'reopenedIn',
  'reopenedTo',
  'resolvedIn',
  'claimedIn',
  'claimedOn',
  'happened',
  'since',
  'until',
] as const

export function filterQuery(filter: TicketFilter): string {
  const query = new URLSearchParams()
  if (filter.departmentId) query.set('departmentId', filter.departmentId)
  if (filter.agentId) query.set('agentId', filter.agentId)
  if (filter.status) query.set('status', filter.status.join(','))
  if (filter.unassigned) query.set('unassigned', 'true')
  if (filter.q) query.set('q', filter.q)
  if (filter.noEligibleAgent) query.set('noEligibleAgent', 'true')
  for (const name of COUNTED) if (filter[name]) query.set(name, filter[name])
  if (filter.sort) query.set('sort', filter.sort)
  return query.toString()
}

/** Whether a ticket belongs into a list; null when only the server can tell. */
export function matches(filter: TicketFilter, ticket: Ticket): boolean | null {
  if (filter.departmentId && ticket.departmentId !== filter.departmentId) return false
  if (filter.agentId && ticket.agentId !== filter.agentId) return false
  if (filter.status && !filter.status.includes(ticket.status)) return false
  if (filter.unassigned && ticket.agentId !== null) return false
  if (filter.noEligibleAgent && (ticket.agentId !== null || !ticket.noEligibleAgent)) return false
  const unclaimed = filter.unclaimedFrom !== undefined || filter.unclaimedUntil !== undefined
  if (unclaimed && ticket.agentId !== null) return false
  return filter.q || COUNTED.some((name) => filter[name]) ? null : true
}

/**
 * A list with a ticket as it is now: moved to the front, taken out, or changed where it stands. An older
 * state than the one that is shown changes nothing, since answers and events may overtake each other.
 */
export function patchPages(data: Pages, filter: TicketFilter, ticket: Ticket): Pages {
  const shown = data.pages.flatMap(({ items }) => items).find(({ id }) => id === ticket.id)
  if (shown && shown.sequence > ticket.sequence) return data
  const belongs = matches(filter, ticket)
  if (!shown && belongs !== true) return data
  // In another order only the server knows the place: a ticket keeps the one that it has.
  if (filter.sort)
    return belongs === false
      ? withoutTicket(data, ticket.id)
      : mapPages(data, (each) => (each.id === ticket.id ? ticket : each))
  const stays = shown && belongs !== false && shown.updatedAt === ticket.updatedAt
  if (stays || (shown && belongs === null))
    return mapPages(data, (each) => (each.id === ticket.id ? ticket : each))
  const without = shown ? withoutTicket(data, ticket.id) : data
  const [first, ...rest] = without.pages
  if (belongs === false || !first) return without
  const at = first.items.findIndex(({ updatedAt }) => updatedAt <= ticket.updatedAt)
  // Older than everything on a first page that is not the last: its place is on a page further down.
  if (at < 0 && first.nextCursor !== null) return without
  const items = at < 0 ? [...first.items, ticket] : first.items.toSpliced(at, 0, ticket)
  return { ...without, pages: [{ ...first, items }, ...rest] }
}

/** Whether a ticket has another place in a list now, or has come into it, and only the server knows where. */
export function isMisplaced(data: Pages, filter: TicketFilter, ticket: Ticket): boolean {
  const sort = filter.sort?.replace('-', '')
  if (!sort || matches(filter, ticket) === false) return false
  const shown = data.pages.flatMap(({ items }) => items).find(({ id }) => id === ticket.id)
  if (!shown) return matches(filter, ticket) === true
  return shown.sequence < ticket.sequence && placeIn(sort, shown) !== placeIn(sort, ticket)
}

function placeIn(sort: string, ticket: Ticket): string | null {
  switch (sort) {
    case 'since':
      return ticket.responsibility.since
    case 'department':
      return `${ticket.departmentId} ${ticket.updatedAt}`
    case 'agent':
      return `${ticket.agentId} ${ticket.updatedAt}`
    case 'status':
      return `${ticket.status} ${ticket.updatedAt}`
    case 'updatedAt':
      return ticket.updatedAt
    default:
      return ''
  }
}

export function withoutTicket(data: Pages, id: string): Pages {
  if (!data.pages.some(({ items }) => items.some((each) => each.id === id))) return data
  // The pages that are as they were stay the same values: a list may have hundreds.
  const pages = data.pages.map((page) =>
    page.items.some((each) => each.id === id)
      ? { ...page, items: page.items.filter((each) => each.id !== id) }
      : page,
  )
  return { ...data, pages }
}

const mapPages = (data: Pages, change: (ticket: Ticket) => Ticket): Pages => ({
  ...data,
  pages: data.pages.map((page) => ({ ...page, items: page.items.map(change) })),
})
