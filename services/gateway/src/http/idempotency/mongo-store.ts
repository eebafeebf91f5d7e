import type { Clock } from '@onus/kit/clock'
import { isDuplicateKey } from '@onus/kit/mongo'
import type { Collection, Db } from 'mongodb'
import { type Claimed, type IdempotencyStore, LEASE_MS, REMEMBERED_MS } from './store.ts'

interface Remembered {
  _id: string
  bodyHash: string
  owner: string
  state: 'running' | 'done'
  leaseUntil: Date
  expiresAt: Date
  sealed?: string
}

/** A store that is slow must not hold a request for longer than its deadline. */
const STORE_TIMEOUT_MS = 5_000

/**
 * Remembers in MongoDB. The unique `_id` decides who is first; taking over from a dead first, or from an
 * answer that has expired, is an update that names the state it was read in, so one of many wins it too.
 */
export function createMongoIdempotencyStore(db: Db, clock: Clock): IdempotencyStore {
  const collection: Collection<Remembered> = db.collection('idempotency')
  const timeout = { timeoutMS: STORE_TIMEOUT_MS }

  const fresh = (owner: string, bodyHash: string) => ({
    bodyHash,
    owner,
    state: 'running' as const,
    leaseUntil: new Date(clock().getTime() + LEASE_MS),
    expiresAt: new Date(clock().getTime() + REMEMBERED_MS),
  })

  async function takeOver(found: Remembered, owner: string, bodyHash: string): Promise<boolean> {
    const read = { _id: found._id, owner: found.owner, state: found.state, leaseUntil: found.leaseUntil }
    const result = await collection.replaceOne(read, fresh(owner, bodyHash), timeout)
    return result.modifiedCount === 1
  }

  return {
    async claim(id, bodyHash, owner): Promise<Claimed> {
      for (;;) {
        try {
          await collection.insertOne({ _id: id, ...fresh(owner, bodyHash) }, timeout)
          return { state: 'first' }
        } catch (error) {
          if (!isDuplicateKey(error)) throw error
        }
        const found = await collection.findOne({ _id: id }, timeout)
        if (!found) continue
        const now = clock()
        if (found.expiresAt <= now) {
          if (await takeOver(found, owner, bodyHash)) return { state: 'first' }
          continue
        }
        if (found.state === 'done')
          return { state: 'done', bodyHash: found.bodyHash, sealed: found.sealed ?? '' }
        const dead = found.leaseUntil <= now && found.bodyHash === bodyHash
        if (!dead) return { state: 'running', bodyHash: found.bodyHash }
        if (await takeOver(found, owner, bodyHash)) return { state: 'first' }
      }
    },
    async renew(id, owner) {
      const leaseUntil = new Date(clock().getTime() + LEASE_MS)
      const result = await collection.updateOne(
        { _id: id, owner, state: 'running' },
        { $set: { leaseUntil } },
        timeout,
      )
      return result.matchedCount === 1
    },
    async finish(id, owner, sealed) {
      const expiresAt = new Date(clock().getTime() + REMEMBERED_MS)
      await collection.updateOne({ _id: id, owner }, { $set: { state: 'done', sealed, expiresAt } }, timeout)
    },
    async forget(id, owner) {
      await collection.deleteOne({ _id: id, owner, state: 'running' }, timeout)
    },
  }
}

/** Lets a store that can do so throw away what has expired. */
export async function ensureIdempotencyExpiry(db: Db): Promise<void> {
  await db.collection('idempotency').createIndex({ expiresAt: 1 }, { expireAfterSeconds: 0, name: 'expiry' })
}
