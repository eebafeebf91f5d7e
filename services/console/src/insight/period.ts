import type { Period } from './data.ts'

/** Periods of whole days, as the address says them: `days=30`, or `since=…&until=…`. */

export const USUAL_DAYS = [7, 30, 90, 365] as const
const DEFAULT_DAYS = 30
export const MAX_DAYS = 366
const DAY_MS = 86_400_000
const DAY = /^20\d{2}-\d{2}-\d{2}$/

/** The day that it is in a time zone. */
export function today(timeZone: string, now = new Date()): string {
  const options = { timeZone, year: 'numeric', month: '2-digit', day: '2-digit' } as const
  return new Intl.DateTimeFormat('en-CA', options).format(now)
}

export const addDays = (day: string, days: number): string =>
  new Date(Date.parse(day) + days * DAY_MS).toISOString().slice(0, 10)

export const daysIn = ({ since, until }: Period): number =>
  Math.round((Date.parse(until) - Date.parse(since)) / DAY_MS) + 1

const isDay = (text: string | null): text is string =>
  text !== null && DAY.test(text) && !Number.isNaN(Date.parse(text))

/** Whether the API would take it. */
export const isPeriod = (since: string | null, until: string | null): boolean =>
  isDay(since) && isDay(until) && since <= until && daysIn({ since, until }) <= MAX_DAYS

export interface ChosenPeriod extends Period {
  /** One of the usual lengths up to today; null: days of one's own. */
  days: number | null
}

export function readPeriod(search: string, day: string): ChosenPeriod {
  const query = new URLSearchParams(search)
  const [since, until] = [query.get('since'), query.get('until')]
  if (since && until && isPeriod(since, until)) return { since, until, days: null }
  const asked = Number(query.get('days'))
  const days = USUAL_DAYS.find((each) => each === asked) ?? DEFAULT_DAYS
  return { since: addDays(day, 1 - days), until: day, days }
}
