import { defineQueries } from '@onus/kit/mongo'

const newestFirst = { createdAt: -1, _id: -1 } as const

/** Every query of webhooks that is not by `_id`, with the index that covers it. */
export const WEBHOOK_QUERIES = defineQueries({
  openDeliveries: {
    collection: 'webhook_deliveries',
    filter: ['webhookId', 'open'],
    sort: { order: 1 },
    index: { webhookId: 1, open: 1, order: 1 },
  },
  deliveries: {
    collection: 'webhook_deliveries',
    filter: ['webhookId'],
    sort: newestFirst,
    range: ['createdAt', '_id'],
    index: { webhookId: 1, ...newestFirst },
  },
  deliveriesInState: {
    collection: 'webhook_deliveries',
    filter: ['webhookId', 'state'],
    sort: newestFirst,
    range: ['createdAt', '_id'],
    index: { webhookId: 1, state: 1, ...newestFirst },
  },
  /** The log of what was sent is kept for a month. */
  deliveriesExpiry: {
    collection: 'webhook_deliveries',
    filter: [],
    range: ['expireAt'],
    index: { expireAt: 1 },
    expireAfterSeconds: 0,
  },
})
