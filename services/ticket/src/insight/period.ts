import { FieldErrors } from '../domain/fields.ts'
import { dayAfter, dayAt, daysFromTo, isDay } from './calendar.ts'

/** Longest period, in days: a year, also a leap year. */
export const MAX_DAYS = 366
const USUAL_DAYS = 30

/** A period of whole days of the account, both included. @throws invalid-request */
export function readPeriod(
  request: { since?: string; until?: string },
  timeZone: string,
  now: Date,
): { since: string; until: string } {
  const check = new FieldErrors()
  for (const field of ['since', 'until'] as const) {
    const day = request[field]
    if (day !== undefined && !isDay(day))
      check.add(field, 'Must be a day from 2000 to 2099, for example 2026-03-01.')
  }
  check.throwIfAny()
  const today = dayAt(now, timeZone)
  const until = request.until ?? later(request.since, today)
  const since = request.since ?? dayAfter(until, 1 - USUAL_DAYS)
  if (until < since) check.add('until', 'Must not be before `since`.')
  else if (daysFromTo(since, until) > MAX_DAYS)
    check.add(request.since === undefined ? 'until' : 'since', `A period has at most ${MAX_DAYS} days.`)
  check.throwIfAny()
  return { since, until }
}

const later = (one: string | undefined, other: string): string =>
  one !== undefined && one > other ? one : other
