import { defineQueries, type QueryShape } from '@onus/kit/mongo'

const lastChange = { updatedAt: -1, _id: -1 } as const
const byId = { _id: 1 } as const
/** What only unclaimed tickets have, after the order of a list: looked at in the index. */
const unclaimed = { unclaimedSince: 1, noEligibleAgent: 1 } as const
/** Counts of open work are made of this index alone. */
const openWork = {
  accountId: 1,
  status: 1,
  departmentId: 1,
  agentId: 1,
  'responsibility.since': 1,
  ...unclaimed,
} as const
const pressing = { toSolveKey: 1, _id: 1 } as const

type Sorted<Name extends string> = Record<
  `list${'All' | 'OfDepartment' | 'OfAgent' | 'OfDepartmentAndAgent'}By${Name}`,
  QueryShape
>

/** The lists in another order than by their last change; an index serves both directions. */
function sortedBy<const Name extends string>(name: Name, field: string): Sorted<Name> {
  const shape = (...filter: string[]): QueryShape => ({
    collection: 'tickets',
    filter,
    sort: { [field]: 1, _id: 1 },
    range: [field, '_id'],
    index: { ...Object.fromEntries(filter.map((each) => [each, 1 as const])), [field]: 1, _id: 1 },
  })
  return {
    [`listAllBy${name}`]: shape('accountId', 'status'),
    [`listOfDepartmentBy${name}`]: shape('accountId', 'departmentId', 'status'),
    [`listOfAgentBy${name}`]: shape('accountId', 'agentId', 'status'),
    [`listOfDepartmentAndAgentBy${name}`]: shape('accountId', 'departmentId', 'agentId', 'status'),
  } as Sorted<Name>
}

/**
 * Every query of this service that is not by `_id`, with the index that covers it. A list that an agent
 * sees is the union of `listOfDepartment` over their departments and `listOfAgent` for what they hold.
 */
