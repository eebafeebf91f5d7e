import type {
  Channel,
  Deadlines,
  LogDocument,
  Priority,
  Responsibility,
  TicketState,
  TicketStatus,
} from '@onus/workflows-contract'
import { awaitedBy } from '@onus/workflows-ticket/domain/waiting'
import type { Collection, Db } from 'mongodb'
import { toSolveKey } from '../domain/to-solve.ts'

/**
 * The ticket's log and the summary that is derived from it. The log decides: the unique `_id` of its
 * documents is the only concurrency control there is. The summary is what lists read; one that is behind
 * is put right by the next command, or by the repeat of the one that could not write it.
 */

/** `_id` of a ticket's summary. */
export const ticketKey = (accountId: string, ticketId: string): string => `${accountId}:${ticketId}`

/** `_id` of one command's log document. */
export const logKey = (accountId: string, ticketId: string, commandNumber: number): string =>
  `${accountId}:${ticketId}:${commandNumber}`

const MAX_SUBJECT_KEY = 100

/** Subjects in an order that people expect: neither case nor accents decide. */
export const subjectKey = (subject: string): string =>
  subject.normalize('NFKD').replace(/\p{M}/gu, '').trim().toLowerCase().slice(0, MAX_SUBJECT_KEY)

/** Rank of a priority in lists; higher comes first. */
export const PRIORITY_RANK: Record<Priority, number> = { low: 0, normal: 1, high: 2, urgent: 3 }

/**
 * What no command carries because it is the customer's: written by the API before it sends `create`.
 * A seed has no `accountId`, so no list finds it before the log has its ticket.
 */
export interface TicketSeed {
  subject: string
  contact: { id: string; email?: string; name?: string }
  /** Lower-case text that `?q=` looks in. */
  search: string
  /** Words that `?q=` finds it by, with their beginnings. */
  terms?: string[]
  /** What lists by subject are in the order of. */
  subjectKey?: string
}

/** A document of the collection `tickets`: the seed and, once the log has the ticket, everything else. */
export interface TicketDocument extends TicketSeed {
  /** `<accountId>:<ticketId>` */
  _id: string
  accountId: string
  ticketId: string
  number: string
  channel: Channel
  status: TicketStatus
  priority: Priority
  priorityRank: number
  tags: string[]
  fields: Record<string, unknown>
  contactId: string
  departmentId: string
  agentId: string | null
  responsibility: Responsibility
  createdAt: string
  updatedAt: string
  /** When it has to be done, or else when the claim timeout of an unclaimed ticket is due. */
  dueAt: string | null
  postponedUntil: string | null
  claimClock: { warnAt?: string; dueAt?: string; then: string } | null
  waitingSince: string | null
  unclaimedSince: string | null
  /** Why the department's distribution found nobody, in one word; null: it did not, or somebody has it. */
  noEligibleAgent: string | null
  /** What it waits for a distribution with; see `domain/waiting`. */
  awaits: string | null
  /** Ascending, it is the order of To solve. */
  toSolveKey: string
  /** Last entry's sequence and last log document's number. A seed has 0. */
  sequence: number
  commandNumber: number
  /** The workflow's state at `sequence`: a new run starts from here. */
  state: TicketState
  deadlines: Deadlines
  /** What figures counted of it; see `insight/measures`. */
  marks?: string[]
}

export interface TicketLog {
  /** Keeps what the customer gave, before the ticket exists. The first one stays. */
  seed(accountId: string, ticketId: string, seed: TicketSeed): Promise<void>
  /** Appends one command. False: that number is taken, by another command or by this one's first try. */
  append(document: LogDocument): Promise<boolean>
  /** The documents `from` to `to` (both included) that exist, in order. */
  read(accountId: string, ticketId: string, from: number, to: number): Promise<LogDocument[]>
  /** All documents from a number on, in order. */
  readFrom(accountId: string, ticketId: string, from: number): Promise<LogDocument[]>
  /** Writes the summary, unless there is a newer one, and adds marks to those that it has. */
  summarize(state: TicketState, deadlines: Deadlines, marks?: readonly string[]): Promise<void>
  /** The summary; null when there is none, or a seed only. */
  summary(accountId: string, ticketId: string): Promise<TicketDocument | null>
}

const DUPLICATE_KEY = 11000
const isDuplicateKey = (error: unknown): boolean =>
  typeof error === 'object' && error !== null && 'code' in error && error.code === DUPLICATE_KEY

