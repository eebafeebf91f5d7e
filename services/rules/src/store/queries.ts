import { defineQueries } from '@onus/kit/mongo'

/** Every query of this service that is not by `_id`, with the index that covers it. */
export const QUERIES = defineQueries({
  /** An account's templates by name. */
  templatesOfAccount: {
    collection: 'templates',
    filter: ['accountId'],
    sort: { sortName: 1, id: 1 },
    range: ['sortName', 'id'],
    index: { accountId: 1, sortName: 1, id: 1 },
  },
  /** Past tickets of a period, for a dry run. */
  historyOfPeriod: {
    collection: 'history',
    filter: ['accountId'],
    sort: { createdAt: -1, ticketId: -1 },
    range: ['createdAt', 'ticketId'],
    index: { accountId: 1, createdAt: 1, ticketId: 1 },
  },
  /** What is older than this no draft is tried on. */
  historyExpires: {
    collection: 'history',
    filter: ['lastAt'],
    index: { lastAt: 1 },
    expireAfterSeconds: 400 * 24 * 3600,
  },
  /** Dry runs of an account that go on. */
  dryRunsOfAccount: {
    collection: 'dry_runs',
    filter: ['accountId', 'state'],
    index: { accountId: 1, state: 1 },
  },
  /** Dry runs that nobody works on. */
  dryRunsToDo: {
    collection: 'dry_runs',
    filter: ['state'],
    range: ['leasedUntil'],
    index: { state: 1, leasedUntil: 1 },
  },
  dryRunsExpire: {
    collection: 'dry_runs',
    filter: ['expiresAt'],
    index: { expiresAt: 1 },
    expireAfterSeconds: 0,
  },
  /** Accounts whose rules have something to send out. */
  rulesWithOutbox: { collection: 'rules', filter: ['waiting'], index: { waiting: 1 } },
})
