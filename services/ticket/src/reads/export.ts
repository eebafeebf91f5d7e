import { type Interval, intervals } from '../domain/history.ts'
import type { TicketHistory } from '../store/history.ts'

/** From `from` (included) to `until` (not included); an absent end is open. */
export interface Period {
  from?: Date
  until?: Date
}

/**
 * A ticket's intervals that have a moment in the period. Of several that began at one moment only the one
 * with the highest revision has any, and the others are left out, so that what is left tiles the time.
 */
export function intervalsWithin({ changes }: Pick<TicketHistory, 'changes'>, period: Period): Interval[] {
  const { from, until } = period
  return intervals(changes).filter((interval) => {
    const begins = Date.parse(interval.since)
    const ends = interval.until === undefined ? Number.POSITIVE_INFINITY : Date.parse(interval.until)
    if (ends <= begins) return false
    return (from === undefined || ends > from.getTime()) && (until === undefined || begins < until.getTime())
  })
}
