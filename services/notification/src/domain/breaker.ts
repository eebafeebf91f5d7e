/** One address or token that does not work: others who would use it wait, one at a time tries again. */
export interface Breaker {
  /** Failures in a row. */
  failures: number
  /** Until then nobody tries; after that, the first who comes does. */
  openUntil: string
}

/** A token that is refused is refused for all; an address may just be slow to accept (greylisting). */
const FAILURES_TO_OPEN = { token: 1, address: 3 } as const

/** How long the one who tries has before the next may. */
export const PROBE_MS = 20_000

/** `pass`: nothing known against it. `hold`: wait. `probe`: try, if nobody else got there first. */
export function admit(
  breaker: Breaker | null,
  kind: 'token' | 'address',
  now: Date,
): { type: 'pass' } | { type: 'probe' } | { type: 'hold'; until: Date } {
  if (!breaker || breaker.failures < FAILURES_TO_OPEN[kind]) return { type: 'pass' }
  const until = new Date(breaker.openUntil)
  return now < until ? { type: 'hold', until } : { type: 'probe' }
}
