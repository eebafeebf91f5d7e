import type { Hours, Weekday } from '../api/types.ts'

export const WEEKDAYS: Weekday[] = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun']

/** Minutes of a duration such as PT30M, P1D or PT1H30M; null for one that is not whole minutes of fixed length. */
export function minutesOf(duration: string | null | undefined): number | null {
  const match = /^P(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?)?$/.exec(duration ?? '')
  if (!match) return null
  const [weeks = 0, days = 0, hours = 0, minutes = 0] = match.slice(1).map((part) => Number(part ?? 0))
  return ((weeks * 7 + days) * 24 + hours) * 60 + minutes
}

export const durationOf = (minutes: number): string => `PT${Math.max(1, Math.round(minutes))}M`

const TIME = '(?:[01]\\d|2[0-3]):[0-5]\\d|24:00'
const INTERVAL = new RegExp(`^(${TIME})\\s*[-–]\\s*(${TIME})$`)

/** Intervals of a day as people write them: `09:00-12:00, 13:00-17:30`. Null when it cannot be read. */
export function parseDay(text: string): [string, string][] | null {
  if (text.trim() === '') return []
  const intervals: [string, string][] = []
  for (const part of text.split(/[,;،]/)) {
    const [, from, to] = INTERVAL.exec(part.trim()) ?? []
    if (!from || !to || from >= to) return null
    intervals.push([from, to])
  }
  return intervals
}

export const dayText = (intervals: [string, string][] | undefined): string =>
  (intervals ?? []).map(([from, to]) => `${from}-${to}`).join(', ')

/** Hours of a week from one text for each day; null when one of them cannot be read. */
export function hoursOf(timeZone: string, texts: Record<Weekday, string>, holidays: string): Hours | null {
  const days: Hours['days'] = {}
  for (const day of WEEKDAYS) {
    const intervals = parseDay(texts[day])
    if (intervals === null) return null
    if (intervals.length > 0) days[day] = intervals
  }
  const dates = linesOf(holidays)
  if (dates.some((date) => !/^\d{4}-\d{2}-\d{2}$/.test(date))) return null
  return { timeZone, days, ...(dates.length > 0 && { holidays: dates }) }
}

/** What stands on lines or between commas. */
export const linesOf = (text: string): string[] => [
  ...new Set(
    text
      .split(/[\n,،]/)
      .map((line) => line.trim())
      .filter(Boolean),
  ),
]