/** Documents asked for at once while the end of a log is looked for. */
const PAGE = 100

export function createTicketLog(db: Db): TicketLog {
  const log: Collection<LogDocument> = db.collection('log')
  const tickets: Collection<TicketDocument> = db.collection('tickets')

  const read: TicketLog['read'] = async (accountId, ticketId, from, to) => {
    if (to < from) return []
    const ids = Array.from({ length: to - from + 1 }, (_, i) => logKey(accountId, ticketId, from + i))
    const documents = await log.find({ _id: { $in: ids } }).toArray()
    return documents.sort((a, b) => a.commandNumber - b.commandNumber)
  }

  return {
    read,
    async seed(accountId, ticketId, seed) {
      const _id = ticketKey(accountId, ticketId)
      const document = { _id, ...seed, subjectKey: subjectKey(seed.subject), sequence: 0, commandNumber: 0 }
      try {
        await tickets.insertOne(document as TicketDocument)
      } catch (error) {
        if (!isDuplicateKey(error)) throw error
      }
    },
    async append(document) {
      try {
        await log.insertOne(document)
        return true
      } catch (error) {
        if (isDuplicateKey(error)) return false
        throw error
      }
    },
    async readFrom(accountId, ticketId, from) {
      const documents: LogDocument[] = []
      for (let next = from; ; next += PAGE) {
        const page = await read(accountId, ticketId, next, next + PAGE - 1)
        documents.push(...page)
        if (page.length < PAGE) return documents
      }
    },
    async summarize(state, deadlines, marks = []) {
      const _id = ticketKey(state.accountId, state.ticketId)
      try {
        // Equal sequences are written again: moved deadlines have no entry of their own.
        await tickets.updateOne(
          { _id, sequence: { $lte: state.sequence } },
          {
            $set: summaryOf(state, deadlines),
            ...(marks.length > 0 && { $addToSet: { marks: { $each: [...marks] } } }),
          },
          { upsert: true },
        )
      } catch (error) {
        // The upsert met a newer summary: that one stays.
        if (!isDuplicateKey(error)) throw error
      }
    },
    async summary(accountId, ticketId) {
      const document = await tickets.findOne({ _id: ticketKey(accountId, ticketId) })
      return document && document.sequence > 0 ? document : null
    },
  }
}

/** Everything in a summary that follows from the log. */
export function summaryOf(
  state: TicketState,
  deadlines: Deadlines,
): Omit<TicketDocument, '_id' | 'marks' | keyof TicketSeed> {
  const { claimWarnAt, claimDueAt, claimThen } = deadlines
  const awaits = awaitedBy(state)
  return {
    accountId: state.accountId,
    ticketId: state.ticketId,
    number: state.number,
    channel: state.channel,
    status: state.status,
    priority: state.priority,
    priorityRank: PRIORITY_RANK[state.priority],
    tags: state.tags,
    fields: state.fields,
    contactId: state.contactId,
    departmentId: state.responsibility.departmentId,
    agentId: state.responsibility.agentId,
    responsibility: state.responsibility,
    createdAt: state.createdAt,
    updatedAt: state.updatedAt,
    dueAt: state.dueAt ?? claimDueAt ?? null,
    postponedUntil: state.postponed?.until ?? null,
    claimClock:
      claimThen === undefined
        ? null
        : {
            ...(claimWarnAt === undefined ? {} : { warnAt: claimWarnAt }),
            ...(claimDueAt === undefined ? {} : { dueAt: claimDueAt }),
            then: claimThen,
          },
    waitingSince: state.waitingSince,
    unclaimedSince: state.unclaimedSince,
    noEligibleAgent: awaits === null ? null : (state.noEligibleAgent?.reason ?? null),
    awaits,
    toSolveKey: toSolveKey({
      priorityRank: PRIORITY_RANK[state.priority],
      dueAt: earlier(state.dueAt, claimDueAt),
      waitingSince: state.waitingSince,
      createdAt: state.createdAt,
    }),
    sequence: state.sequence,
    commandNumber: state.commandNumber,
    state,
    deadlines,
  }
}

/** The more pressing of two times that may be absent. */
function earlier(one: string | undefined, other: string | undefined): string | null {
  if (one === undefined || other === undefined) return one ?? other ?? null
  return one < other ? one : other
}
