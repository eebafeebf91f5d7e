import { setTimeout as sleep } from 'node:timers/promises'
import { type Clock, rfc3339 } from '@onus/kit/clock'
import { newId } from '@onus/kit/ids'
import { isDuplicateKey } from '@onus/kit/mongo'
import { problems } from '@onus/kit/problems'
import { Turns } from '@onus/kit/turns'
import type { Actor } from '@onus/workflows-contract'
import type { Collection, Db } from 'mongodb'
import { auditItem, consequences, type OutboxItem } from '../domain/consequences.ts'
import { type CompiledRules, compileRules } from '../domain/evaluate.ts'
import { emptyRules, type Rule, type RulesState } from '../domain/model.ts'

interface RulesDocument extends RulesState {
  _id: string
  /** Grows with every write, also of the outbox. */
  revision: number
  /** What is to be told elsewhere, oldest first. */
  outbox: OutboxItem[]
  waiting: boolean
}
/** A version of a rule as it was saved, with its place at that time. */
export interface StoredVersion {
  rule: Rule
  position: number
}
type VersionDocument = Rule & { position: number; _id: string; accountId: string }

const ATTEMPTS = 12
const PAUSE_MS = 15
const CACHED_ACCOUNTS = 2000

/**
 * The rules of all accounts, one document for each. The current version of a rule is in that document, so
 * it cannot get lost; before a newer one takes its place it is kept under an id of its own. What a change
 * brings about elsewhere is in the same document until it has arrived. Everything is read by `_id`.
 */
export class RuleStore {
  readonly #rules: Collection<RulesDocument>
  readonly #versions: Collection<VersionDocument>
  readonly #clock: Clock
  readonly #turns = new Turns()
  readonly #cache = new Map<string, { state: RulesState; compiled?: CompiledRules }>()
  #listener: (accountId: string) => void = () => {}

  constructor(db: Db, clock: Clock) {
    this.#rules = db.collection<RulesDocument>('rules')
    this.#versions = db.collection<VersionDocument>('rule_versions')
    this.#clock = clock
  }

  /** Is told of each account that has something to send out. */
  onOutbox(listener: (accountId: string) => void): void {
    this.#listener = listener
  }

  /** The account's rules as they are stored now. */
  async fresh(accountId: string): Promise<RulesState> {
    return (await this.#entry(accountId)).state
  }

  /** The account's rules as they are stored now, ready to be asked. */
  async compiled(accountId: string): Promise<CompiledRules> {
    const entry = await this.#entry(accountId)
    entry.compiled ??= compileRules(entry.state)
    return entry.compiled
  }

  /** Decides on the rules as they are, and writes the decision or nothing. May decide several times. */
  async change(accountId: string, by: Actor, decide: (state: RulesState) => RulesState): Promise<RulesState> {
    const state = await this.#guarded(accountId, async (document) => {
      const before = stateOf(document)
      const decided = decide(before)
      if (decided === before) return document
      await this.#keepVersions(before, decided)
      const after = { ...decided, version: before.version + 1 }
      const items = consequences(before, after, { by, now: rfc3339(this.#clock()) })
      return { ...document, ...after, outbox: [...document.outbox, ...items] }
    })
    return this.#remember(state).state
  }

  /** Audits something that is kept beside the rules. */
  async audit(
    accountId: string,
    by: Actor,
    action: string,
    entityId: string,
    fields: string[] = [],
  ): Promise<void> {
    const change = { by, now: rfc3339(this.#clock()) }
    const item = auditItem(`rules:${accountId}:${newId()}`, action, entityId, fields, change)
    await this.#guarded(accountId, async (document) => ({ ...document, outbox: [...document.outbox, item] }))
  }

  /** Past versions of a rule, by their numbers. */
  async versions(accountId: string, ruleId: string, numbers: number[]): Promise<Map<number, StoredVersion>> {
    const ids = numbers.map((version) => versionId(accountId, ruleId, version))
    const found = await this.#versions.find({ _id: { $in: ids } }).toArray()
    return new Map(
      found.map(({ _id, accountId: _, position, ...rule }) => [rule.version, { rule, position }]),
    )
  }

  /** The accounts that have something to send out. */
  async withOutbox(limit: number): Promise<string[]> {
    const found = this.#rules.find({ waiting: true }, { projection: { _id: 1 }, limit })
    return (await found.toArray()).map(({ _id }) => _id)
  }

  /** What waits to go out, oldest first. */
  async outbox(accountId: string): Promise<OutboxItem[]> {
    const found = await this.#rules.findOne({ _id: accountId }, { projection: { outbox: 1 } })
    return found?.outbox ?? []
  }

  /** Forgets items that have gone out. */
  async sent(accountId: string, items: readonly OutboxItem[]): Promise<void> {
    const ids = new Set(items.map(({ id }) => id))
    await this.#guarded(accountId, async (document) => {
      const outbox = document.outbox.filter(({ id }) => !ids.has(id))
      return outbox.length === document.outbox.length ? document : { ...document, outbox }
    })
  }

  async #entry(accountId: string): Promise<{ state: RulesState; compiled?: CompiledRules }> {
    const known = this.#cache.get(accountId)
    const projection = known ? { version: 1 } : { outbox: 0 }
    const found = await this.#rules.findOne({ _id: accountId }, { projection })
    const version = found?.version ?? 0
    if (known?.state.version === version) return known
    if (!found) return { state: emptyRules(accountId) }
    const whole = known ? await this.#rules.findOne({ _id: accountId }, { projection: { outbox: 0 } }) : found
    if (!whole) return { state: emptyRules(accountId) }
    return this.#remember(stateOf(whole))
  }

  /** Writes what `work` makes of the document as it is, unless that is the same. */
  async #guarded(
    accountId: string,
    work: (document: RulesDocument) => Promise<RulesDocument>,
  ): Promise<RulesState> {
    return await this.#turns.take(accountId, () => this.#tryGuarded(accountId, work))
  }

