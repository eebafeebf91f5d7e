import { createHash } from 'node:crypto'
import type { Collection, Db } from 'mongodb'
import { admit, type Breaker, PROBE_MS } from '../domain/breaker.ts'

/** One address or token of one account. Kept as a hash: the value is a person's or a secret. */
export interface BreakerKey {
  accountId: string
  kind: 'address' | 'token'
  value: string
}

/** `hold`: come again then. `go`: use it, and say how it went if it had `failedBefore`. */
export type Entrance = { type: 'hold'; until: Date } | { type: 'go'; failedBefore: boolean }

/** Remembers what does not work, for all processes. */
export interface Breakers {
  enter(key: BreakerKey, now: Date): Promise<Entrance>
  failed(key: BreakerKey, nextTry: Date): Promise<void>
  worked(key: BreakerKey): Promise<void>
}

type BreakerDocument = Breaker & { _id: string }

const idOf = ({ accountId, kind, value }: BreakerKey): string =>
  createHash('sha256')
    .update(JSON.stringify([accountId, kind, value.toLowerCase()]))
    .digest('hex')

export function createBreakers(db: Db): Breakers {
  const breakers: Collection<BreakerDocument> = db.collection('breakers')
  return {
    async enter(key, now) {
      const _id = idOf(key)
      const breaker = await breakers.findOne({ _id })
      const admission = admit(breaker, key.kind, now)
      if (admission.type === 'pass' || !breaker) return { type: 'go', failedBefore: breaker !== null }
      if (admission.type === 'hold') return admission
      // Several may be the first at once: the one whose write finds the old time is.
      const until = new Date(now.getTime() + PROBE_MS)
      const { matchedCount } = await breakers.updateOne(
        { _id, openUntil: breaker.openUntil },
        { $set: { openUntil: until.toISOString() } },
      )
      return matchedCount === 1 ? { type: 'go', failedBefore: true } : { type: 'hold', until }
    },
    async failed(key, nextTry) {
      await breakers.updateOne(
        { _id: idOf(key) },
        { $inc: { failures: 1 }, $set: { openUntil: nextTry.toISOString() } },
        { upsert: true },
      )
    },
    async worked(key) {
      await breakers.deleteOne({ _id: idOf(key) })
    },
  }
}
