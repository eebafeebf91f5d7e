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

  async save(accountId: string, agentId: string, preferences: StoredPreferences): Promise<void> {
    await this.#preferences.replaceOne({ _id: `${accountId}:${agentId}` }, preferences, { upsert: true })
  }
}
