import { randomUUID } from 'node:crypto'
import type { AnyBulkWriteOperation, Collection, Db } from 'mongodb'
import type { Notice } from '../domain/notice.ts'
import { gathered } from './gathered.ts'

/** A place in a list: the last item's time and id. */
export interface Place {
  at: string
  id: string
}

/** Which lines of an account. */
export interface LedgerFilter {
  state?: string | undefined
  channel?: string | undefined
  agentId?: string | undefined
}

/** The ledger of notices. One line is changed by one writer at a time. */
export interface Ledger {
  /** Adds those that are new; a line that is there stays what it is. True when all were new. */
  add(notices: readonly Notice[]): Promise<boolean>
  find(ids: readonly string[]): Promise<Notice[]>
  /** Null for another account's line too. */
  get(accountId: string, id: string): Promise<Notice | null>
  /**
   * Puts `next(line)` in the line's place, asking again when somebody was faster; writes nothing when it
   * gives the same object back. Null when there is no such line. Changes that come together are written
   * together.
   */
  change(accountId: string, id: string, next: (notice: Notice) => Notice): Promise<Notice | null>
  /**
   * Forgets what was published, unless a newer change came meanwhile: that one is published with it. A line
   * that will change again soon forgets it then, so that nothing is written for it alone.
   */
  published(notices: readonly Notice[]): Promise<void>
  /** What an agent is told of, newest first. */
  ofAgent(accountId: string, agentId: string, limit: number, after?: Place): Promise<Notice[]>
  /** All lines of a ticket, oldest first. */
  ofTicket(accountId: string, ticketId: string, limit: number, after?: Place): Promise<Notice[]>
  /** Lines of an account, newest first. */
  ofAccount(accountId: string, filter: LedgerFilter, limit: number, after?: Place): Promise<Notice[]>
}

interface NoticeDocument extends Omit<Notice, 'id' | 'recipient'> {
  _id: string
  agentId: string
  /** Every filter of the account's list that this line passes; one index serves them all. */
  facets: string[]
  /** Counts the writes; a write names the one that it saw. */
  version: number
  /** Who wrote it last: tells a writer of many lines which of them it got. */
  writer: string
}

interface Change {
  accountId: string
  id: string
  next(notice: Notice): Notice
}

const MOST_TRIES = 20
const MOST_TOGETHER = 200
/** Lines of which this process knows that Kafka has them. */
const MOST_REMEMBERED = 10_000
const DUPLICATE_KEY = 11000

