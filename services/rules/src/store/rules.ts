import { setTimeout as sleep } from 'node:timers/promises'
import { isDuplicateKey } from '@onus/kit/mongo'
import { problems } from '@onus/kit/problems'
import type { Collection, Db } from 'mongodb'
import { type CompiledRules, compileRules } from '../domain/evaluate.ts'
import { emptyRules, type Rule, type RulesState } from '../domain/model.ts'

type RulesDocument = RulesState & { _id: string }
/** A version of a rule as it was saved, with its place at that time. */
export type StoredVersion = Rule & { position: number }
type VersionDocument = StoredVersion & { _id: string; accountId: string }

const ATTEMPTS = 12
const PAUSE_MS = 15
const CACHED_ACCOUNTS = 2000

/**
 * The rules of all accounts, one document for each. The current version of a rule is in that document, so
 * it cannot get lost; before a newer one takes its place it is kept under an id of its own. Everything is
 * read by `_id`.
 */
export class RuleStore {
  readonly #rules: Collection<RulesDocument>
  readonly #versions: Collection<VersionDocument>
  readonly #cache = new Map<string, { state: RulesState; compiled?: CompiledRules }>()

  constructor(db: Db) {
    this.#rules = db.collection<RulesDocument>('rules')
    this.#versions = db.collection<VersionDocument>('rule_versions')
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
  async change(accountId: string, decide: (state: RulesState) => RulesState): Promise<RulesState> {
    for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
      const before = await this.fresh(accountId)
      const decided = decide(before)
      if (decided === before) return before
      await this.#keepVersions(before, decided)
      const after = { ...decided, version: before.version + 1 }
      if (await this.#write(before, after)) return this.#remember(after).state
      await sleep(Math.random() * PAUSE_MS * attempt)
    }
    throw problems.unavailable('Too many changes of the rules at once. Try again.')
  }

  /** Past versions of a rule, by their numbers. */
  async versions(accountId: string, ruleId: string, numbers: number[]): Promise<Map<number, StoredVersion>> {
    const ids = numbers.map((version) => versionId(accountId, ruleId, version))
    const found = await this.#versions.find({ _id: { $in: ids } }).toArray()
    return new Map(found.map(({ _id, accountId: _, ...version }) => [version.version, version]))
  }

  async #entry(accountId: string): Promise<{ state: RulesState; compiled?: CompiledRules }> {
    const known = this.#cache.get(accountId)
    const projection = known ? { version: 1 } : {}
    const found = await this.#rules.findOne({ _id: accountId }, { projection })
    const version = found?.version ?? 0
    if (known?.state.version === version) return known
    if (!found) return { state: emptyRules(accountId) }
    const whole = known ? await this.#rules.findOne({ _id: accountId }) : found
    if (!whole) return { state: emptyRules(accountId) }
    const { _id, ...state } = whole
    return this.#remember(state)
  }

  async #write(before: RulesState, after: RulesState): Promise<boolean> {
    const { accountId } = after
    if (before.version > 0) {
      const { matchedCount } = await this.#rules.replaceOne(
        { _id: accountId, version: before.version },
        after,
      )
      return matchedCount === 1
    }
    try {
      await this.#rules.insertOne({ _id: accountId, ...after })
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

const versionId = (accountId: string, ruleId: string, version: number): string =>
  `${accountId}:${ruleId}:${version}`
