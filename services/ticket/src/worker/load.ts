import type { RecentCommand, TicketState } from '@onus/workflows-contract'
import type { LoadResult } from '@onus/workflows-ticket/activities'
import { deadlines } from '@onus/workflows-ticket/domain/deadlines'
import { applyCommit, type TicketKey } from '@onus/workflows-ticket/domain/evolve'
import type { TicketLog } from '../store/log.ts'
import { type CommitDeps, marksIn, namesOf } from './commit.ts'

/** How many of the last commands a new run knows again by their id. */
const REMEMBERED = 500

/** The state that the log leads to, from the summary on: a summary may be behind its log. */
export function createLoad({ log, directory, rules }: Pick<CommitDeps, 'log' | 'directory' | 'rules'>) {
  return async function load(key: TicketKey): Promise<LoadResult> {
    const { accountId, ticketId } = key
    const summary = await log.summary(accountId, ticketId)
    let state = summary?.state ?? null
    const missed = await log.readFrom(accountId, ticketId, (state?.commandNumber ?? 0) + 1)
    for (const document of missed) state = applyCommit(state, document, key)
    if (state === null) return { state, deadlines: {}, recent: [] }
    const [facts, { times }] = await Promise.all([directory(accountId), rules.book(accountId)])
    const due = deadlines(state, facts, { times, asked: null })
    if (missed.length > 0) await log.summarize(state, due, marksIn(missed))
    return { state, deadlines: due, names: namesOf(state, facts), recent: await recentOf(log, state) }
  }
}

async function recentOf(log: TicketLog, state: TicketState): Promise<RecentCommand[]> {
  const { accountId, ticketId, commandNumber } = state
  const first = Math.max(1, commandNumber - REMEMBERED + 1)
  const documents = await log.read(accountId, ticketId, first, commandNumber)
  return documents.map(({ commandId, entries, at }) => ({
    commandId,
    sequence: entries.at(-1)?.sequence ?? 0,
    at,
  }))
}

/** The state at an earlier sequence, from the log alone. */
export function createRecall({ log }: { log: TicketLog }) {
  return async function recall(input: TicketKey & { sequence: number }): Promise<TicketState | null> {
    const { accountId, ticketId, sequence } = input
    let state: TicketState | null = null
    for (const document of await log.readFrom(accountId, ticketId, 1)) {
      if ((document.entries[0]?.sequence ?? 0) > sequence) break
      state = applyCommit(state, document, { accountId, ticketId })
    }
    return state
  }
}
