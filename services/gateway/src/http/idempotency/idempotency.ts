import { createHash, randomUUID } from 'node:crypto'
import type { Caller } from '@onus/kit/caller'
import type { Logger } from '@onus/kit/logging'
import { Problem, problems } from '@onus/kit/problems'
import type { Sealer } from './seal.ts'
import { type IdempotencyStore, LEASE_MS, type RememberedAnswer } from './store.ts'

/** What makes two requests the same request. */
export interface RequestIdentity {
  /** Where the store keeps it, and what the command id is made of. */
  id: string
  /** The caller's own key, which opens the remembered answer. */
  key: string
}

/** Reads `Idempotency-Key`; absent is null. */
export function requestIdentity(
  caller: Caller,
  method: string,
  path: string,
  header: string | undefined,
): RequestIdentity | null {
  if (header === undefined) return null
  if (!/^[\x21-\x7e]([\x20-\x7e]{0,253}[\x21-\x7e])?$/.test(header))
    throw problems.invalid([
      { field: 'Idempotency-Key', message: 'Send 1 to 255 printable ASCII characters, for example a UUID.' },
    ])
  const parts = [caller.accountId, caller.type, caller.id, method, path, header]
  const id = createHash('sha256').update(JSON.stringify(parts)).digest('hex')
  return { id, key: header }
}

/** The hash of a parsed body: neither white space nor the order of fields changes it. Bytes may be part of it. */
export function bodyHash(body: unknown): string {
  return createHash('sha256')
    .update(JSON.stringify(sorted(body)) ?? '')
    .digest('hex')
}

/** Fields in one order, and each kind of value told apart from the others. */
function sorted(value: unknown): unknown {
  if (value instanceof Uint8Array) return { bytes: createHash('sha256').update(value).digest('hex') }
  if (Array.isArray(value)) return value.map(sorted)
  if (value === null || typeof value !== 'object') return value
  const fields = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
  return { fields: fields.map(([key, item]) => [key, sorted(item)]) }
}

/** Answers that are remembered: what happened, and not that it could not be found out. */
const isRemembered = (status: number): boolean => status < 500 && status !== 429

export interface Idempotency {
  /**
   * Executes once for all repeats of a request: the first executes, the others wait for its answer and
   * get the same. `execute` never throws; it answers with problems as well.
   */
  once(
    identity: RequestIdentity,
    hash: string,
    deadline: Date,
    execute: () => Promise<RememberedAnswer>,
  ): Promise<RememberedAnswer>
}

export function createIdempotency(store: IdempotencyStore, sealer: Sealer, log: Logger): Idempotency {
  return {
    async once(identity, hash, deadline, execute) {
      const owner = randomUUID()
      for (let pause = 15; ; pause = Math.min(pause * 1.6, 400)) {
        const claimed = await store.claim(identity.id, hash, owner).catch(storeDown)
        if (claimed.state === 'first') break
        if (claimed.bodyHash !== hash)
          throw new Problem(
            'idempotency-key-reused',
            'This Idempotency-Key came before with another body; use a new key for a new request.',
          )
        if (claimed.state === 'done') return sealer.open(claimed.sealed, identity.key)
        if (Date.now() + pause > deadline.getTime())
          throw problems.unavailable('The first request with this Idempotency-Key is still at work.')
        await new Promise((resolve) => setTimeout(resolve, pause))
      }
      return executeAsFirst(owner, identity, execute)
    },
  }

  async function executeAsFirst(
    owner: string,
    identity: RequestIdentity,
    execute: () => Promise<RememberedAnswer>,
  ): Promise<RememberedAnswer> {
    const renewal = setInterval(() => {
      store
        .renew(identity.id, owner)
        .catch((err) => log.warn({ err }, 'could not renew an idempotency lease'))
    }, LEASE_MS / 3)
    try {
      const answer = await execute()
      // The command is done: a store that fails now must not turn its answer into an error. A repeat is
      // executed again under the same command id, and finds it done.
      const keep = isRemembered(answer.status)
        ? store.finish(identity.id, owner, sealer.seal(answer, identity.key))
        : store.forget(identity.id, owner)
      await keep.catch((err) => log.warn({ err }, 'could not remember an answer'))
      return answer
    } finally {
      clearInterval(renewal)
    }
  }
}

function storeDown(cause: unknown): never {
  throw problems.unavailable('The store of idempotency keys does not answer.', cause)
}
