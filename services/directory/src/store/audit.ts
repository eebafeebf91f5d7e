import { isDuplicateKey } from '@onus/kit/mongo'
import { type Collection, type Db, type Filter, MongoBulkWriteError } from 'mongodb'
import type { AuditItem } from '../domain/consequences.ts'

type AuditDocument = Omit<AuditItem, 'kind' | 'id'> & { _id: string; accountId: string }

/** Who, what, and from when until when. */
export interface AuditFilter {
  actorId?: string
  entityId?: string
  action?: string
  since?: string
  until?: string
}

/** The audit of all accounts: written once, never changed. */
export class AuditStore {
  readonly #audit: Collection<AuditDocument>

  constructor(db: Db) {
    this.#audit = db.collection<AuditDocument>('audit')
  }

  /** Those that are there already stay as they are. */
  async add(accountId: string, items: AuditItem[]): Promise<void> {
    if (!items.length) return
    const documents = items.map(({ kind, id, ...entry }) => ({ _id: id, accountId, ...entry }))
    try {
      await this.#audit.insertMany(documents, { ordered: false })
    } catch (error) {
      if (!onlyDuplicates(error)) throw error
    }
  }

  /** The latest first; `before` is the sequence of the page's predecessor. */
  async page(
    accountId: string,
    limit: number,
    before?: number,
    { actorId, entityId, action, since, until }: AuditFilter = {},
  ): Promise<AuditDocument[]> {
    return this.#audit
      .find({
        accountId,
        ...(before !== undefined && { sequence: { $lt: before } }),
        ...(actorId && { 'actor.id': actorId }),
        ...(entityId && { entityId }),
        // A kind, such as `agent`, is all that begins with it and a dot.
        ...(action && { action: action.includes('.') ? action : { $gte: `${action}.`, $lt: `${action}/` } }),
        ...((since || until) && { at: { ...(since && { $gte: since }), ...(until && { $lt: until }) } }),
      } as Filter<AuditDocument>)
      .sort({ sequence: -1 })
      .limit(limit)
      .toArray()
  }
}

function onlyDuplicates(error: unknown): boolean {
  if (!(error instanceof MongoBulkWriteError)) return isDuplicateKey(error)
  const failures = Array.isArray(error.writeErrors) ? error.writeErrors : [error.writeErrors]
  return failures.length > 0 && failures.every(({ code }) => code === 11000)
}
