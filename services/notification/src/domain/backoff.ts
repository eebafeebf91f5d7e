/** Notices are given up after a day, answers that go out by mail after five, like a mail server does. */
export const NOTICE_LIFETIME_MS = 24 * 60 * 60_000
export const REPLY_LIFETIME_MS = 5 * NOTICE_LIFETIME_MS

const EAGER_MS = 10 * 60_000
/** Attempts of the first ten minutes begin at most 30 s apart; the rest is room for scheduling. */
const EAGER_INTERVAL_MS = 28_000
const LONGEST_INTERVAL_MS = 5 * 60_000
const SHORTEST_DELAY_MS = 500

export interface Attempt {
  /** The first is 1. */
  number: number
  /** Since the first attempt was due. */
  elapsedMs: number
  /** How long this attempt took: a server that hangs must not stretch the distance between attempts. */
  durationMs: number
  /** What the server asked for. */
  retryAfterMs?: number | undefined
}

/**
 * How long to wait after a failed attempt: attempts begin 1 s apart, doubling to at most 30 s in the first
 * ten minutes, then a tenth of the time passed, at most five minutes; up to a fifth earlier by chance, so
 * that what failed together does not come back together. A server's Retry-After is obeyed when it is longer.
 */
export function retryDelayMs(attempt: Attempt, random: () => number = Math.random): number {
  const interval =
    attempt.elapsedMs < EAGER_MS
      ? Math.min(EAGER_INTERVAL_MS, 1000 * 2 ** Math.min(attempt.number - 1, 10))
      : Math.min(LONGEST_INTERVAL_MS, attempt.elapsedMs / 10)
  const spread = interval * (1 - 0.2 * random())
  const delay = Math.max(SHORTEST_DELAY_MS, spread - attempt.durationMs)
  return Math.round(Math.max(delay, attempt.retryAfterMs ?? 0))
}