  async #tryGuarded(
    accountId: string,
    work: (document: RulesDocument) => Promise<RulesDocument>,
  ): Promise<RulesState> {
    for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
      const found = await this.#rules.findOne({ _id: accountId })
      const before = found ?? newDocument(accountId)
      const made = await work(before)
      if (made === before) return stateOf(before)
      const after = { ...made, revision: before.revision + 1, waiting: made.outbox.length > 0 }
      if (await this.#write(before, after)) {
        if (after.waiting) this.#listener(accountId)
        return stateOf(after)
      }
      await sleep(Math.random() * PAUSE_MS * attempt)
    }
    throw problems.unavailable('Too many changes of the rules at once. Try again.')
  }

  async #write(before: RulesDocument, after: RulesDocument): Promise<boolean> {
    const { _id, ...replacement } = after
    if (before.revision > 0) {
      const { matchedCount } = await this.#rules.replaceOne({ _id, revision: before.revision }, replacement)
      return matchedCount === 1
    }
    try {
      await this.#rules.insertOne(after)
      return true
    } catch (error) {
      if (isDuplicateKey(error)) return false
      throw error
    }
  }

  /**
   * Keeps the versions that are about to be replaced. What is written is what was stored, so it does no harm
   * when the change does not come about, or when two do this at once.
   */
  async #keepVersions(before: RulesState, after: RulesState): Promise<void> {
    const current = new Map(after.rules.map((rule) => [rule.id, rule.version]))
    for (const [at, rule] of before.rules.entries()) {
      if (current.get(rule.id) === rule.version) continue
      const { accountId } = before
      const document = { accountId, ...rule, position: at + 1 }
      await this.#versions.replaceOne({ _id: versionId(accountId, rule.id, rule.version) }, document, {
        upsert: true,
      })
    }
  }

  #remember(state: RulesState): { state: RulesState; compiled?: CompiledRules } {
    const known = this.#cache.get(state.accountId)
    if (known && known.state.version >= state.version) {
      return known.state.version === state.version ? known : { state }
    }
    const entry = { state }
    this.#cache.delete(state.accountId)
    this.#cache.set(state.accountId, entry)
    if (this.#cache.size > CACHED_ACCOUNTS) this.#cache.delete(this.#cache.keys().next().value!)
    return entry
  }
}

const newDocument = (accountId: string): RulesDocument => ({
  _id: accountId,
  ...emptyRules(accountId),
  revision: 0,
  outbox: [],
  waiting: false,
})

function stateOf(document: RulesDocument): RulesState {
  const { _id, revision, outbox, waiting, ...state } = document
  return state
}

const versionId = (accountId: string, ruleId: string, version: number): string =>
  `${accountId}:${ruleId}:${version}`
