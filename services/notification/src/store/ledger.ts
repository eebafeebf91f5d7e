import type { Collection, Db } from 'mongodb'
import type { Notice } from '../domain/notice.ts'

/** A place in a list: the last item's time and id. */
export interface Place {
  at: string
  id: string
}

/** The ledger of notices. One line is changed by one writer at a time. */
export interface Ledger {
  /** Adds those that are new; a line that is there stays what it is. */
  add(notices: readonly Notice[]): Promise<void>
  find(ids: readonly string[]): Promise<Notice[]>
  /** Null for another account's line too. */
  get(accountId: string, id: string): Promise<Notice | null>
  /**
   * Puts `next(line)` in the line's place, asking again when somebody was faster; writes nothing when it
   * gives the same object back. Null when there is no such line.
   */
  change(accountId: string, id: string, next: (notice: Notice) => Notice): Promise<Notice | null>
  /** Forgets what was published, unless a newer change came meanwhile: that one is published with it. */
  published(notices: readonly { id: string; changes: number }[]): Promise<void>
  /** What an agent is told of, newest first. */
  ofAgent(accountId: string, agentId: string, limit: number, after?: Place): Promise<Notice[]>
  /** All lines of a ticket, oldest first. */
  ofTicket(accountId: string, ticketId: string, limit: number, after?: Place): Promise<Notice[]>
}

interface NoticeDocument extends Omit<Notice, 'id' | 'recipient'> {
  _id: string
  agentId: string
  /** Counts the writes; a write names the one that it saw. */
  version: number
}

const MOST_TRIES = 20
const DUPLICATE_KEY = 11000

/** The ledger in MongoDB. Lists are the query shapes `noticesOfAgent` and `noticesOfTicket`. */
export function createLedger(db: Db): Ledger {
  const notices: Collection<NoticeDocument> = db.collection('notices')

  const get = async (accountId: string, id: string) => {
    const document = await notices.findOne({ _id: id })
    return document && document.accountId === accountId ? document : null
  }

  return {
    async add(lines) {
      if (!lines.length) return
      try {
        await notices.insertMany(
          lines.map((line) => toDocument(line, 1)),
          { ordered: false },
        )
      } catch (error) {
        if (!onlyDuplicates(error)) throw error
      }
    },
    async find(ids) {
      if (!ids.length) return []
      const documents = await notices.find({ _id: { $in: [...ids] } }).toArray()
      return documents.map(toNotice)
    },
    async get(accountId, id) {
      const document = await get(accountId, id)
      return document && toNotice(document)
    },
    async change(accountId, id, next) {
      for (let tries = 0; tries < MOST_TRIES; tries++) {
        const document = await get(accountId, id)
        if (!document) return null
        const before = toNotice(document)
        const after = next(before)
        if (after === before) return before
        const { version } = document
        const { matchedCount } = await notices.replaceOne(
          { _id: id, version },
          toDocument(after, version + 1),
        )
        if (matchedCount === 1) return after
      }
      throw new Error(`The notice ${id} is changed by too many at once`)
    },
    async published(lines) {
      const byChanges = Map.groupBy(lines, (line) => line.changes)
      for (const [changes, group] of byChanges)
        await notices.updateMany(
          { _id: { $in: group.map(({ id }) => id) }, changes },
          { $set: { outbox: [] } },
        )
    },
    async ofAgent(accountId, agentId, limit, after) {
      const older = after
        ? { $or: [{ createdAt: { $lt: after.at } }, { createdAt: after.at, _id: { $lt: after.id } }] }
        : {}
      const documents = await notices
        .find({ accountId, agentId, listed: true, ...older })
        .sort({ createdAt: -1, _id: -1 })
        .limit(limit)
        .toArray()
      return documents.map(toNotice)
    },
    async ofTicket(accountId, ticketId, limit, after) {
      const newer = after
        ? { $or: [{ createdAt: { $gt: after.at } }, { createdAt: after.at, _id: { $gt: after.id } }] }
        : {}
      const documents = await notices
        .find({ accountId, ticketId, ...newer })
        .sort({ createdAt: 1, _id: 1 })
        .limit(limit)
        .toArray()
      return documents.map(toNotice)
    },
  }
}

function toDocument(notice: Notice, version: number): NoticeDocument {
  const { id, recipient, ...rest } = notice
  return { _id: id, agentId: recipient.agentId, version, ...rest }
}

function toNotice(document: NoticeDocument): Notice {
  const { _id, agentId, version: _version, ...rest } = document
  return { id: _id, recipient: { agentId }, ...rest }
}

/** True when nothing but "it is there already" went wrong. */
function onlyDuplicates(error: unknown): boolean {
  const { code, writeErrors } = error as {
    code?: number
    writeErrors?: { code: number }[] | { code: number }
  }
  const errors = writeErrors === undefined ? [] : [writeErrors].flat()
  return errors.length ? errors.every((each) => each.code === DUPLICATE_KEY) : code === DUPLICATE_KEY
}
