import { isDuplicateKey } from '@onus/kit/mongo'
import { type Collection, type Db, MongoBulkWriteError } from 'mongodb'
import type { AuditItem } from '../domain/consequences.ts'

type AuditDocument = Omit<AuditItem, 'kind' | 'id'> & { _id: string; accountId: string }

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
  async page(accountId: string, limit: number, before?: number): Promise<AuditDocument[]> {
    return this.#audit
      .find({ accountId, ...(before !== undefined && { sequence: { $lt: before } }) })
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
