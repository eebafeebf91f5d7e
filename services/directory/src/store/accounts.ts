import { setTimeout as sleep } from 'node:timers/promises'
import type { Clock } from '@onus/kit/clock'
import { rfc3339 } from '@onus/kit/clock'
import { currentCall } from '@onus/kit/grpc'
import { isDuplicateKey } from '@onus/kit/mongo'
import { Problem, problems } from '@onus/kit/problems'
import { Turns } from '@onus/kit/turns'
import type { Actor } from '@onus/workflows-contract'
import type { Collection, Db } from 'mongodb'
import {
  auditItem,
  type ChangeContext,
  coalesce,
  consequences,
  isSame,
  type OutboxItem,
} from '../domain/consequences.ts'
import type { DirectoryState } from '../domain/model.ts'

/** An account as it is stored: its state, and what has not gone out yet. */
export interface AccountDocument extends DirectoryState {
  _id: string
  /** Number of writes; guards each one. `version` counts only the changes that readers can see. */
  revision: number
  auditSequence: number
  outbox: OutboxItem[]
  /** Whether the outbox holds anything. */
  waiting: boolean
}

/** Takes part in a change beside the account's document, for example by claiming addresses. */
export interface Participant {
  /** Before the write; may refuse it. */
  prepare(before: DirectoryState, after: DirectoryState): Promise<void>
  /** After it was written or given up. */
  settle(): Promise<void>
}

/** A decision on an account: gives the new state, or throws a problem. May run several times. */
export interface Decision {
  decide(state: DirectoryState): DirectoryState
  /** Who changes it. */
  actor(state: DirectoryState): Actor
}

/** Writers that meet try again so often, each time after a longer pause. */
const ATTEMPTS = 12
const PAUSE_MS = 15
const CACHED_ACCOUNTS = 2000

/**
 * The accounts. A reader compares versions before it uses what it remembers, so an answer is always as
 * fresh as the store, at the cost of one tiny read.
 */
export class AccountStore {
  readonly #accounts: Collection<AccountDocument>
  readonly #clock: Clock
  readonly #cache = new Map<string, DirectoryState>()
  /** By account: the last of those who wait to write it here. */
  /** A team that comes online at the same moment waits for each other instead of writing in vain. */
  readonly #turns = new Turns()
  #listener: (accountId: string) => void = () => {}

  constructor(db: Db, clock: Clock) {
    this.#accounts = db.collection<AccountDocument>('accounts')
    this.#clock = clock
  }

  /** Is told of each account that has something to send out. */
  onOutbox(listener: (accountId: string) => void): void {
    this.#listener = listener
  }

  /** The version as it is stored now; null for no such account. */
  async version(accountId: string): Promise<number | null> {
    const found = await this.#accounts.findOne({ _id: accountId }, { projection: { version: 1 } })
    return found?.version ?? null
  }

  /** The account as it is now, deleted ones too; null when there never was one. */
  async fresh(accountId: string): Promise<DirectoryState | null> {
    if (!accountId) return null
    const known = this.#cache.get(accountId)
    if (known && (await this.version(accountId)) === known.version) return known
    const found = await this.#accounts.findOne({ _id: accountId }, { projection: { outbox: 0 } })
    return found && this.#remember(stateOf(found))
  }

