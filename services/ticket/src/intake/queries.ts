import { defineQueries } from '@onus/kit/mongo'

/** Query shapes of the intake that are not answered by `_id`. */
export const INTAKE_QUERIES = defineQueries({
  unreadableMails: {
    collection: 'mails',
    filter: ['accountId', 'state'],
    sort: { receivedAt: -1, _id: -1 },
    index: { accountId: 1, state: 1, receivedAt: -1, _id: -1 },
  },
  ticketByNumber: {
    collection: 'tickets',
    filter: ['accountId', 'number'],
    index: { accountId: 1, number: 1 },
  },
})
