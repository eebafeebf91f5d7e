import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { digestAt, type Timing } from './digest.ts'

const at = (since: string, timing: Timing) => digestAt(new Date(since), timing).toISOString()
const night = { from: '22:00', to: '07:30' }

describe('a digest', () => {
  it.each([
    ['PT15M', '2026-03-02T10:07:30.000Z', '2026-03-02T10:15:00.000Z'],
    ['PT1H', '2026-03-02T10:07:30.000Z', '2026-03-02T11:00:00.000Z'],
    ['PT1H', '2026-03-02T11:00:00.000Z', '2026-03-02T12:00:00.000Z'],
    ['PT4H', '2026-03-02T10:07:30.000Z', '2026-03-02T12:00:00.000Z'],
    ['PT7H', '2026-03-02T22:00:00.000Z', '2026-03-03T00:00:00.000Z'],
    ['P1D', '2026-03-02T10:07:30.000Z', '2026-03-03T09:00:00.000Z'],
    ['P1D', '2026-03-02T08:07:30.000Z', '2026-03-02T09:00:00.000Z'],
    ['P1W', '2026-03-04T08:00:00.000Z', '2026-03-09T09:00:00.000Z'],
    ['P1W', '2026-03-02T08:00:00.000Z', '2026-03-02T09:00:00.000Z'],
  ])('every %s of what came at %s is sent at %s', (every, since, expected) => {
    expect(at(since, { timeZone: 'UTC', digest: { every } })).toBe(expected)
  })

  it('comes at even times of the agent’s own day', () => {
    const kathmandu = { timeZone: 'Asia/Kathmandu', digest: { every: 'PT1H' } }
    expect(at('2026-03-02T10:07:00.000Z', kathmandu)).toBe('2026-03-02T10:15:00.000Z')
    const daily = { timeZone: 'America/New_York', digest: { every: 'P1D' } }
    expect(at('2026-03-02T10:07:00.000Z', daily)).toBe('2026-03-02T14:00:00.000Z')
  })

  it('waits for the end of the quiet hours', () => {
    const timing = { timeZone: 'Europe/Paris', quietHours: night, digest: { every: 'PT1H' } }
    expect(at('2026-03-02T20:30:00.000Z', timing)).toBe('2026-03-03T06:30:00.000Z')
    expect(at('2026-03-02T12:30:00.000Z', timing)).toBe('2026-03-02T13:00:00.000Z')
    expect(at('2026-03-02T12:30:00.000Z', { ...timing, digest: { every: 'P1D' } })).toBe(
      '2026-03-03T06:30:00.000Z',
    )
  })

  it('follows the clock on the wall when the clocks change', () => {
    const berlin = { timeZone: 'Europe/Berlin', quietHours: night, digest: { every: 'P1D' } }
    expect(at('2026-03-28T12:00:00.000Z', berlin)).toBe('2026-03-29T05:30:00.000Z')
    expect(at('2026-10-24T12:00:00.000Z', berlin)).toBe('2026-10-25T06:30:00.000Z')
    const hourly = { timeZone: 'Europe/Berlin', digest: { every: 'PT1H' } }
    // 01:30, and at two it is three.
    expect(at('2026-03-29T00:30:00.000Z', hourly)).toBe('2026-03-29T01:00:00.000Z')
  })

  it('that is off lets go at the end of the quiet hours, or at once', () => {
    const timing = { timeZone: 'UTC', quietHours: night }
    expect(at('2026-03-02T23:00:00.000Z', timing)).toBe('2026-03-03T07:30:00.000Z')
    expect(at('2026-03-02T12:00:00.000Z', timing)).toBe('2026-03-02T12:00:00.000Z')
    expect(at('2026-03-02T12:00:00.000Z', { timeZone: 'Nowhere/Land' })).toBe('2026-03-02T12:00:00.000Z')
  })

  it('always comes, and never in the quiet hours', () => {
    fc.assert(
      fc.property(
        fc.date({ min: new Date('2026-01-01'), max: new Date('2027-12-31'), noInvalidDate: true }),
        fc.constantFrom('UTC', 'Europe/Berlin', 'America/St_Johns', 'Australia/Lord_Howe', 'Africa/Cairo'),
        fc.constantFrom('PT1M', 'PT15M', 'PT1H', 'PT5H', 'PT23H', 'P1D', 'P3D', 'P1W'),
        (since, timeZone, every) => {
          const due = digestAt(since, { timeZone, quietHours: night, digest: { every } })
          expect(due.getTime()).toBeGreaterThan(since.getTime())
          expect(due.getTime() - since.getTime()).toBeLessThan(8 * 24 * 3_600_000)
          const clock = due.toLocaleTimeString('en-GB', { timeZone, hour: '2-digit', minute: '2-digit' })
          expect(clock >= '07:30' && clock < '22:00').toBe(true)
        },
      ),
      { numRuns: 1000 },
    )
  })
})
