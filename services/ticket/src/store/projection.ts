import type { LogDocument } from '@onus/workflows-contract'
import type { Collection, Db, Filter } from 'mongodb'
import { logKey, type TicketDocument, ticketKey } from './log.ts'

export interface TicketPlace {
  accountId: string
  ticketId: string
}

/**
 * All tickets that the store knows of, in the order of their keys. By `_id` alone, and through everything:
 * this is for comparing and rebuilding, which reads it all anyway.
 */
export class ProjectionStore {
  readonly #log: Collection<LogDocument>
  readonly #tickets: Collection<TicketDocument>

  constructor(db: Db) {
    this.#log = db.collection('log')
    this.#tickets = db.collection('tickets')
  }

  /** Tickets whose log has a beginning; `after` and `key` are the keys of their first log documents. */
  async begun(
    accountId: string | undefined,
    after: string | undefined,
    limit: number,
  ): Promise<(TicketPlace & { key: string })[]> {
    const found = await this.#log
      .find({ ...keysOf<LogDocument>(accountId, after), commandNumber: 1 })
      .project<LogDocument>({ accountId: 1, ticketId: 1 })
      .sort({ _id: 1 })
      .limit(limit)
      .toArray()
    return found.map(({ _id: key, accountId, ticketId }) => ({ key, accountId, ticketId }))
  }

  /** Summaries of tickets, whether or not there is a log; of some of them there should be one. */
  async summarized(
    accountId: string | undefined,
    after: string | undefined,
    limit: number,
  ): Promise<(TicketPlace & { key: string; sequence: number; logged: boolean })[]> {
    const found = await this.#tickets
      .find(keysOf<TicketDocument>(accountId, after))
      .project<TicketDocument>({ accountId: 1, ticketId: 1, sequence: 1 })
      .sort({ _id: 1 })
      .limit(limit)
      .toArray()
    const firsts = found
      .filter(({ sequence }) => sequence > 0)
      .map(({ accountId, ticketId }) => logKey(accountId, ticketId, 1))
    const logged = new Set(
      (
        await this.#log
          .find({ _id: { $in: firsts } })
          .project<LogDocument>({ _id: 1 })
          .toArray()
      ).map(({ _id }) => _id),
    )
    return found.map(({ _id: key, accountId, ticketId, sequence }) => ({
      ...{ key, accountId, ticketId, sequence },
      logged: sequence === 0 || logged.has(logKey(accountId, ticketId, 1)),
    }))
  }

  /** Writes a summary in the place of the one that was seen, whichever of the two is newer. */
  async replace(
    place: TicketPlace,
    seen: number | undefined,
    summary: Partial<TicketDocument>,
  ): Promise<boolean> {
    const _id = ticketKey(place.accountId, place.ticketId)
    const seed = { subject: '', contact: { id: '' }, search: '', subjectKey: '' }
    const { matchedCount, upsertedCount } = await this.#tickets.updateOne(
      { _id, ...(seen === undefined ? {} : { sequence: seen }) },
      { $set: summary, ...(seen === undefined && { $setOnInsert: seed }) },
      { upsert: seen === undefined },
    )
    return matchedCount + upsertedCount > 0
  }
}

/** Keys of one account lie together: they begin with its id and a colon. */
function keysOf<T>(accountId: string | undefined, after: string | undefined): Filter<T> {
  const from = after ?? (accountId === undefined ? undefined : `${accountId}:`)
  const range = {
    ...(from !== undefined && { $gt: from }),
    ...(accountId !== undefined && { $lt: `${accountId};` }),
  }
  return (Object.keys(range).length > 0 ? { _id: range } : {}) as Filter<T>
}
