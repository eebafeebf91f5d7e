import { defineQueries } from '@onus/kit/mongo'

/** Collections of small values that all processes share. */
export const PROVIDER_HEALTH = 'provider_health'
export const PACE = 'pace'

/** Every query of this service that is not by `_id`, with the index that covers it. */
export const QUERIES = defineQueries({
  noticesOfAgent: {
    collection: 'notices',
    filter: ['accountId', 'agentId', 'listed'],
    sort: { createdAt: -1, _id: -1 },
    range: ['createdAt', '_id'],
    index: { accountId: 1, agentId: 1, listed: 1, createdAt: -1, _id: -1 },
  },
  /** The admin's list, by state, channel, agent, any two or all of them, or none. */
  noticesOfAccount: {
    collection: 'notices',
    filter: ['accountId', 'facets'],
    sort: { createdAt: -1, _id: -1 },
    range: ['createdAt', '_id'],
    index: { accountId: 1, facets: 1, createdAt: -1, _id: -1 },
  },
  brokenPlaces: {
    collection: 'breakers',
    filter: ['accountId'],
    sort: { changedAt: -1 },
    index: { accountId: 1, changedAt: -1 },
  },
  /** Providers that failed last, each with its state for all processes. */
  providerHealth: {
    collection: PROVIDER_HEALTH,
    filter: [],
    sort: { _id: 1 },
    index: { _id: 1 },
  },
  providerHealthExpiry: {
    collection: PROVIDER_HEALTH,
    filter: [],
    range: ['at'],
    index: { at: 1 },
    expireAfterSeconds: 172_800,
  },
  paceExpiry: {
    collection: PACE,
    filter: [],
    range: ['at'],
    index: { at: 1 },
    expireAfterSeconds: 3600,
  },
  noticesOfTicket: {
    collection: 'notices',
    filter: ['accountId', 'ticketId'],
    sort: { createdAt: 1, _id: 1 },
    range: ['createdAt', '_id'],
    index: { accountId: 1, ticketId: 1, createdAt: 1, _id: 1 },
  },
  pushServicesOfAccount: {
    collection: 'devices',
    filter: ['accountId', 'kind'],
    index: { accountId: 1, kind: 1 },
  },
  devicesOfAgents: {
    collection: 'devices',
    filter: ['accountId', 'agentId'],
    sort: { renewedAt: -1 },
    index: { accountId: 1, agentId: 1, renewedAt: -1 },
  },
})
