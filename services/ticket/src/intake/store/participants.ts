import type { Collection, Db } from 'mongodb'

interface ParticipantDocument {
  /** `<accountId>:<ticketId>:<lower-case address>` */
  _id: string
  accountId: string
  ticketId: string
}

/** Of one mail; who writes to more people sends a circular. */
const MOST = 100

/** Who takes part in a ticket by mail, besides its contact: sender and recipients of the mails in it. */
export class ParticipantStore {
  readonly #participants: Collection<ParticipantDocument>

  constructor(db: Db) {
    this.#participants = db.collection<ParticipantDocument>('ticket_participants')
  }

  async add(accountId: string, ticketId: string, addresses: readonly string[]): Promise<void> {
    const keys = [...new Set(addresses.map((address) => key(accountId, ticketId, address)))].slice(0, MOST)
    if (keys.length === 0) return
    const known = await this.#participants.find({ _id: { $in: keys } }).toArray()
    const there = new Set(known.map(({ _id }) => _id))
    for (const _id of keys) {
      if (there.has(_id)) continue
      await this.#participants.updateOne(
        { _id },
        { $setOnInsert: { _id, accountId, ticketId } },
        { upsert: true },
      )
    }
  }

  async has(accountId: string, ticketId: string, address: string): Promise<boolean> {
    return (await this.#participants.findOne({ _id: key(accountId, ticketId, address) })) !== null
  }
}

const key = (accountId: string, ticketId: string, address: string): string =>
  `${accountId}:${ticketId}:${address.toLowerCase()}`
