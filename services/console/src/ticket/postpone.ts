import { fromDate, getDayOfWeek, parseDateTime, toCalendarDateTime, toZoned } from '@internationalized/date'

export interface PostponeChoice {
  id: 'later' | 'tomorrow' | 'monday' | 'week'
  at: Date
}

const MORNING = { hour: 9, minute: 0, second: 0, millisecond: 0 }

/** What people usually mean, by the clock of the zone in their profile. */
export function postponeChoices(now: Date, timeZone: string): PostponeChoice[] {
  const here = fromDate(now, timeZone)
  const morningIn = (days: number) => here.add({ days }).set(MORNING).toDate()
  const untilMonday = 7 - getDayOfWeek(here, 'en', 'mon')
  return [
    { id: 'later', at: here.add({ hours: 3 }).set({ minute: 0, second: 0, millisecond: 0 }).toDate() },
    { id: 'tomorrow', at: morningIn(1) },
    { id: 'monday', at: morningIn(untilMonday) },
    { id: 'week', at: morningIn(7) },
  ]
}

/** As a field for a date and a time takes it: the clock on the wall of the zone. */
export const toLocalInput = (at: Date, timeZone: string): string =>
  toCalendarDateTime(fromDate(at, timeZone)).toString().slice(0, 'yyyy-mm-ddThh:mm'.length)

/** The moment that such a field means; null while it is not filled in. */
export function fromLocalInput(text: string, timeZone: string): Date | null {
  try {
    return toZoned(parseDateTime(text), timeZone).toDate()
  } catch {
    return null
  }
}
