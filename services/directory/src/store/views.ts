import { isDuplicateKey } from '@onus/kit/mongo'
import type { Collection, Db } from 'mongodb'
import type { SavedView } from '../domain/views.ts'

interface StoredViews {
  /** `<accountId>:<agentId>` */
  _id: string
  version: number
  items: SavedView[]
}

/** Agents' saved views, one document for each who has any. */
export class ViewStore {
  readonly #views: Collection<StoredViews>

  constructor(db: Db) {
    this.#views = db.collection('views')
  }

  async find(accountId: string, agentId: string): Promise<{ items: SavedView[]; version: number }> {
    const found = await this.#views.findOne({ _id: `${accountId}:${agentId}` })
    return { items: found?.items ?? [], version: found?.version ?? 0 }
  }

  /** Puts the next version in the place of the one that was read; false when another was faster. */
  async replace(accountId: string, agentId: string, read: number, items: SavedView[]): Promise<boolean> {
    const _id = `${accountId}:${agentId}`
    const next = { version: read + 1, items }
    if (read > 0) return (await this.#views.replaceOne({ _id, version: read }, next)).matchedCount === 1
    try {
      await this.#views.insertOne({ _id, ...next })
      return true
    } catch (error) {
      if (isDuplicateKey(error)) return false
      throw error
    }
  }
}
