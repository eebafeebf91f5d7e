import type { LogDocument, TicketStatus } from '@onus/workflows-contract'
import type { Collection, Db, Filter } from 'mongodb'
import { NEEDS_SOMEBODY } from '../domain/to-solve.ts'
import type { ListScope } from '../domain/visibility.ts'
import { createTicketLog, type TicketDocument, type TicketLog, type TicketSeed, ticketKey } from './log.ts'

export interface TicketFilter {
  departmentId?: string
  /** `null`: unassigned. */
  agentId?: string | null
  statuses: readonly TicketStatus[]
  /** All of them; see `domain/search.ts`. */
  terms?: string[]
  /** One of each of these; see `insight/measures.ts`. */
  marks?: string[][]
  /** When the unclaimed spell began: from (included) to (not included). */
  unclaimed?: { from?: string; until?: string }
  /** Only those for which the distribution found nobody. */
  noEligibleAgent?: boolean
}

/** What a list is in the order of; of tickets that are equal in it the key decides, in the same direction. */
export interface ListOrder {
  field: 'updatedAt' | 'createdAt' | 'responsibility.since' | 'subjectKey'
  down: boolean
}

export const LAST_CHANGE: ListOrder = { field: 'updatedAt', down: true }

/** The place after the last ticket of a page, in the order of its list. */
export interface ListPosition {
  value: string
  key: string
}

/** What tickets can be grouped by. */
export type ListGroup = 'departmentId' | 'agentId'

/** A list is read without what only the worker and the search need; it is about half of a summary. */
const LISTED = { state: 0, terms: 0, search: 0, marks: 0 } as const
export type ListedTicket = Omit<TicketDocument, 'state' | 'terms' | 'search' | 'marks'>

/** Log documents read at once. */
const LOG_PAGE = 100

/** The read side of the summaries and of the log, and the seed that precedes the first command. */
export class TicketStore {
  readonly #tickets: Collection<TicketDocument>
  readonly #log: TicketLog

  constructor(db: Db) {
    this.#tickets = db.collection<TicketDocument>('tickets')
    this.#log = createTicketLog(db)
  }

  /** Keeps what the customer gave, before the ticket exists; the first one stays. */
  async seed(
    accountId: string,
    ticketId: string,
    seed: Required<Omit<TicketSeed, 'subjectKey'>>,
  ): Promise<void> {
    await this.#log.seed(accountId, ticketId, seed)
  }

  /** The ticket, or null when there is none, or only its seed. */
  async find(accountId: string, ticketId: string): Promise<TicketDocument | null> {
    return await this.#log.summary(accountId, ticketId)
  }

  /** Those of the tickets that there are. */
  async findSeeds(accountId: string, ticketIds: readonly string[]): Promise<TicketDocument[]> {
    if (ticketIds.length === 0) return []
    const _id = { $in: ticketIds.map((ticketId) => ticketKey(accountId, ticketId)) }
    const found = await this.#tickets.find({ _id }).toArray()
    return found.filter((ticket) => ticket.accountId === accountId)
  }

  /** What the customer gave, whether or not the ticket's first command is committed. */
  async findSeed(accountId: string, ticketId: string): Promise<TicketSeed | null> {
    return await this.#tickets.findOne({ _id: ticketKey(accountId, ticketId) })
  }

  /**
   * The log from a command number on, in order and a part at a time. It reads on until a number is free, so
   * that a summary that is behind hides nothing.
   */
  async *log(accountId: string, ticketId: string, from = 1): AsyncGenerator<LogDocument> {
    for (let next = from; ; next += LOG_PAGE) {
      const documents = await this.#log.read(accountId, ticketId, next, next + LOG_PAGE - 1)
      yield* documents
      if (documents.length < LOG_PAGE) return
    }
  }

  /** One page in this order, and one more than asked when there is more. */
  async list(
    accountId: string,
    scope: ListScope,
    filter: TicketFilter,
    limit: number,
    after?: ListPosition,
    order: ListOrder = LAST_CHANGE,
  ): Promise<ListedTicket[]> {
    const direction = order.down ? -1 : 1
    return await this.#tickets
      .find(listFilter(accountId, scope, filter, after, order), { projection: LISTED })
      .sort({ [order.field]: direction, _id: direction })
      .limit(limit + 1)
      .toArray()
  }

