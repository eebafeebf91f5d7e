import { isDeepStrictEqual } from 'node:util'
import type { LogDocument, TicketState } from '@onus/workflows-contract'
import { applyCommit, type TicketKey } from '@onus/workflows-ticket/domain/evolve'

/** How a summary differs from its log. */
export type SummaryDifference = 'missing' | 'behind' | 'ahead' | 'different'

/** The state that a log leads to, from its beginning; null for an empty one. */
export function stateOf(key: TicketKey, log: readonly LogDocument[]): TicketState | null {
  let state: TicketState | null = null
  for (const document of log) state = applyCommit(state, document, key)
  return state
}

/** What lists read, compared with what the log says; null when they agree. */
export function compareSummary<S extends { sequence: number; state: TicketState }>(
  state: TicketState,
  summary: S | null,
  derived: (summary: S) => boolean,
): SummaryDifference | null {
  if (summary === null) return 'missing'
  if (summary.sequence < state.sequence) return 'behind'
  if (summary.sequence > state.sequence) return 'ahead'
  return isDeepStrictEqual(plain(summary.state), plain(state)) && derived(summary) ? null : 'different'
}

/** As it is after a way through the store: what is undefined is not there. */
export const plain = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T
