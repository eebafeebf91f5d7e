import type { Collection, Db } from 'mongodb'

interface CounterDocument {
  /** The account. */
  _id: string
  number: number
}

/** Counts the tickets of an account. A number is given once; one that is not used leaves a gap. */
export class CounterStore {
  readonly #counters: Collection<CounterDocument>

  constructor(db: Db) {
    this.#counters = db.collection<CounterDocument>('counters')
  }

  async next(accountId: string): Promise<string> {
    const counter = await this.#counters.findOneAndUpdate(
      { _id: accountId },
      { $inc: { number: 1 } },
      { upsert: true, returnDocument: 'after' },
    )
    return String(counter?.number ?? 1)
  }
}
