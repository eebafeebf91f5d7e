import { isDuplicateKey } from '@onus/kit/mongo'
import type { Collection, Db } from 'mongodb'
import type { SavedView } from '../domain/views.ts'

interface StoredViews {
  /** `<accountId>:<agentId>` or `<accountId>:department:<departmentId>` */
  _id: string
  version: number
  items: SavedView[]
}

/** Where the views are that a department shares. */
export const sharedViews = (departmentId: string): string => `department:${departmentId}`

/** Saved views, one document for each agent and department who has any. */
export class ViewStore {
  readonly #views: Collection<StoredViews>

  constructor(db: Db) {
    this.#views = db.collection('views')
  }

  /** @param of the agent, or {@link sharedViews} of a department */
  async find(accountId: string, of: string): Promise<{ items: SavedView[]; version: number }> {
    const found = await this.#views.findOne({ _id: `${accountId}:${of}` })
    return { items: found?.items ?? [], version: found?.version ?? 0 }
  }

  /** Those of them that there are. */
  async findMany(
    accountId: string,
    of: readonly string[],
  ): Promise<Map<string, { items: SavedView[]; version: number }>> {
    if (of.length === 0) return new Map()
    const found = await this.#views.find({ _id: { $in: of.map((each) => `${accountId}:${each}`) } }).toArray()
    return new Map(
      found.map(({ _id, items, version }) => [_id.slice(accountId.length + 1), { items, version }]),
    )
  }

  /** Puts the next version in the place of the one that was read; false when another was faster. */
  async replace(accountId: string, of: string, read: number, items: SavedView[]): Promise<boolean> {
    const _id = `${accountId}:${of}`
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
