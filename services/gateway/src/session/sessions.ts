import { createHash, randomBytes } from 'node:crypto'
import type { Caller } from '@onus/kit/caller'
import type { Clock } from '@onus/kit/clock'
import { isDuplicateKey } from '@onus/kit/mongo'
import { problems } from '@onus/kit/problems'
import type { GetTrustedIssuerResponse, Principal } from '@onus/proto/onus/v1/directory'
import type { Collection, Db } from 'mongodb'
import { asUnauthenticated, callerOf } from '../http/authentication/authentication.ts'

/** Who an issuer said somebody is, when they signed in. */
export interface Identity {
  issuer: string
  audiences: string[]
  subject: string
  email?: string
  emailVerified: boolean
  /** The account that they signed in to by its own issuer; they are nobody in another one. */
  accountId?: string
}

export interface StoredSession extends Identity {
  expiresAt: Date
}

/** Keeps sessions by the hash of their secret, so that a copy of the store opens nothing. */
export interface SessionStore {
  put(id: string, session: StoredSession): Promise<void>
  get(id: string): Promise<StoredSession | null>
  remove(id: string): Promise<void>
  /** Whether an id is new; it is remembered until then. */
  once(id: string, until: Date): Promise<boolean>
}

export interface Sessions {
  lifetimeMs: number
  /** Opens a session and answers its secret, which goes into the browser's cookie and nowhere else. */
  open(identity: Identity): Promise<string>
  /** Whose session it is; rejects with `unauthenticated` when it is nobody's any more. */
  authenticate(secret: string, deadline: Date): Promise<Caller>
  close(secret: string): Promise<void>
}

export interface SessionsDeps {
  store: SessionStore
  clock: Clock
  lifetimeMs: number
  trustedIssuer(issuer: string, deadline: Date): Promise<GetTrustedIssuerResponse>
  authenticateIdentity(identity: Identity, deadline: Date): Promise<Principal>
}

/**
 * Sessions of the console. A session remembers only what the issuer said; who that is and what they may do
 * is asked of the directory at every request, so that an agent who is suspended, and an issuer that is not
 * trusted any more, open nothing from that moment on.
 */
export function createSessions(deps: SessionsDeps): Sessions {
  return {
    lifetimeMs: deps.lifetimeMs,
    async open(identity) {
      const secret = randomBytes(32).toString('base64url')
      const expiresAt = new Date(deps.clock().getTime() + deps.lifetimeMs)
      await deps.store.put(hashOf(secret), { ...identity, expiresAt })
      return secret
    },
    async authenticate(secret, deadline) {
      const session = await deps.store.get(hashOf(secret))
      if (!session || session.expiresAt <= deps.clock())
        throw problems.unauthenticated('The session has ended; sign in again.')
      const { expiresAt: _, ...identity } = session
      const trust = await deps.trustedIssuer(identity.issuer, deadline)
      if (!trust.trusted || !identity.audiences.some((audience) => trust.audiences.includes(audience)))
        throw problems.unauthenticated('No account trusts the issuer of this session any more.')
      return callerOf(await deps.authenticateIdentity(identity, deadline).catch(asUnauthenticated))
    },
    close: (secret) => deps.store.remove(hashOf(secret)),
  }
}

const hashOf = (secret: string): string => createHash('sha256').update(secret).digest('hex')

type Document = StoredSession & { _id: string }

const TIMEOUT = { timeoutMS: 5_000 }

export async function createMongoSessionStore(db: Db): Promise<SessionStore> {
  const collection: Collection<Document> = db.collection('sessions')
  const used: Collection<{ _id: string; expiresAt: Date }> = db.collection('sign_ins')
  await collection.createIndex({ expiresAt: 1 }, { expireAfterSeconds: 0 })
  await used.createIndex({ expiresAt: 1 }, { expireAfterSeconds: 0 })
  return {
    async put(id, session) {
      await collection.insertOne({ _id: id, ...session }, TIMEOUT)
    },
    async get(id) {
      const found = await collection.findOne({ _id: id }, TIMEOUT)
      if (!found) return null
      const { _id, ...session } = found
      return session
    },
    async remove(id) {
      await collection.deleteOne({ _id: id }, TIMEOUT)
    },
    async once(id, until) {
      try {
        await used.insertOne({ _id: hashOf(id), expiresAt: until }, TIMEOUT)
        return true
      } catch (error) {
        if (isDuplicateKey(error)) return false
        throw error
      }
    },
  }
}

/** For tests. */
export function createMemorySessionStore(): SessionStore {
  const sessions = new Map<string, StoredSession>()
  const used = new Set<string>()
  return {
    put: async (id, session) => void sessions.set(id, session),
    get: async (id) => sessions.get(id) ?? null,
    remove: async (id) => void sessions.delete(id),
    async once(id) {
      const before = used.size
      return used.add(id).size > before
    },
  }
}
