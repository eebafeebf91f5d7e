import { DateTime } from 'luxon'

/** A day of a time zone: from `start` (included) to `end` (not included), RFC 3339 UTC. */
export interface Day {
  /** `2026-03-01` */
  day: string
  start: string
  end: string
}

const DAY = /^\d{4}-\d{2}-\d{2}$/

/** Whether it is a day of the calendar, of this century. */
export const isDay = (value: string): boolean =>
  DAY.test(value) && value >= '2000-01-01' && value < '2100-01-01' && DateTime.fromISO(value).isValid

/** The zone, or UTC for one that is not known. */
export const zoneOf = (timeZone: string): string =>
  DateTime.utc().setZone(timeZone).isValid ? timeZone : 'UTC'

/** The day that it is in the zone at a moment. */
export const dayAt = (at: string | Date, timeZone: string): string => {
  const moment = typeof at === 'string' ? DateTime.fromISO(at) : DateTime.fromJSDate(at)
  return moment.setZone(zoneOf(timeZone)).toISODate() ?? ''
}

/** So many days after a day. */
export const dayAfter = (day: string, days: number): string =>
  DateTime.fromISO(day, { zone: 'utc' }).plus({ days }).toISODate() ?? day

/** How many days there are from one to another, both included. */
export const daysFromTo = (since: string, until: string): number =>
  Math.round((Date.parse(until) - Date.parse(since)) / 86_400_000) + 1

/** The days from one to another, both included; where clocks change they have 23 or 25 hours. */
export function daysOf(since: string, until: string, timeZone: string): Day[] {
  const zone = zoneOf(timeZone)
  const starts = Array.from({ length: Math.max(0, daysFromTo(since, until)) + 1 }, (_, at) =>
    dayAfter(since, at),
  )
  const moments = starts.map((day) => DateTime.fromISO(day, { zone }).startOf('day').toUTC().toISO() ?? '')
  return starts.slice(0, -1).map((day, at) => ({ day, start: moments[at] ?? '', end: moments[at + 1] ?? '' }))
}
