import type { Leave } from '../api/types.ts'

/** A moment as it is typed in somebody's zone: a date, and a time when it is not the whole day. */
export interface Typed {
  date: string
  time: string
}

const MINUTE_MS = 60_000

/** Milliseconds by which a zone is ahead of UTC at a moment. */
function offsetMs(zone: string, at: number): number {
  const parts = new Intl.DateTimeFormat('en-US-u-ca-iso8601-nu-latn', {
    timeZone: zone,
    hourCycle: 'h23',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
  }).formatToParts(at)
  const of = (type: string): number => Number(parts.find((part) => part.type === type)?.value)
  const local = Date.UTC(of('year'), of('month') - 1, of('day'), of('hour'), of('minute'), of('second'))
  return local - Math.floor(at / 1000) * 1000
}

/** What the API is sent: a date, which counts in the agent's own zone, or a moment of that zone. */
export function momentOf({ date, time }: Typed, zone: string): string {
  if (time === '') return date
  const local = Date.parse(`${date}T${time}:00Z`)
  // The offset of the guess may be that of the other side of a change of clocks.
  const first = local - offsetMs(zone, local)
  return new Date(local - offsetMs(zone, first)).toISOString()
}

const pad = (value: number): string => String(value).padStart(2, '0')

/** Date and time of a moment in a zone. */
export function typedOf(at: string, zone: string): Typed {
  const local = new Date(Date.parse(at) + offsetMs(zone, Date.parse(at)))
  return {
    date: local.toISOString().slice(0, 10),
    time: `${pad(local.getUTCHours())}:${pad(local.getUTCMinutes())}`,
  }
}

/** A time of whole days in the agent's zone is shown without hours; its last day is included. */
export function wholeDays(
  { from, until }: Pick<Leave, 'from' | 'until'>,
  zone: string,
): { first: string; last: string } | null {
  const begin = typedOf(from, zone)
  const end = typedOf(until, zone)
  if (begin.time !== '00:00' || end.time !== '00:00') return null
  return {
    first: begin.date,
    last: typedOf(new Date(Date.parse(until) - MINUTE_MS).toISOString(), zone).date,
  }
}

export type Phase = 'coming' | 'now' | 'over'

export const phaseOf = ({ from, until }: Pick<Leave, 'from' | 'until'>, now: number): Phase =>
  Date.parse(until) <= now ? 'over' : Date.parse(from) <= now ? 'now' : 'coming'

/** Leave without one of its times; one that runs ends now and is kept. */
export function withoutLeave(items: readonly Leave[], gone: Leave, now: Date): Leave[] {
  const same = (each: Leave) => each.from === gone.from && each.until === gone.until
  if (phaseOf(gone, now.getTime()) !== 'now') return items.filter((each) => !same(each))
  return items.map((each) => (same(each) ? { ...each, until: now.toISOString() } : each))
}

export type PeriodFault = 'incomplete' | 'backwards'

/** What is wrong with a time before it is sent; a begin that is left out is now, where that is allowed. */
export function periodFault(from: Typed, until: Typed, fromNow: boolean): PeriodFault | null {
  if (until.date === '' || (from.date === '' && (!fromNow || from.time !== ''))) return 'incomplete'
  if (from.date === '') return null
  const begin = `${from.date}T${from.time || '00:00'}`
  const end = `${until.date}T${until.time || '24:00'}`
  return end <= begin ? 'backwards' : null
}
