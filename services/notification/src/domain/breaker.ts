/** One address or token that does not work: others who would use it wait, one at a time tries again. */
export interface Breaker {
  /** Failures in a row. */
  failures: number
  /** Until then nobody tries; after that, the first who comes does. */
  openUntil: string
  /** Mails that came back in a row, although the server had taken them. */
  bounces?: number
  /** The last that came back said that there is no such mailbox. */
  hard?: boolean
  /** A mail was taken after one came back: until `openUntil` that one too may come back. */
  onTrial?: boolean
}

/** A token that is refused is refused for all; an address may just be slow to accept (greylisting). */
const FAILURES_TO_OPEN = { token: 1, address: 3 } as const

/** How long the one who tries has before the next may. */
export const PROBE_MS = 20_000
/** A mail that is going to come back comes back soon. */
export const TRIAL_MS = 5 * 60_000

/**
 * `pass`: nothing known against it. `clear`: the trial is over, and nothing came back. `hold`: wait. `dead`:
 * do not even wait. `probe`: try, if nobody else got there first.
 */
export function admit(
  breaker: Breaker | null,
  kind: 'token' | 'address',
  now: Date,
): { type: 'pass' | 'clear' | 'probe' | 'dead' } | { type: 'hold'; until: Date } {
  if (!breaker) return { type: 'pass' }
  const until = new Date(breaker.openUntil)
  if (breaker.onTrial) return now < until ? { type: 'hold', until } : { type: 'clear' }
  if (breaker.bounces) {
    if (now >= until) return { type: 'probe' }
    return breaker.hard ? { type: 'dead' } : { type: 'hold', until }
  }
  if (breaker.failures < FAILURES_TO_OPEN[kind]) return { type: 'pass' }
  return now < until ? { type: 'hold', until } : { type: 'probe' }
}

const HOUR_MS = 60 * 60_000
const FIRST_PAUSE_MS = { hard: HOUR_MS, soft: 10 * 60_000 } as const
const LONGEST_PAUSE_MS = 24 * HOUR_MS

/** An address from which a mail came back is left alone, twice as long each time, at most a day. */
export function bounced(breaker: Breaker | null, kind: 'hard' | 'soft', now: Date): Breaker {
  const bounces = (breaker?.bounces ?? 0) + 1
  const pause = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS[kind] * 2 ** Math.min(bounces - 1, 10))
  return {
    failures: breaker?.failures ?? 0,
    bounces,
    hard: kind === 'hard',
    openUntil: new Date(now.getTime() + pause).toISOString(),
  }
}
