import type { Entry, Holder, Measure, TicketState } from '@onus/workflows-contract'
import { evolve, type TicketKey } from '@onus/workflows-ticket/domain/evolve'
import { dayAt } from './calendar.ts'

/**
 * What one command means for the figures: a pure function of the ticket before it and of its entries. It is
 * kept in the command's own log document, so that it is there exactly when the command is, and once.
 */
export function measuresOf(
  before: TicketState | null,
  entries: readonly Entry[],
  key: TicketKey,
  timeZone: string,
): Measure[] {
  const measures: Measure[] = []
  let state = before
  for (const entry of entries) {
    if (state !== null && state.responsibility.revision > 0)
      measures.push(...measuresIn(state, entry, before?.unclaimedSince ?? null, timeZone))
    state = evolve(state, entry, key)
  }
  const ends = state?.responsibility.departmentId
  return measures.map((one) => (one.type === 'reopened' && ends !== undefined ? { ...one, to: ends } : one))
}

/** @param waiting when the spell began that was going on before the command */
function measuresIn(state: TicketState, entry: Entry, waiting: string | null, timeZone: string): Measure[] {
  const { departmentId, agentId } = state.responsibility
  const day = dayAt(entry.at, timeZone)
  switch (entry.type) {
    case 'responsibility.changed': {
      const to = entry.to as Holder
      if (to.departmentId !== departmentId)
        return [{ type: 'moved', from: departmentId, to: to.departmentId, day }]
      // What is given to somebody by the very command that made it wait has not waited.
      const waited = waiting !== null && state.unclaimedSince === waiting
      if (agentId !== null || to.agentId === null || !waited) return []
      const seconds = Math.max(0, (Date.parse(entry.at) - Date.parse(waiting)) / 1000)
      return [{ type: 'claimed', departmentId, seconds, day, cause: entry.cause.type }]
    }
    case 'status.changed':
      return entry.to === 'resolved' ? [{ type: 'resolved', departmentId, day }] : []
    case 'reopened':
      return [{ type: 'reopened', from: departmentId, to: departmentId, day }]
    default:
      return []
  }
}

/** Marks of a ticket, by which lists find what figures counted: of any time, or with a day of that day. */
export const MARKS = {
  moved: () => 'moved',
  movedBetween: (from: string, to: string) => `moved:${from}>${to}`,
  movedFrom: (from: string) => `moved:${from}>`,
  movedTo: (to: string) => `moved:>${to}`,
  reopened: () => 'reopened',
  reopenedBetween: (from: string, to: string) => `reopened:${from}>${to}`,
  reopenedIn: (departmentId: string) => `reopened:${departmentId}>`,
  reopenedTo: (departmentId: string) => `reopened:>${departmentId}`,
  resolved: () => 'resolved',
  resolvedIn: (departmentId: string) => `resolved:${departmentId}`,
  claimed: () => 'claimed',
  claimedIn: (departmentId: string) => `claimed:${departmentId}`,
  on: (mark: string, day: string) => `${mark}@${day}`,
}

/** The marks that measures leave on their ticket. */
export const marksOf = (measures: readonly Measure[]): string[] => [
  ...new Set(measures.flatMap((one) => basesOf(one).flatMap((mark) => [mark, MARKS.on(mark, one.day)]))),
]

function basesOf(measure: Measure): string[] {
  switch (measure.type) {
    case 'moved': {
      const { from, to } = measure
      return [MARKS.moved(), MARKS.movedBetween(from, to), MARKS.movedFrom(from), MARKS.movedTo(to)]
    }
    case 'reopened': {
      const { from, to } = measure
      return [MARKS.reopened(), MARKS.reopenedBetween(from, to), MARKS.reopenedIn(from), MARKS.reopenedTo(to)]
    }
    case 'claimed':
      return [MARKS.claimed(), MARKS.claimedIn(measure.departmentId)]
    case 'resolved':
      return [MARKS.resolved(), MARKS.resolvedIn(measure.departmentId)]
  }
}
