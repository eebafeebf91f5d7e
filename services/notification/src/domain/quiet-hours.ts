import { DateTime } from 'luxon'

/** A daily spell in local time, `HH:MM`; `from` later than `to` spans midnight. */
export interface QuietHours {
  from: string
  to: string
}

const atTime = (day: DateTime, time: string): DateTime => {
  const [hour, minute] = time.split(':').map(Number)
  return day.set({ hour: hour ?? 0, minute: minute ?? 0, second: 0, millisecond: 0 })
}

/**
 * When the quiet spell that `now` lies in ends, or null when it lies in none. A spell of no length is no
 * spell, and so is one in an unknown time zone: better told at night than never.
 */
export function quietUntil(now: Date, quiet: QuietHours | undefined, timeZone: string): Date | null {
  if (!quiet || quiet.from === quiet.to) return null
  const local = DateTime.fromJSDate(now, { zone: timeZone })
  if (!local.isValid) return null
  // A spell that holds now began today or, over midnight, yesterday.
  for (const daysAgo of [0, 1]) {
    const day = local.minus({ days: daysAgo })
    const start = atTime(day, quiet.from)
    let end = atTime(day, quiet.to)
    if (end <= start) end = atTime(day.plus({ days: 1 }), quiet.to)
    if (start <= local && local < end) return end.toJSDate()
  }
  return null
}
