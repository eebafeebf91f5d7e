import { type Entry, type LogDocument, TICKET_STATUSES } from '@onus/workflows-contract'
import type { Collection, Db, Filter } from 'mongodb'
import type { ListScope } from '../domain/visibility.ts'
import { logKey, type TicketDocument, ticketKey } from './log.ts'
import { listFilter } from './tickets.ts'

/** What an export needs of a ticket's summary. */
export type ExportedTicket = Pick<TicketDocument, 'accountId' | 'ticketId' | 'number' | 'commandNumber'>

/** A ticket with its responsibility changes, oldest first. */
export interface TicketHistory {
  ticket: ExportedTicket
  changes: Entry[]
}

/** The place after the last log document of a page, in the order of their time. */
export interface LogPosition {
  at: string
  key: string
}

const EXPORTED = { accountId: 1, ticketId: 1, number: 1, commandNumber: 1 } as const
/** Log documents asked for at once. */
const DOCUMENTS_AT_ONCE = 500

const isChange = (entry: Entry): boolean => entry.type === 'responsibility.changed'

/** Reads the logs of many tickets, a part at a time: what it holds does not grow with what it reads. */
export class HistoryStore {
  readonly #tickets: Collection<TicketDocument>
  readonly #log: Collection<LogDocument>

  constructor(db: Db) {
    this.#tickets = db.collection('tickets')
    this.#log = db.collection('log')
  }

  /** Every ticket that the scope sees, in the order of their ids, with its changes of responsibility. */
  async *histories(accountId: string, scope: ListScope): AsyncGenerator<TicketHistory> {
    const tickets = this.#tickets
      .find(listFilter(accountId, scope, { statuses: TICKET_STATUSES }), { projection: EXPORTED })
      .sort({ _id: 1 })
      .batchSize(200)
    try {
      let batch: ExportedTicket[] = []
      let documents = 0
      for await (const ticket of tickets) {
        if (batch.length > 0 && documents + ticket.commandNumber + 1 > DOCUMENTS_AT_ONCE) {
          yield* this.#changesOf(batch)
          batch = []
          documents = 0
        }
        batch.push(ticket)
        documents += ticket.commandNumber + 1
      }
      yield* this.#changesOf(batch)
    } finally {
      await tickets.close()
    }
  }

  /** The changes of these tickets; one number more is asked for, in case a summary is behind its log. */
  async *#changesOf(batch: ExportedTicket[]): AsyncGenerator<TicketHistory> {
    const keys = batch.flatMap(({ accountId, ticketId, commandNumber }) =>
      Array.from({ length: commandNumber + 1 }, (_, i) => logKey(accountId, ticketId, i + 1)),
    )
    const changes = new Map<string, { commandNumber: number; entries: Entry[] }[]>()
    for (let at = 0; at < keys.length; at += DOCUMENTS_AT_ONCE) {
      const found = this.#log.find({ _id: { $in: keys.slice(at, at + DOCUMENTS_AT_ONCE) } })
      for await (const { ticketId, commandNumber, entries } of found) {
        const own = changes.get(ticketId) ?? []
        own.push({ commandNumber, entries: entries.filter(isChange) })
        changes.set(ticketId, own)
      }
    }
    for (const ticket of batch) {
      const own = (changes.get(ticket.ticketId) ?? []).sort((a, b) => a.commandNumber - b.commandNumber)
      yield { ticket, changes: own.flatMap(({ entries }) => entries) }
    }
  }

  /** One page of the account's log by time, and one document more than asked when there is more. */
  async log(
    accountId: string,
    range: { since: string; until: string },
    limit: number,
    after?: LogPosition,
  ): Promise<LogDocument[]> {
    const filter: Filter<LogDocument> = {
      accountId,
      at: { $gte: after?.at ?? range.since, $lt: range.until },
    }
    if (after) filter.$or = [{ at: { $gt: after.at } }, { _id: { $gt: after.key } }]
    return await this.#log
      .find(filter)
      .sort({ at: 1, _id: 1 })
      .limit(limit + 1)
      .toArray()
  }

  /** Numbers of tickets, as people call them, by id. */
  async numbers(accountId: string, ticketIds: string[]): Promise<Map<string, string>> {
    const keys = ticketIds.map((ticketId) => ticketKey(accountId, ticketId))
    const found = await this.#tickets
      .find({ _id: { $in: keys } }, { projection: { ticketId: 1, number: 1 } })
      .toArray()
    return new Map(found.map(({ ticketId, number }) => [ticketId, number]))
  }
}
