import { isDuplicateKey } from '@onus/kit/mongo'
import type { Collection, Db } from 'mongodb'
import { gathered } from './gathered.ts'

/** A value with the number of its writes; a write names the one that it saw. */
export interface Versioned<T> {
  id: string
  version: number
  value: T
}

/** Small values that several processes change, each of them whole. */
export interface Guarded<T> {
  /** Null where there is none. Reads that come together are one. */
  read(id: string): Promise<Versioned<T> | null>
  /** Puts a value in the place of this one, or of none; false when somebody was faster. */
  write(id: string, seen: Versioned<T> | null, value: T): Promise<boolean>
  /** False when it was gone already. */
  remove(id: string): Promise<boolean>
  /** The first of all, by id. */
  all(limit: number): Promise<Versioned<T>[]>
}

interface GuardedDocument<T> {
  _id: string
  version: number
  value: T
  /** What nobody has written for long is forgotten. */
  at: Date
}

const MOST_TOGETHER = 200

/** Guarded values in a collection of their own; it has an index that expires by `at`. */
export function createGuarded<T>(db: Db, collection: string): Guarded<T> {
  const documents: Collection<GuardedDocument<T>> = db.collection(collection)
  const plain = ({ _id, version, value }: GuardedDocument<T>): Versioned<T> => ({ id: _id, version, value })
  const read = gathered(MOST_TOGETHER, async (ids: string[]) => {
    const found = await documents.find({ _id: { $in: [...new Set(ids)] } }).toArray()
    const byId = new Map(found.map((document) => [document._id, plain(document as GuardedDocument<T>)]))
    return ids.map((id) => byId.get(id) ?? null)
  })
  return {
    read,
    async write(id, seen, value) {
      const document = { version: (seen?.version ?? 0) + 1, value, at: new Date() }
      if (seen) {
        const filter = { _id: id, version: seen.version } as object
        return (await documents.replaceOne(filter, document as never)).matchedCount === 1
      }
      try {
        await documents.insertOne({ _id: id, ...document } as never)
        return true
      } catch (error) {
        if (isDuplicateKey(error)) return false
        throw error
      }
    },
    remove: async (id) => (await documents.deleteOne({ _id: id } as object)).deletedCount === 1,
    async all(limit) {
      const found = await documents.find({}).sort({ _id: 1 }).limit(limit).toArray()
      return found.map((document) => plain(document as GuardedDocument<T>))
    },
  }
}