export const QUERIES = defineQueries({
  listAll: {
    collection: 'tickets',
    filter: ['accountId', 'status'],
    sort: lastChange,
    range: ['updatedAt', '_id'],
    index: { accountId: 1, status: 1, ...lastChange },
  },
  listOfDepartment: {
    collection: 'tickets',
    filter: ['accountId', 'departmentId', 'status'],
    sort: lastChange,
    range: ['updatedAt', '_id'],
    index: { accountId: 1, departmentId: 1, status: 1, ...lastChange },
  },
  listOfAgent: {
    collection: 'tickets',
    filter: ['accountId', 'agentId', 'status'],
    sort: lastChange,
    range: ['updatedAt', '_id'],
    index: { accountId: 1, agentId: 1, status: 1, ...lastChange, ...unclaimed },
  },
  listUnclaimed: {
    collection: 'tickets',
    filter: ['accountId', 'agentId', 'status'],
    sort: lastChange,
    range: ['updatedAt', '_id', 'unclaimedSince', 'noEligibleAgent'],
    index: { accountId: 1, agentId: 1, status: 1, ...lastChange, ...unclaimed },
  },
  listOfDepartmentAndAgent: {
    collection: 'tickets',
    filter: ['accountId', 'departmentId', 'agentId', 'status'],
    sort: lastChange,
    range: ['updatedAt', '_id'],
    index: { accountId: 1, departmentId: 1, agentId: 1, status: 1, ...lastChange, ...unclaimed },
  },
  listUnclaimedOfDepartment: {
    collection: 'tickets',
    filter: ['accountId', 'departmentId', 'agentId', 'status'],
    sort: lastChange,
    range: ['updatedAt', '_id', 'unclaimedSince', 'noEligibleAgent'],
    index: { accountId: 1, departmentId: 1, agentId: 1, status: 1, ...lastChange, ...unclaimed },
  },
  ...sortedBy('Creation', 'createdAt'),
  ...sortedBy('Responsibility', 'responsibility.since'),
  ...sortedBy('Subject', 'subjectKey'),
  /** What figures counted; the other filters are looked at in what its marks have found. */
  listMarked: {
    collection: 'tickets',
    filter: ['accountId', 'marks'],
    sort: lastChange,
    range: ['updatedAt', '_id'],
    index: { accountId: 1, marks: 1, ...lastChange },
  },
  /** The other filters of a search are looked at in what its words have found. */
  search: {
    collection: 'tickets',
    filter: ['accountId', 'terms'],
    sort: lastChange,
    range: ['updatedAt', '_id'],
    index: { accountId: 1, terms: 1, ...lastChange },
  },
  toSolveUnassigned: {
    collection: 'tickets',
    filter: ['accountId', 'agentId', 'departmentId', 'status'],
    sort: pressing,
    index: { accountId: 1, agentId: 1, departmentId: 1, status: 1, ...pressing },
  },
  toSolveAssigned: {
    collection: 'tickets',
    filter: ['accountId', 'agentId', 'status'],
    sort: pressing,
    index: { accountId: 1, agentId: 1, status: 1, ...pressing },
  },
  /** A department's tickets that its distribution will give to somebody, oldest first. */
  backlog: {
    collection: 'tickets',
    filter: ['accountId', 'departmentId', 'awaits'],
    sort: { createdAt: 1, _id: 1 },
    index: { accountId: 1, departmentId: 1, awaits: 1, createdAt: 1, _id: 1 },
  },
  sweepAll: {
    collection: 'tickets',
    filter: ['accountId', 'status'],
    sort: byId,
    range: ['_id'],
    index: { accountId: 1, status: 1, ...byId },
  },
  sweepDepartment: {
    collection: 'tickets',
    filter: ['accountId', 'departmentId', 'status'],
    sort: byId,
    range: ['_id'],
    index: { accountId: 1, departmentId: 1, status: 1, ...byId },
  },
  sweepAgent: {
    collection: 'tickets',
    filter: ['accountId', 'agentId'],
    sort: byId,
    range: ['_id'],
    index: { accountId: 1, agentId: 1, ...byId },
  },
  sweepAgentInDepartment: {
    collection: 'tickets',
    filter: ['accountId', 'agentId', 'departmentId'],
    sort: byId,
    range: ['_id'],
    index: { accountId: 1, agentId: 1, departmentId: 1, ...byId },
  },
  /** Events of the past, for replays. */
  logByTime: {
    collection: 'log',
    filter: ['accountId'],
    sort: { at: 1, _id: 1 },
    range: ['at', '_id'],
    index: { accountId: 1, at: 1, _id: 1 },
  },
  /** Who holds how much, by department: counted from the index alone. */
  holders: {
    collection: 'tickets',
    filter: ['accountId'],
    range: ['agentId'],
    index: { accountId: 1, agentId: 1, departmentId: 1, status: 1 },
  },
  /** What an off-boarding or a delegation moved, and nobody has moved since. */
  movedByOffboarding: {
    collection: 'tickets',
    filter: ['accountId', 'responsibility.cause.offboardingId'],
    sort: byId,
    range: ['_id'],
    index: { accountId: 1, 'responsibility.cause.offboardingId': 1, ...byId },
  },
  movedByDelegation: {
    collection: 'tickets',
    filter: ['accountId', 'responsibility.cause.delegationId'],
    sort: byId,
    range: ['_id'],
    index: { accountId: 1, 'responsibility.cause.delegationId': 1, ...byId },
  },
  openWork: { collection: 'tickets', filter: ['accountId', 'status'], index: openWork },
  openWorkOfDepartments: {
    collection: 'tickets',
    filter: ['accountId', 'status', 'departmentId'],
    index: openWork,
  },
  /** What nobody has in the whole installation, for its metrics. */
  unclaimedEverywhere: {
    collection: 'tickets',
    filter: [],
    range: ['unclaimedSince'],
    index: unclaimed,
  },
  /** Counted days that something came late for. */
  countedDays: {
    collection: 'insight_days',
    filter: ['accountId'],
    range: ['end'],
    index: { accountId: 1, end: 1 },
  },
  /** Tries of "next" are forgotten with the idempotency keys that name them. */
  nextAttemptsExpiry: {
    collection: 'next_attempts',
    filter: [],
    range: ['at'],
    index: { at: 1 },
    expireAfterSeconds: 86_400,
  },
  /** The tickets that a change of the directory touches, in the order of their ids. */
  sweepOfAgent: {
    collection: 'tickets',
    filter: ['accountId', 'agentId'],
    sort: { _id: 1 },
    range: ['_id'],
    index: { accountId: 1, agentId: 1, _id: 1 },
  },
  sweepOfAgentInDepartment: {
    collection: 'tickets',
    filter: ['accountId', 'agentId', 'departmentId'],
    sort: { _id: 1 },
    range: ['_id'],
    index: { accountId: 1, agentId: 1, departmentId: 1, _id: 1 },
  },
  sweepOfDepartment: {
    collection: 'tickets',
    filter: ['accountId', 'departmentId', 'status'],
    sort: { _id: 1 },
    range: ['_id'],
    index: { accountId: 1, departmentId: 1, status: 1, _id: 1 },
  },
  sweepOfAccount: {
    collection: 'tickets',
    filter: ['accountId', 'status'],
    sort: { _id: 1 },
    range: ['_id'],
    index: { accountId: 1, status: 1, _id: 1 },
  },
})
