import type { Hours, Weekday } from '../api/types.ts'

export const WEEKDAYS: Weekday[] = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun']

export type Interval = [string, string]

/** Working hours while somebody edits them; not on: at any time. */
export interface HoursDraft {
  on: boolean
  timeZone: string
  days: Record<Weekday, Interval[]>
  holidays: string[]
}

const OFFICE: Interval = ['09:00', '17:00']

export const hoursDraft = (hours: Hours | undefined, timeZone: string): HoursDraft => ({
  on: hours !== undefined,
  timeZone: hours?.timeZone ?? timeZone,
  days: Object.fromEntries(
    WEEKDAYS.map((day) => [
      day,
      (hours ? (hours.days[day] ?? []) : day === 'sat' || day === 'sun' ? [] : [OFFICE]).map(
        ([from, to]) => [from, to] as Interval,
      ),
    ]),
  ) as HoursDraft['days'],
  holidays: hours?.holidays ?? [],
})

export function hoursBody({ on, timeZone, days, holidays }: HoursDraft): Hours | null {
  if (!on) return null
  const open = WEEKDAYS.filter((day) => days[day].length > 0)
  return {
    timeZone,
    days: Object.fromEntries(open.map((day) => [day, days[day]])),
    ...(holidays.length > 0 && { holidays: [...holidays].sort() }),
  }
}

export type DayFault = 'incomplete' | 'backwards' | 'overlap'

/** What is wrong with a day; the end of a day is 24:00. */
export function dayFault(intervals: readonly Interval[]): DayFault | null {
  if (intervals.some(([from, to]) => from === '' || to === '')) return 'incomplete'
  if (intervals.some(([from, to]) => from >= to)) return 'backwards'
  const sorted = [...intervals].sort(([a], [b]) => (a < b ? -1 : 1))
  return sorted.some(([from], at) => from < (sorted[at - 1]?.[1] ?? '')) ? 'overlap' : null
}

export const hoursValid = (draft: HoursDraft): boolean =>
  !draft.on || WEEKDAYS.every((day) => dayFault(draft.days[day]) === null)

/** A field for times knows no 24:00; midnight at the end of an interval is the end of the day. */
export const endFromField = (value: string): string => (value === '00:00' ? '24:00' : value)
export const endToField = (value: string): string => (value === '24:00' ? '00:00' : value)

const MOST_INTERVALS = 12

/** One more interval, after the last one as far as the day goes. */
export function withInterval(intervals: readonly Interval[]): Interval[] {
  const last = intervals.at(-1)
  if (intervals.length >= MOST_INTERVALS) return [...intervals]
  if (!last) return [OFFICE]
  const hour = Number(last[1].slice(0, 2)) + 1
  return [...intervals, hour < 23 ? [two(hour), two(Math.min(hour + 4, 23))] : ['', '']]
}

const two = (hour: number): string => `${String(hour).padStart(2, '0')}:00`

/** The hours of one day for Monday to Friday. */
export const copiedToWeek = (days: HoursDraft['days'], from: Weekday): HoursDraft['days'] =>
  Object.fromEntries(
    WEEKDAYS.map((day) => [day, day === 'sat' || day === 'sun' ? days[day] : days[from]]),
  ) as HoursDraft['days']
