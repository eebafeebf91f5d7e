import { DateTime, Duration } from 'luxon'
import { type QuietHours, quietUntil } from './quiet-hours.ts'

/** What an agent chose for the time of their notices. */
export interface Timing {
  timeZone: string
  quietHours?: QuietHours | undefined
  /** `every` is an ISO 8601 duration. */
  digest?: { every: string } | undefined
}

const DAY_MINUTES = 24 * 60
/** When a digest of whole days comes, for who named no end of a night. */
const MORNING = '09:00'

/**
 * When what is held since then is told. Digests come at even times of the agent's own day: every quarter of
 * an hour at :00, :15, ..., every four hours at 0, 4, 8, ..., every day when the quiet hours end or at nine,
 * every week on Monday. One that falls in the quiet hours waits for their end. Without a digest it is the end
 * of the quiet hours, or at once.
 */
export function digestAt(since: Date, { timeZone, quietHours, digest }: Timing): Date {
  const local = DateTime.fromJSDate(since, { zone: timeZone })
  // A zone that nobody knows any more must not hold anything for ever.
  if (!local.isValid) return digestAt(since, { timeZone: 'UTC', quietHours, digest })
  const next = digest ? nextDigest(local, digest.every, quietHours) : local
  return quietUntil(next.toJSDate(), quietHours, timeZone) ?? next.toJSDate()
}

function nextDigest(local: DateTime, every: string, quietHours: QuietHours | undefined): DateTime {
  const duration = Duration.fromISO(every)
  const minutes = duration.isValid ? Math.round(duration.as('minutes')) : 0
  if (minutes < 1) return local
  return minutes < DAY_MINUTES ? withinDay(local, minutes) : onDay(local, minutes, quietHours?.to ?? MORNING)
}

/** The next even time of the day. What does not fill a day begins again at midnight. */
function withinDay(local: DateTime, minutes: number): DateTime {
  const midnight = local.startOf('day')
  const passed = local.hour * 60 + local.minute
  // By the clock on the wall: on the day of a change of clocks the same hours hold.
  for (let at = (Math.floor(passed / minutes) + 1) * minutes; at < DAY_MINUTES; at += minutes) {
    const moment = midnight.set({ hour: Math.floor(at / 60), minute: at % 60 })
    if (moment > local) return moment
  }
  return local.plus({ days: 1 }).startOf('day')
}

/** The next time `at` on a day whose number, from a Monday on, fits the period. */
function onDay(local: DateTime, minutes: number, at: string): DateTime {
  const days = Math.max(1, Math.round(minutes / DAY_MINUTES))
  const [hour = 0, minute = 0] = at.split(':').map(Number)
  for (let ahead = 0; ; ahead++) {
    const day = local.startOf('day').plus({ days: ahead })
    const number = Math.round(Date.UTC(day.year, day.month - 1, day.day) / 86_400_000) + 3
    const moment = day.set({ hour, minute })
    if (number % days === 0 && moment > local) return moment
  }
}
