import { LIVE_STATUSES, type TicketFilter } from '../api/filter.ts'
import type { SavedView, Status } from '../api/types.ts'
import { sortOf } from './sort.ts'

/** What a list shows, as its page and its address say it. */

export type View = 'mine' | 'unassigned' | 'postponed' | 'all' | 'search' | 'department' | 'view'

/** `me` is whoever looks, `nobody` is unassigned; null is everything. */
export interface ListState {
  departmentId: string | null
  agentId: string | null
  status: Status[] | null
  q: string
  /** Null: the last change first. */
  sort: string | null
}

export const STATUSES: Status[] = [
  'new',
  'open',
  'answered',
  'postponed',
  'resolved',
  'closed',
  'spam',
  'deleted',
]

const ANY = 'any'
const ACTIVE = 'active'

/** Instead of an agent: nobody, because the distribution found nobody. */
export const NOBODY_ELIGIBLE = 'nobody-eligible'

/** A list as it is without any choice of the reader. */
export function baseState(view: View, departmentId?: string, saved?: SavedView): ListState {
  const base: ListState = { departmentId: null, agentId: null, status: LIVE_STATUSES, q: '', sort: null }
  switch (view) {
    case 'mine':
      return { ...base, agentId: 'me' }
    case 'unassigned':
      return { ...base, agentId: 'nobody' }
    case 'postponed':
      return { ...base, status: ['postponed'] }
    case 'department':
      return { ...base, departmentId: departmentId ?? null }
    case 'search':
      return { ...base, status: null }
    case 'view': {
      const {
        departmentId: of = null,
        agentId = null,
        status = [],
        unassigned,
        q = '',
        sort,
      } = saved?.filter ?? {}
      return {
        departmentId: of,
        agentId: unassigned ? 'nobody' : agentId,
        status: status.length > 0 ? status : null,
        q,
        sort: sortOf(sort ?? null),
      }
    }
    default:
      return base
  }
}

/** What the reader can choose in a list beside what makes it this list. */
export const CHOICES: Record<View, readonly (keyof ListState)[]> = {
  mine: ['departmentId', 'status'],
  unassigned: ['departmentId'],
  postponed: ['departmentId', 'agentId'],
  department: ['agentId', 'status'],
  all: ['departmentId', 'agentId', 'status'],
  search: ['departmentId', 'agentId', 'status', 'q'],
  view: ['departmentId', 'agentId', 'status', 'q'],
}

/** A list as its address says: what is not in it is as it is without a choice. */
export function readState(base: ListState, choices: readonly (keyof ListState)[], search: string): ListState {
  const query = new URLSearchParams(search)
  const state = { ...base }
  const chosen = (name: 'departmentId' | 'agentId') => {
    const value = choices.includes(name) ? query.get(name) : null
    if (value) state[name] = value === ANY ? null : value
  }
  chosen('departmentId')
  chosen('agentId')
  const status = choices.includes('status') ? query.get('status') : null
  if (status) state.status = statusOf(status)
  const q = query.get('q')
  if (choices.includes('q') && q !== null) state.q = q.trim().slice(0, 200)
  const sort = query.get('sort')
  if (sort !== null) state.sort = sortOf(sort)
  return state
}

/** The address of what was chosen; null takes a choice back. */
export function withChoice(search: string, name: keyof ListState, value: string | null): string {
  const query = new URLSearchParams(search)
  if (value === null) query.delete(name)
  else query.set(name, value)
  return query.toString()
}

export const statusText = (status: Status[] | null): string =>
  status === null ? ANY : sameStatuses(status, LIVE_STATUSES) ? ACTIVE : status.join(',')

export function statusOf(text: string): Status[] | null {
  if (text === ANY) return null
  if (text === ACTIVE) return LIVE_STATUSES
  const known = STATUSES.filter((each) => text.split(',').includes(each))
  return known.length > 0 ? known : null
}

const sameStatuses = (a: Status[], b: Status[]): boolean =>
  a.length === b.length && a.every((each) => b.includes(each))

/** The API's parameters. */
export function filterOf({ departmentId, agentId, status, q, sort }: ListState, me: string): TicketFilter {
  return {
    ...(departmentId && { departmentId }),
    ...(agentId === 'nobody'
      ? { unassigned: true }
      : agentId === NOBODY_ELIGIBLE
        ? { noEligibleAgent: true }
        : agentId
          ? { agentId: agentId === 'me' ? me : agentId }
          : {}),
    ...(status && { status }),
    ...(q && { q }),
    ...(sort && { sort }),
  }
}

/** The same to be kept under a name. */
export function savedFilter({ departmentId, agentId, status, q, sort }: ListState): SavedView['filter'] {
  return {
    ...(departmentId && { departmentId }),
    ...(agentId === 'nobody' ? { unassigned: true } : agentId ? { agentId } : {}),
    status: status ?? [],
    ...(q && { q }),
    ...(sort && { sort }),
  }
}

export const isSameState = (a: ListState, b: ListState): boolean =>
  a.departmentId === b.departmentId &&
  a.agentId === b.agentId &&
  statusText(a.status) === statusText(b.status) &&
  a.q === b.q &&
  a.sort === b.sort
