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
  /** Accounts whose rules have something to send out. */
  rulesWithOutbox: { collection: 'rules', filter: ['waiting'], index: { waiting: 1 } },
})