  /** In which departments, or with whom, there is any ticket of a list. */
  async groups(
    accountId: string,
    scope: ListScope,
    filter: TicketFilter,
    by: ListGroup,
  ): Promise<(string | null)[]> {
    const found = await this.#tickets
      .aggregate<{ _id: string | null }>([
        { $match: listFilter(accountId, scope, filter) },
        { $group: { _id: `$${by}` } },
      ])
      .toArray()
    return found.map(({ _id }) => _id)
  }

  /** Unassigned tickets of these departments that wait for somebody, most pressing first. */
  async unassigned(accountId: string, departmentIds: string[], limit: number): Promise<ListedTicket[]> {
    if (departmentIds.length === 0) return []
    return await this.#toSolve(unassignedFilter(accountId, departmentIds), limit)
  }

  async countUnassigned(accountId: string, departmentIds: string[]): Promise<number> {
    if (departmentIds.length === 0) return 0
    return await this.#tickets.countDocuments(unassignedFilter(accountId, departmentIds))
  }

  /** Tickets of this agent that need them, most pressing first. */
  async assignedTo(accountId: string, agentId: string, limit: number): Promise<ListedTicket[]> {
    return await this.#toSolve(assignedFilter(accountId, agentId), limit)
  }

  async countAssignedTo(accountId: string, agentId: string): Promise<number> {
    return await this.#tickets.countDocuments(assignedFilter(accountId, agentId))
  }

  async #toSolve(filter: Filter<TicketDocument>, limit: number): Promise<ListedTicket[]> {
    return await this.#tickets
      .find(filter, { projection: LISTED })
      .sort({ toSolveKey: 1, _id: 1 })
      .limit(limit)
      .toArray()
  }
}

/** The filter of To solve's unassigned part. */
export function unassignedFilter(accountId: string, departmentIds: string[]): Filter<TicketDocument> {
  return {
    accountId,
    agentId: null,
    departmentId: { $in: departmentIds },
    status: { $in: [...NEEDS_SOMEBODY] },
  }
}

/** The filter of To solve's part that is assigned to the agent. */
export function assignedFilter(accountId: string, agentId: string): Filter<TicketDocument> {
  return { accountId, agentId, status: { $in: [...NEEDS_SOMEBODY] } }
}

/** The filter of one page of the ticket list; its shapes are declared in `queries.ts`. */
export function listFilter(
  accountId: string,
  scope: ListScope,
  filter: TicketFilter,
  after?: ListPosition,
  order: ListOrder = LAST_CHANGE,
): Filter<TicketDocument> {
  const common: Filter<TicketDocument> = { accountId, status: { $in: [...filter.statuses] } }
  if (filter.terms?.length) Object.assign(common, { terms: { $all: filter.terms } })
  const [marks, ...moreMarks] = (filter.marks ?? []).map((some) => ({ marks: { $in: some } }))
  if (marks) Object.assign(common, marks)
  if (filter.unclaimed) {
    const { from, until } = filter.unclaimed
    const unclaimedSince = { $gt: '', ...(from && { $gte: from }), ...(until && { $lt: until }) }
    Object.assign(common, { unclaimedSince })
  }
  if (filter.noEligibleAgent) Object.assign(common, { noEligibleAgent: { $gt: '' } })
  if (filter.departmentId !== undefined) Object.assign(common, { departmentId: filter.departmentId })
  if (filter.agentId !== undefined) Object.assign(common, { agentId: filter.agentId })
  const both: Filter<TicketDocument>[] = [
    ...moreMarks,
    ...(scope.kind === 'departments' ? visibleTo(scope, filter) : []),
  ]
  if (after) {
    const { field, down } = order
    const [beyond, from] = down ? ['$lt', '$lte'] : ['$gt', '$gte']
    Object.assign(common, { [field]: { [from as string]: after.value } })
    both.push({
      $or: [{ [field]: { [beyond as string]: after.value } }, { _id: { [beyond as string]: after.key } }],
    } as Filter<TicketDocument>)
  }
  return both.length > 0 ? { ...common, $and: both } : common
}

/** Restricts to what the scope sees; nothing when the filter alone already does. */
function visibleTo(
  scope: ListScope & { kind: 'departments' },
  filter: TicketFilter,
): Filter<TicketDocument>[] {
  if (filter.agentId === scope.agentId) return []
  if (filter.departmentId !== undefined) {
    return scope.departmentIds.includes(filter.departmentId) ? [] : [{ agentId: scope.agentId }]
  }
  const byDepartment: Filter<TicketDocument> = { departmentId: { $in: scope.departmentIds } }
  return filter.agentId === undefined ? [{ $or: [byDepartment, { agentId: scope.agentId }] }] : [byDepartment]
}
