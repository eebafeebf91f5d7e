import { defineQueries } from '@onus/kit/mongo'
import type { Collection, Db } from 'mongodb'
import { type Presence, presenceId } from './watch.ts'

/** What all gateways know together of who looks at what; nothing in it lives for more than a minute. */
export interface ViewerStore {
  put(presence: Presence): Promise<void>
  /** What windows of one ticket said last. */
  ofTicket(accountId: string, ticketId: string): Promise<Presence[]>
  /** What windows of any ticket have said since. */
  since(at: Date): Promise<Presence[]>
  /** Throws away what nobody believes any more. */
  sweep(before: Date): Promise<void>
}

export const VIEWER_QUERIES = defineQueries({
  viewersOfTicket: { collection: 'viewers', filter: ['ticket'], index: { ticket: 1 } },
  viewersSince: {
    collection: 'viewers',
    filter: [],
    sort: { seenAt: 1 },
    range: ['seenAt'],
    index: { seenAt: 1 },
  },
  viewersExpired: {
    collection: 'viewers',
    filter: [],
    sort: { expiresAt: 1 },
    range: ['expiresAt'],
    index: { expiresAt: 1 },
  },
})

/** Bounds what one look at all tickets can bring. */
const MAX_PRESENCES = 5_000
const TIMEOUT = { timeoutMS: 5_000 }

export function createMongoViewerStore(db: Db): ViewerStore {
  const collection: Collection<Presence & { _id: string; ticket: string }> = db.collection('viewers')
  return {
    async put(presence) {
      const ticket = `${presence.accountId}:${presence.ticketId}`
      const filter = { _id: presenceId(presence) }
      await collection.replaceOne(filter, { ...presence, ticket }, { upsert: true, ...TIMEOUT })
    },
    async ofTicket(accountId, ticketId) {
      return collection.find({ ticket: `${accountId}:${ticketId}` }, TIMEOUT).toArray()
    },
    async since(at) {
      const found = collection.find({ seenAt: { $gte: at } }, TIMEOUT)
      return found.sort({ seenAt: 1 }).limit(MAX_PRESENCES).toArray()
    },
    async sweep(before) {
      await collection.deleteMany({ expiresAt: { $lt: before } }, TIMEOUT)
    },
  }
}

/** For tests. */
export function createMemoryViewerStore(): ViewerStore {
  const all = new Map<string, Presence>()
  return {
    put: async (presence) => void all.set(presenceId(presence), presence),
    ofTicket: async (accountId, ticketId) =>
      [...all.values()].filter((each) => each.accountId === accountId && each.ticketId === ticketId),
    since: async (at) => [...all.values()].filter(({ seenAt }) => seenAt >= at),
    async sweep(before) {
      for (const [id, { expiresAt }] of all) if (expiresAt < before) all.delete(id)
    },
  }
}
