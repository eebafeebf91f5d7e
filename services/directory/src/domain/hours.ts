import { type FieldErrors, isDate, isTime, timeZone } from './fields.ts'
import { type Hours, WEEKDAYS } from './model.ts'

/** Working hours as a caller gives them: of a department, or of an agent. */
export type HoursInput = { timeZone?: string; holidays?: string[] } & {
  [day in (typeof WEEKDAYS)[number]]?: { intervals: { from: string; to: string }[] }
}

const MAX_HOLIDAYS = 1000
const MAX_INTERVALS = 24

/**
 * The working hours that somebody gave at `path`, in their zone or else in the default one.
 * Everything that is wrong with them is added to the errors.
 */
export function checkHours(input: HoursInput, path: string, defaultZone: string, errors: FieldErrors): Hours {
  const hours: Hours = {
    timeZone: timeZone(input.timeZone || defaultZone, `${path}.timeZone`, errors),
    holidays: [...new Set(input.holidays ?? [])].sort(),
  }
  input.holidays?.forEach((day, at) => {
    if (!isDate(day)) errors.add(`${path}.holidays[${at}]`, 'Give a date like 2026-12-25.')
  })
  if (hours.holidays.length > MAX_HOLIDAYS) {
    errors.add(`${path}.holidays`, `Give at most ${MAX_HOLIDAYS} days.`)
  }
  for (const day of WEEKDAYS) {
    const intervals = input[day]?.intervals
    if (!intervals?.length) continue
    checkIntervals(intervals, `${path}.days.${day}`, errors)
    hours[day] = { intervals: intervals.map(({ from, to }) => ({ from, to })) }
  }
  if (!WEEKDAYS.some((day) => hours[day])) {
    errors.add(`${path}.days`, 'Open on at least one day, or leave the hours out to be always open.')
  }
  return hours
}

function checkIntervals(intervals: { from: string; to: string }[], path: string, errors: FieldErrors): void {
  if (intervals.length > MAX_INTERVALS) errors.add(path, `Give at most ${MAX_INTERVALS} intervals.`)
  let end = ''
  intervals.forEach(({ from, to }, at) => {
    const field = `${path}[${at}]`
    if (!isTime(from) || !isTime(to, true))
      errors.add(field, 'Give local times HH:MM, at the end up to 24:00.')
    else if (to <= from)
      errors.add(field, 'End later than the begin; split what spans midnight over two days.')
    else if (from < end) errors.add(field, 'Give the intervals in order, without overlap.')
    end = to
  })
}
