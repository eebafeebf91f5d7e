import { COUNTED, type TicketFilter } from '../api/filter.ts'
import { sortOf } from '../lists/sort.ts'
import { statusOf } from '../lists/state.ts'

/** A list behind a figure: the API's own filters in the console's address. */

const NAMES = ['departmentId', 'agentId', ...COUNTED] as const

/** The console's page of the tickets that the API's address lists, or of a filter. */
export function ticketsHref(filter: TicketFilter | string): string {
  if (typeof filter === 'string') return `/insight/tickets?${filter.split('?')[1] ?? ''}`
  const query = new URLSearchParams()
  for (const name of NAMES) if (filter[name]) query.set(name, filter[name])
  if (filter.status) query.set('status', filter.status.join(','))
  if (filter.unassigned) query.set('unassigned', 'true')
  if (filter.noEligibleAgent) query.set('noEligibleAgent', 'true')
  return `/insight/tickets?${query}`
}

export function readFilter(search: string): TicketFilter {
  const query = new URLSearchParams(search)
  const filter: TicketFilter = {}
  for (const name of NAMES) {
    const value = query.get(name)
    if (value) filter[name] = value.slice(0, 128)
  }
  const sort = sortOf(query.get('sort'))
  if (sort) filter.sort = sort
  const status = statusOf(query.get('status') ?? 'any')
  if (status) filter.status = status
  if (query.get('unassigned') === 'true') filter.unassigned = true
  if (query.get('noEligibleAgent') === 'true') filter.noEligibleAgent = true
  return filter
}
