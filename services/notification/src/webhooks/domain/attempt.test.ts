import { describe, expect, it } from 'vitest'
import {
  attempted,
  disabledBy,
  FAILURES_TO_OPEN,
  healthAfter,
  isResting,
  LIFETIME_MS,
  type Outcome,
  retryDelayMs,
} from './attempt.ts'
import { type Delivery, HEALTHY } from './model.ts'

const NOW = new Date('2026-03-01T09:00:00.000Z')
const later = (ms: number): string => new Date(NOW.getTime() + ms).toISOString()
const middle = () => 0.5

const delivery: Delivery = {
  id: 'd1',
  accountId: 'acc',
  webhookId: 'w1',
  order: '1',
  eventId: 't1-1',
  type: 'dev.onus.ticket.created.v1',
  subject: 't1',
  sequence: 1,
  state: 'pending',
  attempts: 0,
  nextAttemptAt: later(0),
  createdAt: later(0),
  deadline: later(LIFETIME_MS),
}
const refused = (extra: Partial<Outcome> = {}): Outcome =>
  ({
    type: 'failed',
    statusCode: 500,
    error: 'The receiver answered 500.',
    durationMs: 100,
    ...extra,
  }) as Outcome
const taken: Outcome = { type: 'delivered', statusCode: 204, durationMs: 30 }

describe('a delivery', () => {
  it('is done when it was taken, and keeps nothing of failures', () => {
    const failed = attempted(delivery, refused(), NOW, middle)
    const done = attempted(failed, taken, NOW)
    expect(done).toMatchObject({ state: 'delivered', attempts: 2, statusCode: 204, durationMs: 30 })
    expect(done).not.toHaveProperty('error')
    expect(done).not.toHaveProperty('nextAttemptAt')
    expect(done.deliveredAt).toBe(later(30))
  })

  it('is tried again later and later, at most an hour apart', () => {
    expect([1, 2, 3, 4].map((n) => retryDelayMs(n, middle))).toEqual([2000, 6000, 18_000, 54_000])
    expect(retryDelayMs(40, middle)).toBe(3_600_000)
    expect(retryDelayMs(1, () => 0)).toBe(1600)
    expect(retryDelayMs(1, () => 1)).toBe(2400)
    expect(attempted(delivery, refused(), NOW, middle)).toMatchObject({
      state: 'retrying',
      nextAttemptAt: later(2100),
    })
  })

  it('waits as long as the receiver asks', () => {
    const asked = attempted(delivery, refused({ retryAfterMs: 600_000 }), NOW, middle)
    expect(asked.nextAttemptAt).toBe(later(600_100))
  })

  it('is a dead letter after three days, and when the receiver is gone', () => {
    const old = { ...delivery, attempts: 30, deadline: later(1000) }
    expect(attempted(old, refused(), NOW)).toMatchObject({ state: 'dead_letter', attempts: 31 })
    expect(attempted(delivery, refused({ statusCode: 410 }), NOW).state).toBe('dead_letter')
  })

  it('is tried for three days', () => {
    let tried = delivery
    let at = NOW
    while (tried.state !== 'dead_letter') {
      tried = attempted(tried, refused({ durationMs: 0 }), at, middle)
      if (tried.nextAttemptAt) at = new Date(tried.nextAttemptAt)
    }
    expect(at.getTime() - NOW.getTime()).toBeGreaterThan(LIFETIME_MS - 3_700_000)
    expect(tried.attempts).toBeGreaterThan(70)
  })
})

describe('a receiver', () => {
  it('is let rest after five failures in a row, and is well after one success', () => {
    let health = HEALTHY
    for (let n = 1; n < FAILURES_TO_OPEN; n++) health = healthAfter(health, refused(), NOW, middle)
    expect([isResting(health), health.resumesAt]).toEqual([false, undefined])
    health = healthAfter(health, refused(), NOW, middle)
    expect(isResting(health)).toBe(true)
    expect(health).toMatchObject({ failingSince: later(0), resumesAt: later(10_000) })
    expect(healthAfter(health, refused(), NOW, middle).resumesAt).toBe(later(20_000))
    expect(healthAfter({ ...health, failures: 50 }, refused(), NOW, middle).resumesAt).toBe(later(60_000))
    expect(healthAfter(health, taken, NOW)).toEqual({ failures: 0 })
  })

  it('who asks for time gets it for everything', () => {
    expect(healthAfter(HEALTHY, refused({ retryAfterMs: 30_000 }), NOW, middle).resumesAt).toBe(later(30_000))
    const year = refused({ retryAfterMs: 365 * 86_400_000 })
    expect(healthAfter(HEALTHY, year, NOW, middle).resumesAt).toBe(later(86_400_000))
  })

  it('is sent nothing more when it is gone, or took nothing for three days', () => {
    expect(disabledBy(refused({ statusCode: 410 }), HEALTHY, NOW)).toBe('gone')
    expect(disabledBy(refused(), { failures: 9, failingSince: later(-LIFETIME_MS) }, NOW)).toBe('failing')
    expect(disabledBy(refused(), { failures: 9, failingSince: later(1 - LIFETIME_MS) }, NOW)).toBeNull()
    expect(disabledBy(taken, { failures: 0 }, NOW)).toBeNull()
  })
})
