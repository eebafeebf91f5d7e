import type { Clock } from '@onus/kit/clock'
import { newId } from '@onus/kit/ids'
import { isDuplicateKey } from '@onus/kit/mongo'
import type { Collection, Db } from 'mongodb'

interface LeaseDocument {
  _id: string
  owner: string
  until: Date
}

/** How long a process that died keeps others from its work. */
const LEASE_MS = 30_000

/** Lets one process at a time work on something, so that what it sends is in order. */
export class Leases {
  readonly #leases: Collection<LeaseDocument>
  readonly #clock: Clock
  readonly #owner = newId()

  constructor(db: Db, clock: Clock) {
    this.#leases = db.collection<LeaseDocument>('leases')
    this.#clock = clock
  }

  /** Takes or keeps it; false while another process has it. */
  async acquire(name: string): Promise<boolean> {
    const now = this.#clock()
    const lease = { owner: this.#owner, until: new Date(now.getTime() + LEASE_MS) }
    const { matchedCount } = await this.#leases.updateOne(
      { _id: name, $or: [{ owner: this.#owner }, { until: { $lt: now } }] },
      { $set: lease },
    )
    if (matchedCount === 1) return true
    try {
      await this.#leases.insertOne({ _id: name, ...lease })
      return true
    } catch (error) {
      if (isDuplicateKey(error)) return false
      throw error
    }
  }

  async release(name: string): Promise<void> {
    await this.#leases.deleteOne({ _id: name, owner: this.#owner })
  }
}
