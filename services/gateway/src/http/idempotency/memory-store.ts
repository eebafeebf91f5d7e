import type { Clock } from '@onus/kit/clock'
import { type IdempotencyStore, LEASE_MS, REMEMBERED_MS } from './store.ts'

interface Entry {
  bodyHash: string
  owner: string
  leaseUntil: number
  expiresAt: number
  sealed?: string
}

/** Remembers in the process: for tests of what stands on the store. */
export function createMemoryIdempotencyStore(clock: Clock): IdempotencyStore {
  const entries = new Map<string, Entry>()
  return {
    async claim(id, bodyHash, owner) {
      const now = clock().getTime()
      const found = entries.get(id)
      const dead = found && !found.sealed && found.leaseUntil <= now && found.bodyHash === bodyHash
      if (!found || dead || found.expiresAt <= now) {
        entries.set(id, { bodyHash, owner, leaseUntil: now + LEASE_MS, expiresAt: now + REMEMBERED_MS })
        return { state: 'first' }
      }
      if (found.sealed) return { state: 'done', bodyHash: found.bodyHash, sealed: found.sealed }
      return { state: 'running', bodyHash: found.bodyHash }
    },
    async renew(id, owner) {
      const found = entries.get(id)
      if (found?.owner !== owner) return false
      found.leaseUntil = clock().getTime() + LEASE_MS
      return true
    },
    async finish(id, owner, sealed) {
      const found = entries.get(id)
      if (found?.owner === owner) found.sealed = sealed
    },
    async forget(id, owner) {
      if (entries.get(id)?.owner === owner) entries.delete(id)
    },
  }
}
