import type { TicketStatus } from '@onus/workflows-contract'
import { TICKET_STATUSES } from '@onus/workflows-contract'
import type { FieldErrors } from '../domain/fields.ts'
import {
  LAST_CHANGE,
  type ListedTicket,
  type ListGroup,
  type ListOrder,
  type TicketFilter,
} from '../store/tickets.ts'
import type { Names } from './tickets.ts'

/** The orders that a list can have. */

export const SORTS = ['updatedAt', 'createdAt', 'since', 'subject', 'status', 'department', 'agent'] as const
type Sort = (typeof SORTS)[number]

/** A list in groups, by names that only the directory knows. */
export interface Groups {
  of(ticket: ListedTicket): string | null
  order(names: Names): (one: string | null, other: string | null) => number
  /** The groups of which there can be any ticket. */
  present(
    filter: TicketFilter,
    ask: (by: ListGroup) => Promise<(string | null)[]>,
  ): Promise<(string | null)[]>
  within(filter: TicketFilter, group: string | null): TicketFilter
}

export interface ListSort {
  /** As it is asked for. */
  name: string
  /** Of the whole list, or of each group. */
  order: ListOrder
  groups?: Groups
}

const FIELDS: Partial<Record<Sort, ListOrder['field']>> = {
  updatedAt: 'updatedAt',
  createdAt: 'createdAt',
  since: 'responsibility.since',
  subject: 'subjectKey',
}

const collator = new Intl.Collator('en', { numeric: true })
type Order = (one: string | null, other: string | null) => number
const byId: Order = (one, other) => ((one ?? '') < (other ?? '') ? -1 : one === other ? 0 : 1)
const reversed =
  (order: Order): Order =>
  (one, other) =>
    order(other, one)

/** Nobody first, then by name; what has gone is last. */
const byName =
  (nameOf: (id: string) => string | undefined): Order =>
  (one, other) => {
    if (one === null || other === null) return Number(one !== null) - Number(other !== null)
    return collator.compare(nameOf(one) ?? '\uffff', nameOf(other) ?? '\uffff') || byId(one, other)
  }

const GROUPS: Partial<Record<Sort, Groups>> = {
  status: {
    of: ({ status }) => status,
    order: () => (one, other) =>
      TICKET_STATUSES.indexOf(one as TicketStatus) - TICKET_STATUSES.indexOf(other as TicketStatus),
    present: async ({ statuses }) => [...statuses],
    within: (filter, status) => ({ ...filter, statuses: [status as TicketStatus] }),
  },
  department: {
    of: ({ departmentId }) => departmentId,
    order: (names) => byName((id) => names.department(id)?.name),
    present: async ({ departmentId }, ask) =>
      departmentId === undefined ? await ask('departmentId') : [departmentId],
    within: (filter, departmentId) => ({ ...filter, departmentId: departmentId as string }),
  },
  agent: {
    of: ({ agentId }) => agentId,
    order: (names) => byName((id) => names.agent(id)?.name),
    present: async ({ agentId }, ask) => (agentId === undefined ? await ask('agentId') : [agentId]),
    within: (filter, agentId) => ({ ...filter, agentId }),
  },
}

/** The order that is asked for; faults go to `check`. */
export function readSort(check: FieldErrors, asked = '-updatedAt'): ListSort {
  const down = asked.startsWith('-')
  const sort = (down ? asked.slice(1) : asked) as Sort
  if (!SORTS.includes(sort)) {
    check.add('sort', `Must be one of ${SORTS.join(', ')}, or one of them with a - before it.`)
    return { name: asked, order: LAST_CHANGE }
  }
  const groups = GROUPS[sort]
  if (!groups) return { name: asked, order: { field: FIELDS[sort] ?? 'updatedAt', down } }
  const ordered = down ? { ...groups, order: (names: Names) => reversed(groups.order(names)) } : groups
  return { name: asked, order: LAST_CHANGE, groups: ordered }
}
