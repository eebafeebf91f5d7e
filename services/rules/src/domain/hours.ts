import { DateTime } from 'luxon'

const WEEKDAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const

interface DayHours {
  /** Local times `HH:MM`; `24:00` is the end of the day, and an end before its begin is on the next day. */
  intervals: readonly { from: string; to: string }[]
}

/** When a department works. The directory's own type satisfies it. */
export type Hours = { timeZone: string; holidays: readonly string[] } & {
  [day in (typeof WEEKDAYS)[number]]?: DayHours
}

/** Whether a department works at a moment; one without hours always does. */
export function isOpen(hours: Hours | undefined, at: Date): boolean {
  if (!hours) return true
  const zoned = DateTime.fromJSDate(at, { zone: hours.timeZone })
  const now = zoned.isValid ? zoned : DateTime.fromJSDate(at, { zone: 'utc' })
  const clock = now.toFormat('HH:mm')
  const today = intervalsOf(hours, now).some(({ from, to }) =>
    to > from ? from <= clock && clock < to : from <= clock,
  )
  // What began yesterday may reach over midnight.
  return today || intervalsOf(hours, now.minus({ days: 1 })).some(({ from, to }) => to <= from && clock < to)
}

function intervalsOf(hours: Hours, day: DateTime): DayHours['intervals'] {
  if (hours.holidays.includes(day.toISODate() ?? '')) return []
  return hours[WEEKDAYS[day.weekday - 1]!]?.intervals ?? []
}