  /** Adds a new account; false when there is one of that id already. */
  async create(state: DirectoryState, actor: Actor): Promise<boolean> {
    const outbox = consequences(null, state, this.#context(actor, { auditSequence: 0 }))
    try {
      await this.#accounts.insertOne(documentOf(state, 1, outbox, 0))
    } catch (error) {
      if (isDuplicateKey(error)) return false
      throw error
    }
    this.#listener(state.accountId)
    return true
  }

  /** Decides on the account as it is, and writes the decision and all that follows from it, or nothing. */
  async change(accountId: string, decision: Decision, participant?: Participant): Promise<DirectoryState> {
    try {
      return await this.#guarded(accountId, async (document) => {
        const before = stateOf(document)
        const decided = decision.decide(before)
        if (isSame(before, decided)) return { result: before }
        const after = { ...decided, version: before.version + 1 }
        await participant?.prepare(before, after)
        const context = this.#context(decision.actor(before), document)
        return { result: after, next: append(document, after, consequences(before, after, context)) }
      })
    } finally {
      await participant?.settle()
    }
  }

  /** Audits something that is kept beside the account's document; `as` its own id and time, when it has them. */
  async audit(
    accountId: string,
    actor: Actor,
    action: string,
    entityId: string,
    fields: string[],
    as: { id?: string; at?: string } = {},
  ) {
    await this.#guarded(accountId, async (document) => {
      const state = stateOf(document)
      const item = {
        ...auditItem(accountId, action, entityId, fields, this.#context(actor, document)),
        ...as,
      }
      return { result: state, next: append(document, state, [item]) }
    })
  }

  /** The accounts that have something to send out. */
  async withOutbox(limit: number): Promise<string[]> {
    const found = this.#accounts.find({ waiting: true }, { projection: { _id: 1 }, limit })
    return (await found.toArray()).map(({ _id }) => _id)
  }

  /** What waits to go out, oldest first. */
  async outbox(accountId: string): Promise<OutboxItem[]> {
    const found = await this.#accounts.findOne({ _id: accountId }, { projection: { outbox: 1 } })
    return found?.outbox ?? []
  }

  /** Forgets items that have gone out. */
  async sent(accountId: string, items: readonly OutboxItem[]): Promise<void> {
    await this.#turns.take(accountId, () => this.#forget(accountId, items))
  }

  async #forget(accountId: string, items: readonly OutboxItem[]): Promise<void> {
    const keys = new Set(items.map(keyOf))
    for (;;) {
      const projection = { outbox: 1, revision: 1 }
      const found = await this.#accounts.findOne({ _id: accountId }, { projection })
      if (!found) return
      const outbox = found.outbox.filter((item) => !keys.has(keyOf(item)))
      const { matchedCount } = await this.#accounts.updateOne(
        { _id: accountId, revision: found.revision },
        { $set: { outbox, waiting: outbox.length > 0, revision: found.revision + 1 } },
      )
      if (matchedCount === 1) return
      await sleep(Math.random() * PAUSE_MS)
    }
  }

  /** A page of living accounts in the order in which they came. */
  async page(
    limit: number,
    after?: { createdAt: string; id: string },
  ): Promise<{ id: string; name: string; createdAt: string }[]> {
    const found = await this.#accounts
      .find(
        {
          deletedAt: null,
          ...(after && {
            $or: [
              { createdAt: { $gt: after.createdAt } },
              { createdAt: after.createdAt, _id: { $gt: after.id } },
            ],
          }),
        },
        { projection: { 'settings.name': 1, createdAt: 1 } },
      )
      .sort({ createdAt: 1, _id: 1 })
      .limit(limit)
      .toArray()
    return found.map(({ _id, settings, createdAt }) => ({ id: _id, name: settings.name, createdAt }))
  }

  /** The living accounts that trust an issuer. */
  async trusting(issuer: string): Promise<{ accountId: string; audience: string }[]> {
    const found = await this.#accounts.find({ 'oidc.issuer': issuer }, { projection: { oidc: 1 } }).toArray()
    return found.flatMap(({ _id, oidc }) => (oidc ? [{ accountId: _id, audience: oidc.audience }] : []))
  }

  /** The account whose people sign in with an issuer of its own, by the domain of their address; none if two claim it. */
  async signingIn(domain: string): Promise<string | null> {
    const found = await this.#accounts
      .find({ 'oidc.emailDomains': domain }, { projection: { _id: 1 } })
      .limit(2)
      .toArray()
    return found.length === 1 ? found[0]!._id : null
  }

  /** Another account that claims one of these domains already. */
  async claimedBy(domains: readonly string[], except: string): Promise<string | null> {
    for (const domain of domains) {
      const found = await this.#accounts
        .find({ 'oidc.emailDomains': domain }, { projection: { _id: 1 } })
        .limit(2)
        .toArray()
      if (found.some(({ _id }) => _id !== except)) return domain
    }
    return null
  }

  async #guarded(
    accountId: string,
    work: (document: AccountDocument) => Promise<{ result: DirectoryState; next?: AccountDocument }>,
  ): Promise<DirectoryState> {
    return await this.#turns.take(accountId, () => this.#tryGuarded(accountId, work))
  }

  async #tryGuarded(
    accountId: string,
    work: (document: AccountDocument) => Promise<{ result: DirectoryState; next?: AccountDocument }>,
  ): Promise<DirectoryState> {
    for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
      const document = await this.#accounts.findOne({ _id: accountId })
      if (!document) throw problems.notFound('account', accountId)
      const { result, next } = await work(document)
      if (!next) return result
      const { _id, ...replacement } = next
      const { matchedCount } = await this.#accounts.replaceOne(
        { _id, revision: document.revision },
        replacement,
      )
      if (matchedCount === 1) {
        this.#listener(accountId)
        return this.#remember(result)
      }
      await sleep(Math.random() * PAUSE_MS * attempt)
    }
    throw new Problem('unavailable', 'Too many changes of this account at once. Try again.')
  }

  #context(actor: Actor, { auditSequence }: Pick<AccountDocument, 'auditSequence'>): ChangeContext {
    return { actor, now: rfc3339(this.#clock()), auditSequence, traceparent: currentCall()?.traceparent }
  }

  #remember(state: DirectoryState): DirectoryState {
    const known = this.#cache.get(state.accountId)
    if (known && known.version >= state.version) return known.version === state.version ? known : state
    this.#cache.delete(state.accountId)
    this.#cache.set(state.accountId, state)
    if (this.#cache.size > CACHED_ACCOUNTS) this.#cache.delete(this.#cache.keys().next().value!)
    return state
  }
}

const keyOf = (item: OutboxItem): string =>
  `${item.kind}:${item.kind === 'event' ? item.type : ''}:${item.id}`

function append(document: AccountDocument, state: DirectoryState, items: OutboxItem[]): AccountDocument {
  const outbox = coalesce([...document.outbox, ...items])
  const audited = items.filter((item) => item.kind === 'audit').length
  return documentOf(state, document.revision + 1, outbox, document.auditSequence, audited)
}

function documentOf(
  state: DirectoryState,
  revision: number,
  outbox: OutboxItem[],
  auditSequence: number,
  audited = outbox.filter((item) => item.kind === 'audit').length,
): AccountDocument {
  return {
    _id: state.accountId,
    ...state,
    revision,
    auditSequence: auditSequence + audited,
    outbox,
    waiting: outbox.length > 0,
  }
}

function stateOf(document: AccountDocument): DirectoryState {
  const { _id, revision, auditSequence, outbox, waiting, ...state } = document
  // Agents of before there was leave have none.
  return { ...state, agents: state.agents.map((agent) => (agent.leave ? agent : { ...agent, leave: [] })) }
}
