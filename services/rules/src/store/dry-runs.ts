import { isDuplicateKey } from '@onus/kit/mongo'
import type { Actor } from '@onus/workflows-contract'
import type { Collection, Db } from 'mongodb'
import { type DryRunResult, noResult } from '../domain/dry-run/result.ts'
import type { Rule } from '../domain/model.ts'
import type { Place } from './history.ts'

/** A dry run: what is tried, how far it is, and what came out so far. One document, so all of it is in step. */
export interface DryRun {
  id: string
  accountId: string
  state: 'running' | 'completed' | 'cancelled' | 'failed'
  rules: Rule[]
  since: string
  until: string
  limit: number
  startedAt: string
  startedBy: Actor
  finishedAt?: string
  error?: string
  /** Tickets there are to read; absent until they were counted. */
  total?: number
  ticketsRead: number
  /** The last ticket that was read. */
  after?: Place
  result: DryRunResult
}

type DryRunDocument = DryRun & {
  _id: string
  /** The process that works on it, and until when it is let. */
  owner?: string
  leasedUntil: Date
  /** When it is forgotten. */
  expiresAt: Date
}

const LEASE_MS = 30_000
const KEPT_MS = 14 * 24 * 3600 * 1000
const NEVER = new Date(0)

export class DryRunStore {
  readonly #runs: Collection<DryRunDocument>

  constructor(db: Db) {
    this.#runs = db.collection<DryRunDocument>('dry_runs')
  }

  /** Adds a new one; one of that id that there is already stays. */
  async create(run: Omit<DryRun, 'state' | 'ticketsRead' | 'result'>): Promise<DryRun> {
    const document: DryRunDocument = {
      _id: idOf(run.accountId, run.id),
      ...run,
      state: 'running',
      ticketsRead: 0,
      result: noResult(),
      leasedUntil: NEVER,
      expiresAt: new Date(Date.parse(run.startedAt) + KEPT_MS),
    }
    try {
      await this.#runs.insertOne(document)
    } catch (error) {
      if (!isDuplicateKey(error)) throw error
    }
    return (await this.find(run.accountId, run.id))!
  }

  async find(accountId: string, id: string): Promise<DryRun | null> {
    return await this.#runs.findOne({ _id: idOf(accountId, id) })
  }

  async countRunning(accountId: string): Promise<number> {
    return await this.#runs.countDocuments({ accountId, state: 'running' })
  }

  async cancel(accountId: string, id: string, now: string): Promise<void> {
    const $set = { state: 'cancelled' as const, finishedAt: now }
    await this.#runs.updateOne({ _id: idOf(accountId, id), state: 'running' }, { $set })
  }

  /** Takes one that nobody works on; null when there is none. */
  async take(owner: string, now: Date): Promise<DryRun | null> {
    const free = await this.#runs
      .find({ state: 'running', leasedUntil: { $lt: now } }, { projection: { leasedUntil: 1 } })
      .limit(20)
      .toArray()
    for (const { _id, leasedUntil } of free) {
      const $set = { owner, leasedUntil: new Date(now.getTime() + LEASE_MS) }
      const { matchedCount } = await this.#runs.updateOne({ _id, state: 'running', leasedUntil }, { $set })
      if (matchedCount) return await this.#runs.findOne({ _id })
    }
    return null
  }

  /** Keeps how far it is, and goes on holding it; false when it was cancelled, or is somebody else's now. */
  async save(
    { accountId, id }: DryRun,
    owner: string,
    now: Date,
    progress: Partial<
      Pick<DryRun, 'total' | 'ticketsRead' | 'after' | 'result' | 'state' | 'finishedAt' | 'error'>
    >,
  ): Promise<boolean> {
    const $set = { ...progress, leasedUntil: new Date(now.getTime() + LEASE_MS) }
    const { matchedCount } = await this.#runs.updateOne(
      { _id: idOf(accountId, id), state: 'running', owner },
      { $set },
    )
    return matchedCount === 1
  }

  /** Leaves it to the next. */
  async release({ accountId, id }: DryRun, owner: string): Promise<void> {
    await this.#runs.updateOne({ _id: idOf(accountId, id), owner }, { $set: { leasedUntil: NEVER } })
  }
}

const idOf = (accountId: string, id: string): string => `${accountId}:${id}`
