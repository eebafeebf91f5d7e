import type { Entry } from '@onus/workflows-contract'
import type { AnyBulkWriteOperation, Collection, Db } from 'mongodb'
import type { PastTicket } from '../domain/dry-run/past.ts'

/** One entry of one ticket's timeline, as an event told it. */
export interface PastEntry {
  accountId: string
  ticketId: string
  entry: Entry
}

interface HistoryDocument {
  /** `<accountId>:<ticketId>` */
  _id: string
  accountId: string
  ticketId: string
  /** Absent until the ticket's first event has come. */
  createdAt?: string
  /** When something last happened: the history is kept for so long after it. */
  lastAt: Date
  /** Entries by their sequence, so that an event that comes again changes nothing. */
  entries: Record<string, Entry>
}

/** Where a page ends: tickets are read newest first. */
export interface Place {
  createdAt: string
  ticketId: string
}

/** Entries of one ticket that are kept; whatever comes after makes no document too large. */
const MAX_SEQUENCE = 5000
const PLACES_AT_ONCE = 2000
/** So many take a store no longer than others can wait. */
const WRITES_AT_ONCE = 100

/**
 * The past of tickets, as far as rules can be tried on it: one document for a ticket, made from its events.
 * Events carry no text of the conversation and no addresses, so neither does this.
 */
export class HistoryStore {
  readonly #history: Collection<HistoryDocument>

  constructor(db: Db) {
    this.#history = db.collection<HistoryDocument>('history')
  }

  /** Adds entries; one that is there already stays as it is. */
  async add(past: readonly PastEntry[]): Promise<void> {
    const writes = [...Map.groupBy(past, ({ accountId, ticketId }) => idOf(accountId, ticketId))].flatMap(
      ([_id, entries]) => writeOf(_id, entries) ?? [],
    )
    for (let at = 0; at < writes.length; at += WRITES_AT_ONCE)
      await this.#history.bulkWrite(writes.slice(at, at + WRITES_AT_ONCE), { ordered: false })
  }

  /**
   * The tickets that were created in a period, the newest first, after a place, and at most so many, without
   * their entries. They are read in short questions, so that a store that answers one after the other has time
   * for others' too.
   */
  async places(
    accountId: string,
    period: { since: string; until: string; limit: number; after?: Place },
  ): Promise<Place[]> {
    const { since, until, limit } = period
    const places: Place[] = []
    for (let after = period.after; places.length < limit; after = places.at(-1)) {
      const page = await this.#history
        .find(
          {
            accountId,
            createdAt: { $gte: since, $lt: until },
            ...(after && {
              $and: [
                { createdAt: { $lte: after.createdAt } },
                {
                  $or: [
                    { createdAt: { $lt: after.createdAt } },
                    { createdAt: after.createdAt, ticketId: { $lt: after.ticketId } },
                  ],
                },
              ],
            }),
          },
          { projection: { _id: 0, ticketId: 1, createdAt: 1 } },
        )
        .sort({ createdAt: -1, ticketId: -1 })
        .limit(Math.min(PLACES_AT_ONCE, limit - places.length))
        .toArray()
      for (const { ticketId, createdAt } of page) places.push({ ticketId, createdAt: createdAt! })
      if (page.length < PLACES_AT_ONCE) return places
    }
    return places
  }

  /** Tickets in the order of their ids, with their entries in order. */
  async tickets(accountId: string, ticketIds: readonly string[]): Promise<PastTicket[]> {
    const _id = { $in: ticketIds.map((ticketId) => idOf(accountId, ticketId)) }
    const found = await this.#history.find({ _id }).toArray()
    const entries = new Map(found.map((ticket) => [ticket.ticketId, ticket.entries]))
    return ticketIds.flatMap((ticketId) => {
      const known = entries.get(ticketId)
      if (!known) return []
      const inOrder = Object.values(known).sort((a, b) => a.sequence - b.sequence)
      return [{ accountId, ticketId, entries: inOrder }]
    })
  }

  async count(accountId: string): Promise<number> {
    return await this.#history.countDocuments({ accountId })
  }
}

const idOf = (accountId: string, ticketId: string): string => `${accountId}:${ticketId}`

function writeOf(_id: string, past: readonly PastEntry[]): AnyBulkWriteOperation<HistoryDocument> | null {
  const kept = past.filter(({ entry }) => entry.sequence <= MAX_SEQUENCE)
  const [first] = kept
  if (!first) return null
  const { accountId, ticketId } = first
  const created = kept.find(({ entry }) => entry.type === 'created')
  const lastAt = new Date(Math.max(...kept.map(({ entry }) => Date.parse(entry.at))))
  const $set = {
    accountId,
    ticketId,
    lastAt,
    ...(created && { createdAt: created.entry.at }),
    ...Object.fromEntries(kept.map(({ entry }) => [`entries.${entry.sequence}`, slim(entry)])),
  }
  return { updateOne: { filter: { _id }, update: { $set }, upsert: true } }
}

/** Without names, and without what no rule asks for. */
function slim({ sequence, at, type, actor, cause, from, to, revision, details }: Entry): Entry {
  const { candidates, notify, ...kept } = details ?? {}
  return {
    sequence,
    at,
    type,
    actor: { type: actor.type, ...(actor.id !== undefined && { id: actor.id }) },
    cause,
    ...(from !== undefined && { from }),
    ...(to !== undefined && { to }),
    ...(revision !== undefined && { revision }),
    ...(Object.keys(kept).length > 0 && { details: kept }),
  }
}
