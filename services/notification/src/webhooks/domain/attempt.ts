import type { Delivery, Health } from './model.ts'

/** What follows of one attempt, for the delivery and for its webhook. */

/** What an attempt came to. */
export type Outcome =
  | { type: 'delivered'; statusCode: number; durationMs: number }
  | {
      type: 'failed'
      statusCode?: number
      error: string
      durationMs: number
      /** What the receiver asked for. */
      retryAfterMs?: number
    }

/** A delivery is tried for three days. */
export const LIFETIME_MS = 3 * 24 * 60 * 60_000
const FIRST_DELAY_MS = 2_000
const LONGEST_DELAY_MS = 60 * 60_000
/** Failures in a row after which the receiver is let rest: one delivery at a time asks whether it is back. */
export const FAILURES_TO_OPEN = 5
const FIRST_REST_MS = 10_000
const LONGEST_REST_MS = 60_000
/** A receiver that asks for more is not believed. */
const LONGEST_RETRY_AFTER_MS = 24 * 60 * 60_000

const spread = (ms: number, random: () => number): number => Math.round(ms * (0.8 + 0.4 * random()))

/** Time until the next attempt of a delivery: 2 s, three times as long each time, at most an hour, ± a fifth. */
export const retryDelayMs = (attempts: number, random: () => number = Math.random): number =>
  spread(Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 3 ** Math.min(attempts - 1, 10)), random)

/** The delivery after an attempt that began at `at`. */
export function attempted(
  delivery: Delivery,
  outcome: Outcome,
  at: Date,
  random: () => number = Math.random,
): Delivery {
  const { error: _error, nextAttemptAt: _next, statusCode: _status, ...rest } = delivery
  const now = new Date(at.getTime() + outcome.durationMs)
  const tried: Delivery = { ...rest, attempts: delivery.attempts + 1, durationMs: outcome.durationMs }
  if (outcome.statusCode !== undefined) tried.statusCode = outcome.statusCode
  if (outcome.type === 'delivered') return { ...tried, state: 'delivered', deliveredAt: now.toISOString() }
  tried.error = outcome.error
  const wait = Math.max(retryDelayMs(tried.attempts, random), retryAfterMs(outcome))
  const next = new Date(now.getTime() + wait).toISOString()
  if (outcome.statusCode === 410 || next > delivery.deadline) return { ...tried, state: 'dead_letter' }
  return { ...tried, state: 'retrying', nextAttemptAt: next }
}

const retryAfterMs = (outcome: Outcome): number =>
  outcome.type === 'failed' ? Math.min(LONGEST_RETRY_AFTER_MS, outcome.retryAfterMs ?? 0) : 0

/** How the receiver does after an attempt; the same object when nothing is new. */
export function healthAfter(
  health: Health,
  outcome: Outcome,
  now: Date,
  random: () => number = Math.random,
): Health {
  if (outcome.type === 'delivered') return health.failures === 0 ? health : { failures: 0 }
  const failures = health.failures + 1
  const beyond = failures - FAILURES_TO_OPEN
  const rest = beyond < 0 ? 0 : spread(Math.min(LONGEST_REST_MS, FIRST_REST_MS * 2 ** beyond), random)
  const wait = Math.max(rest, retryAfterMs(outcome))
  return {
    failures,
    failingSince: health.failingSince ?? now.toISOString(),
    lastError: outcome.error,
    ...(wait > 0 && { resumesAt: new Date(now.getTime() + wait).toISOString() }),
  }
}

/** Whether the receiver is let rest: only one delivery at a time may ask whether it is back. */
export const isResting = ({ failures }: Health): boolean => failures >= FAILURES_TO_OPEN

/** Why a webhook must be set inactive after an attempt, if it must. */
export function disabledBy(outcome: Outcome, health: Health, now: Date): 'gone' | 'failing' | null {
  if (outcome.type === 'delivered') return null
  if (outcome.statusCode === 410) return 'gone'
  const since = health.failingSince
  return since !== undefined && now.getTime() - Date.parse(since) >= LIFETIME_MS ? 'failing' : null
}
