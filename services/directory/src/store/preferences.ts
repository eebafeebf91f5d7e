import type { Collection, Db } from 'mongodb'
import type { StoredPreferences } from '../domain/preferences.ts'

/** What agents chose, one document for each who did. */
export class PreferenceStore {
  readonly #preferences: Collection<StoredPreferences & { _id: string }>

  constructor(db: Db) {
    this.#preferences = db.collection('preferences')
  }

  async find(accountId: string, agentId: string): Promise<StoredPreferences | null> {
    return this.#preferences.findOne({ _id: `${accountId}:${agentId}` })
  }

  /** Those that were ever saved, by agent id. */
  async findMany(accountId: string, agentIds: readonly string[]): Promise<Map<string, StoredPreferences>> {
    if (!agentIds.length) return new Map()
    const ids = agentIds.map((agentId) => `${accountId}:${agentId}`)
    const found = await this.#preferences.find({ _id: { $in: ids } }).toArray()
    return new Map(found.map((each) => [each._id.slice(accountId.length + 1), each]))
  }

  async save(accountId: string, agentId: string, preferences: StoredPreferences): Promise<void> {
    await this.#preferences.replaceOne({ _id: `${accountId}:${agentId}` }, preferences, { upsert: true })
  }
}