/** The ledger in MongoDB. Its lists are the query shapes `notices...`. */
export function createLedger(db: Db): Ledger {
  const notices: Collection<NoticeDocument> = db.collection('notices')
  /** The last change of a line that Kafka has, where its outbox was not emptied for it. */
  const acknowledged = new Map<string, number>()

  const findAll = async (ids: readonly string[]): Promise<Map<string, NoticeDocument>> => {
    const documents = await notices.find({ _id: { $in: [...new Set(ids)] } }).toArray()
    return new Map(documents.map((document) => [document._id, document]))
  }

  /** The line without what is known to be published. */
  function current(document: NoticeDocument): Notice {
    const notice = toNotice(document)
    const upTo = acknowledged.get(notice.id) ?? 0
    return upTo ? { ...notice, outbox: notice.outbox.filter(({ sequence }) => sequence > upTo) } : notice
  }

  /** One try at many changes; those that somebody else was faster with are given back as undefined. */
  async function tryChanges(changes: readonly Change[]): Promise<(Notice | null | undefined)[]> {
    const documents = await findAll(changes.map(({ id }) => id))
    const writer = randomUUID()
    const lines = new Map<string, Notice>()
    const results = changes.map(({ accountId, id, next }) => {
      const document = documents.get(id)
      if (document?.accountId !== accountId) return null
      const before = lines.get(id) ?? current(document)
      const after = next(before)
      if (after !== before) lines.set(id, after)
      return after
    })
    if (!lines.size) return results
    const writes = [...lines].map(([id, line]): AnyBulkWriteOperation<NoticeDocument> => {
      const { version } = documents.get(id)!
      return {
        replaceOne: { filter: { _id: id, version }, replacement: toDocument(line, version + 1, writer) },
      }
    })
    const { matchedCount } = await notices.bulkWrite(writes, { ordered: false })
    const lost = matchedCount < writes.length ? await lostLines([...lines.keys()], writer) : new Set()
    for (const id of lines.keys()) if (!lost.has(id)) acknowledged.delete(id)
    return results.map((result) => (result && lost.has(result.id) ? undefined : result))
  }

  /** Those that somebody else has written. */
  async function lostLines(ids: readonly string[], writer: string): Promise<Set<string>> {
    const now = await findAll(ids)
    return new Set(ids.filter((id) => now.get(id)?.writer !== writer))
  }

  const read = gathered(MOST_TOGETHER, async (ids: string[]) => {
    const documents = await findAll(ids)
    return ids.map((id) => documents.get(id))
  })

  const change = gathered(MOST_TOGETHER, async (changes: Change[]) => {
    const results = new Map<Change, Notice | null>()
    let left = changes
    for (let tries = 0; left.length; tries++) {
      if (tries >= MOST_TRIES) throw new Error(`The notice ${left[0]?.id} is changed by too many at once`)
      const tried = await tryChanges(left)
      for (const [index, each] of left.entries()) {
        const result = tried[index]
        if (result !== undefined) results.set(each, result)
      }
      left = left.filter((each) => !results.has(each))
    }
    return changes.map((each) => results.get(each) ?? null)
  })

  const empty = gathered(MOST_TOGETHER, async (lines: { id: string; changes: number }[]) => {
    for (const [changes, group] of Map.groupBy(lines, (line) => line.changes))
      await notices.updateMany({ _id: { $in: group.map(({ id }) => id) }, changes }, { $set: { outbox: [] } })
    return lines
  })

  function remember({ id, changes }: Notice): void {
    acknowledged.delete(id)
    acknowledged.set(id, changes)
    const oldest = acknowledged.keys().next().value
    if (acknowledged.size > MOST_REMEMBERED && oldest !== undefined) acknowledged.delete(oldest)
  }

  async function page(
    filter: object,
    direction: 1 | -1,
    limit: number,
    after: Place | undefined,
  ): Promise<Notice[]> {
    const beyond = direction === 1 ? '$gt' : '$lt'
    const further = after && {
      $or: [{ createdAt: { [beyond]: after.at } }, { createdAt: after.at, _id: { [beyond]: after.id } }],
    }
    const documents = await notices
      .find({ ...filter, ...further })
      .sort({ createdAt: direction, _id: direction })
      .limit(limit)
      .toArray()
    return documents.map(toNotice)
  }

  return {
    async add(lines) {
      if (!lines.length) return true
      const writer = randomUUID()
      try {
        await notices.insertMany(
          lines.map((line) => toDocument(line, 1, writer)),
          { ordered: false },
        )
        return true
      } catch (error) {
        if (!onlyDuplicates(error)) throw error
        return false
      }
    },
    async find(ids) {
      if (!ids.length) return []
      const documents = await findAll(ids)
      return [...documents.values()].map(toNotice)
    },
    async get(accountId, id) {
      const document = await read(id)
      return document?.accountId === accountId ? toNotice(document) : null
    },
    change: (accountId, id, next) => change({ accountId, id, next }),
    async published(lines) {
      const done = lines.filter(isAtRest)
      for (const line of lines) if (!isAtRest(line)) remember(line)
      await Promise.all(done.map(({ id, changes }) => empty({ id, changes })))
    },
    ofAgent: (accountId, agentId, limit, after) =>
      page({ accountId, agentId, listed: true }, -1, limit, after),
    ofTicket: (accountId, ticketId, limit, after) => page({ accountId, ticketId }, 1, limit, after),
    ofAccount: (accountId, filter, limit, after) =>
      page({ accountId, facets: facetOf(filter) }, -1, limit, after),
  }
}

/** Nothing will change it by itself any more. */
const isAtRest = ({ round, doneRound }: Notice): boolean => doneRound >= round

const FACETS = ['state', 'channel', 'agentId'] as const

const facetOf = (filter: LedgerFilter): string =>
  FACETS.flatMap((name) => (filter[name] === undefined ? [] : `${name}=${filter[name]}`)).join(' ')

/** Every combination of a line's own values: eight, of which the first is everything. */
function facetsOf({ state, channel, recipient: { agentId } }: Notice): string[] {
  const own: LedgerFilter = { state, channel, agentId }
  return Array.from({ length: 2 ** FACETS.length }, (_, bits) =>
    facetOf(Object.fromEntries(FACETS.filter((__, at) => bits & (1 << at)).map((name) => [name, own[name]]))),
  )
}

function toDocument(notice: Notice, version: number, writer: string): NoticeDocument {
  const { id, recipient, ...rest } = notice
  return { _id: id, agentId: recipient.agentId, facets: facetsOf(notice), version, writer, ...rest }
}

function toNotice(document: NoticeDocument): Notice {
  const { _id, agentId, facets: _facets, version: _version, writer: _writer, ...rest } = document
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
