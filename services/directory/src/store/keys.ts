import { isDuplicateKey } from '@onus/kit/mongo'
import type { Collection, Db } from 'mongodb'

/** Which key of which account a secret is; whether the key is still good, the account says. */
export interface KeyPointer {
  accountId: string
  keyId: string
}

const CACHED = 20_000

/** Secrets by their hash. A pointer never changes, so one that was found is remembered. */
export class KeyStore {
  readonly #keys: Collection<KeyPointer & { _id: string }>
  readonly #cache = new Map<string, KeyPointer>()

  constructor(db: Db) {
    this.#keys = db.collection('api_keys')
  }

  async find(hash: string): Promise<KeyPointer | null> {
    const known = this.#cache.get(hash)
    if (known) return known
    const found = await this.#keys.findOne({ _id: hash })
    if (!found) return null
    if (this.#cache.size >= CACHED) this.#cache.clear()
    const { accountId, keyId } = found
    this.#cache.set(hash, { accountId, keyId })
    return { accountId, keyId }
  }

  /** Written before the account knows the key: a pointer to no key opens nothing. */
  async add(hash: string, pointer: KeyPointer): Promise<void> {
    try {
      await this.#keys.insertOne({ _id: hash, ...pointer })
    } catch (error) {
      if (!isDuplicateKey(error)) throw error
    }
  }
}
