import type { Collection, Db } from 'mongodb'
import type { TicketDocument } from '../../store/log.ts'

/** Finds a ticket by the number that people see. */
export class TicketNumbers {
  readonly #tickets: Collection<TicketDocument>

  constructor(db: Db) {
    this.#tickets = db.collection<TicketDocument>('tickets')
  }

  async find(accountId: string, number: string): Promise<string | null> {
    const ticket = await this.#tickets.findOne({ accountId, number }, { projection: { ticketId: 1 } })
    return ticket?.ticketId ?? null
  }
}
