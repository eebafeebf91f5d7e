import fc from 'fast-check'
import { expect, it } from 'vitest'
import { NOTICE_LIFETIME_MS, retryDelayMs } from './backoff.ts'

const plain = (number: number, elapsedMs: number) =>
  retryDelayMs({ number, elapsedMs, durationMs: 0 }, () => 0)

it('doubles from a second to less than thirty', () => {
  expect([1, 2, 3, 4, 5, 6, 7, 60].map((number) => plain(number, 0))).toEqual([
    1000, 2000, 4000, 8000, 16_000, 28_000, 28_000, 28_000,
  ])
})

it('takes longer after ten minutes, at most five', () => {
  expect(plain(30, 10 * 60_000)).toBe(60_000)
  expect(plain(30, 30 * 60_000)).toBe(180_000)
  expect(plain(30, 20 * 60 * 60_000)).toBe(300_000)
})

it('obeys a longer Retry-After', () => {
  expect(retryDelayMs({ number: 1, elapsedMs: 0, durationMs: 0, retryAfterMs: 90_000 })).toBe(90_000)
  expect(retryDelayMs({ number: 9, elapsedMs: 0, durationMs: 0, retryAfterMs: 10 }, () => 0)).toBe(28_000)
})

it('begins attempts at most 30 s apart for ten minutes, however long each takes, and ends in a day', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 15_000 }),
      fc.float({ min: 0, max: 1, noNaN: true }),
      (durationMs, luck) => {
        let elapsedMs = 0
        let number = 1
        while (elapsedMs < NOTICE_LIFETIME_MS) {
          const apart = durationMs + retryDelayMs({ number, elapsedMs, durationMs }, () => luck)
          expect(apart).toBeGreaterThanOrEqual(800)
          expect(apart).toBeLessThanOrEqual(elapsedMs < 10 * 60_000 ? 30_000 : 300_000)
          elapsedMs += apart
          number++
        }
        expect(number).toBeLessThan(2000)
      },
    ),
  )
})
