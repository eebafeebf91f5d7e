import type { Collection, Db } from 'mongodb'

interface AttemptDocument {
  /** `<accountId>:<commandId>:<n>` */
  _id: string
  ticketId: string
  at: Date
}

/**
 * Which ticket the n-th try of one "next" command went for. Whoever writes it first decides, so that a
 * repeat of the command, even at the same time, tries the same tickets and gets the same one.
 */
export class NextAttemptStore {
  readonly #attempts: Collection<AttemptDocument>

  constructor(db: Db) {
    this.#attempts = db.collection<AttemptDocument>('next_attempts')
  }

  async find(accountId: string, commandId: string, n: number): Promise<string | null> {
    const found = await this.#attempts.findOne({ _id: `${accountId}:${commandId}:${n}` })
    return found?.ticketId ?? null
  }

  /** The ticket of this try: the given one, or the one that was written before. */
  async settle(accountId: string, commandId: string, n: number, ticketId: string, at: Date): Promise<string> {
    const _id = `${accountId}:${commandId}:${n}`
    await this.#attempts.updateOne({ _id }, { $setOnInsert: { _id, ticketId, at } }, { upsert: true })
    return (await this.find(accountId, commandId, n)) ?? ticketId
  }
}
