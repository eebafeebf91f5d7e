import { DateTime, Duration, Interval } from 'luxon'
import type { DayHours, HoursFacts } from './facts.ts'

const WEEKDAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const

/** How far working time is looked for. A department that is closed for longer has no deadlines. */
const HORIZON_DAYS = 3 * 366

/**
 * The moment at which so much working time has passed since `from`. A day of the duration is 24 hours of
 * working time; weeks, months and years are as long as from `from` on the calendar. Null when there is no
 * such moment: a duration that says nothing, or a department that never opens.
 */
export function afterWorkingTime(
  from: string,
  duration: string,
  hours: HoursFacts | undefined,
): string | null {
  const length = Duration.fromISO(duration)
  const start = DateTime.fromISO(from, { zone: 'utc' })
  if (!length.isValid || !start.isValid) return null
  let left = start.plus(length).toMillis() - start.toMillis()
  if (left < 0) return null
  if (hours === undefined) return iso(start.toMillis() + left)

  const local = start.setZone(hours.timeZone)
  const zone = local.isValid ? hours.timeZone : 'utc'
  // The day before may reach over midnight.
  let day = start.setZone(zone).startOf('day').minus({ days: 1 })
  let reached = start.toMillis()
  for (let i = 0; i < HORIZON_DAYS; i += 1, day = day.plus({ days: 1 })) {
    for (const open of opening(day, hours)) {
      const begin = Math.max(reached, open.begin)
      const length = open.end - begin
      if (length <= 0) continue
      if (left <= length) return iso(begin + left)
      left -= length
      reached = open.end
    }
  }
  return null
}

/** The moment from which so much working time passes until `until`, as {@link afterWorkingTime} counts it. */
export function beforeWorkingTime(
  until: string,
  duration: string,
  hours: HoursFacts | undefined,
): string | null {
  const length = Duration.fromISO(duration)
  const end = DateTime.fromISO(until, { zone: 'utc' })
  if (!length.isValid || !end.isValid) return null
  let left = end.toMillis() - end.minus(length).toMillis()
  if (left < 0) return null
  if (hours === undefined) return iso(end.toMillis() - left)

  const local = end.setZone(hours.timeZone)
  let day = end.setZone(local.isValid ? hours.timeZone : 'utc').startOf('day')
  let reached = end.toMillis()
  for (let i = 0; i < HORIZON_DAYS; i += 1, day = day.minus({ days: 1 })) {
    for (const open of opening(day, hours).reverse()) {
      const finish = Math.min(reached, open.end)
      const length = finish - open.begin
      if (length <= 0) continue
      if (left <= length) return iso(finish - left)
      left -= length
      reached = open.begin
    }
  }
  return null
}

/** Whether it is working time at a moment. */
export function isOpenAt(hours: HoursFacts | undefined, at: Date): boolean {
  if (hours === undefined) return true
  const local = DateTime.fromJSDate(at, { zone: hours.timeZone })
  const day = (local.isValid ? local : DateTime.fromJSDate(at, { zone: 'utc' })).startOf('day')
  // What began the day before may reach over midnight.
  return [day.minus({ days: 1 }), day].some((one) =>
    opening(one, hours).some(({ begin, end }) => begin <= at.getTime() && at.getTime() < end),
  )
}

/** The opening intervals that begin on a local day, as instants, in order and without overlaps. */
function opening(day: DateTime, hours: HoursFacts): { begin: number; end: number }[] {
  const date = day.toISODate()
  if (date === null || hours.holidays.includes(date)) return []
  const weekday = WEEKDAYS[day.weekday - 1]
  const intervals: DayHours['intervals'] = (weekday && hours[weekday]?.intervals) ?? []
  const instants = intervals.flatMap(({ from, to }) => {
    const begin = atTime(day, from)
    const end = atTime(day, to)
    if (begin === null || end === null) return []
    const until = end > begin ? end : end.plus({ days: 1 })
    const interval = Interval.fromDateTimes(begin, until)
    return interval.isValid ? [interval] : []
  })
  return Interval.merge(instants).map((interval) => ({
    begin: interval.start?.toMillis() ?? 0,
    end: interval.end?.toMillis() ?? 0,
  }))
}

function atTime(day: DateTime, time: string): DateTime | null {
  const match = /^(\d{1,2}):(\d{2})$/.exec(time)
  if (match === null) return null
  const [hour, minute] = [Number(match[1]), Number(match[2])]
  if (hour === 24 && minute === 0) return day.plus({ days: 1 }).startOf('day')
  const at = day.set({ hour, minute })
  return hour < 24 && minute < 60 && at.isValid ? at : null
}

/** `from` plus a duration on the account's calendar; null for a duration that says nothing. */
export function afterCalendarTime(from: string, duration: string, timeZone: string): string | null {
  const length = Duration.fromISO(duration)
  if (!length.isValid || length.toMillis() < 0) return null
  const local = DateTime.fromISO(from, { zone: timeZone })
  const start = local.isValid ? local : DateTime.fromISO(from, { zone: 'utc' })
  return start.isValid ? iso(start.plus(length).toMillis()) : null
}

/** An RFC 3339 instant in UTC with milliseconds; null when the text is no instant. */
export function instant(text: string): string | null {
  if (!/^\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d/.test(text)) return null
  const parsed = DateTime.fromISO(text.replace(' ', 'T').toUpperCase(), { zone: 'utc' })
  return parsed.isValid ? iso(parsed.toMillis()) : null
}

/** Beyond this a date cannot be represented. */
const MAX_DATE = 8.64e15
const iso = (millis: number): string => new Date(Math.min(millis, MAX_DATE)).toISOString()
