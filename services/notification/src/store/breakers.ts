import { createHash } from 'node:crypto'
import type { Collection, Db } from 'mongodb'
import { admit, type Breaker, bounced, PROBE_MS, TRIAL_MS } from '../domain/breaker.ts'
import { gathered } from './gathered.ts'

/** One address or token of one account. Kept as a hash: the value is a person's or a secret. */
export interface BreakerKey {
  accountId: string
  kind: 'address' | 'token'
  value: string
  /** The agent whose address it is, for people who look at it. */
  agentId?: string
}

/**
 * `hold`: come again then. `dead`: do not come again. `go`: use it, and say how it went if it had
 * `failedBefore`.
 */
export type Entrance =
  | { type: 'hold'; until: Date }
  | { type: 'dead' }
  | { type: 'go'; failedBefore: boolean }

/** A breaker, for people. */
export interface BrokenPlace extends Breaker {
  kind: 'address' | 'token'
  agentId?: string
  error?: string
}

/** Remembers what does not work, for all processes. */
export interface Breakers {
  enter(key: BreakerKey, now: Date): Promise<Entrance>
  failed(key: BreakerKey, nextTry: Date, error?: string): Promise<void>
  worked(key: BreakerKey, now?: Date): Promise<void>
  /** A mail that had been taken came back. */
  bounced(key: BreakerKey, kind: 'hard' | 'soft', error: string, now: Date): Promise<void>
  /** What does not work in an account, the latest first. */
  ofAccount(accountId: string, limit: number): Promise<BrokenPlace[]>
}

type BreakerDocument = BrokenPlace & { _id: string; accountId: string; changedAt: string }

const idOf = ({ accountId, kind, value }: BreakerKey): string =>
  createHash('sha256')
    .update(JSON.stringify([accountId, kind, value.toLowerCase()]))
    .digest('hex')

const aboutOf = ({ accountId, kind, agentId }: BreakerKey) => ({
  accountId,
  kind,
  ...(agentId && { agentId }),
})

/** `tripped` is told once of what worked before, and not of each notice that finds it broken after. */
export function createBreakers(
  db: Db,
  tripped: (key: BreakerKey, error: string | undefined) => void = () => {},
): Breakers {
  const breakers: Collection<BreakerDocument> = db.collection('breakers')
  const read = gathered(200, async (ids: string[]) => {
    const found = await breakers.find({ _id: { $in: [...new Set(ids)] } }).toArray()
    const byId = new Map(found.map((breaker) => [breaker._id, breaker]))
    return ids.map((id) => byId.get(id) ?? null)
  })
  return {
    async enter(key, now) {
      const _id = idOf(key)
      const breaker = await read(_id)
      const admission = admit(breaker, key.kind, now)
      if (admission.type === 'hold') return admission
      if (admission.type === 'dead') return { type: 'dead' }
      if (admission.type === 'pass' || !breaker) return { type: 'go', failedBefore: breaker !== null }
      const { openUntil } = breaker
      if (admission.type === 'clear') {
        await breakers.deleteOne({ _id, openUntil })
        return { type: 'go', failedBefore: false }
      }
      // Several may be the first at once: the one whose write finds the old time is.
      const until = new Date(now.getTime() + PROBE_MS)
      const { matchedCount } = await breakers.updateOne(
        { _id, openUntil },
        { $set: { openUntil: until.toISOString() } },
      )
      return matchedCount === 1 ? { type: 'go', failedBefore: true } : { type: 'hold', until }
    },
    async failed(key, nextTry, error) {
      const openUntil = nextTry.toISOString()
      const changedAt = new Date().toISOString()
      const { upsertedCount } = await breakers.updateOne(
        { _id: idOf(key) },
        { $inc: { failures: 1 }, $set: { ...aboutOf(key), openUntil, changedAt, ...(error && { error }) } },
        { upsert: true },
      )
      if (upsertedCount) tripped(key, error)
    },
    async worked(key, now = new Date()) {
      const _id = idOf(key)
      const breaker = await breakers.findOne({ _id })
      if (!breaker?.bounces) {
        await breakers.deleteOne({ _id })
        return
      }
      const openUntil = new Date(now.getTime() + TRIAL_MS).toISOString()
      await breakers.updateOne(
        { _id, bounces: breaker.bounces },
        { $set: { onTrial: true, openUntil, failures: 0 } },
      )
    },
    async bounced(key, kind, error, now) {
      const _id = idOf(key)
      const next = bounced(await breakers.findOne({ _id }), kind, now)
      await breakers.replaceOne(
        { _id },
        { ...aboutOf(key), ...next, error, changedAt: now.toISOString() },
        { upsert: true },
      )
    },
    async ofAccount(accountId, limit) {
      return breakers.find({ accountId }).sort({ changedAt: -1 }).limit(limit).toArray()
    },
  }
}
