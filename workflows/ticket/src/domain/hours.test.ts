import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { HoursFacts } from './facts.ts'
import { afterCalendarTime, afterWorkingTime, beforeWorkingTime, instant } from './hours.ts'

const nine = { intervals: [{ from: '09:00', to: '17:30' }] }
const paris = (more: Partial<HoursFacts> = {}): HoursFacts => ({
  timeZone: 'Europe/Paris',
  mon: nine,
  tue: nine,
  wed: nine,
  thu: nine,
  fri: nine,
  holidays: [],
  ...more,
})

describe('working time back from a moment', () => {
  it.each([
    ['within a day', '2026-03-02T10:00:00.000Z', 'PT1H', '2026-03-02T09:00:00.000Z'],
    ['from the night', '2026-03-03T02:00:00.000Z', 'PT30M', '2026-03-02T16:00:00.000Z'],
    ['over a night', '2026-03-03T08:01:00.000Z', 'PT31M', '2026-03-02T16:00:00.000Z'],
    ['over a weekend', '2026-03-09T08:30:00.000Z', 'PT1H', '2026-03-06T16:00:00.000Z'],
    ['over a change of clocks', '2026-03-30T07:30:00.000Z', 'PT1H', '2026-03-27T16:00:00.000Z'],
  ])('%s', (_, until, duration, expected) => {
    expect(beforeWorkingTime(until, duration, paris())).toBe(expected)
  })

  it('is all time when a department is always open, and never when it never opens', () => {
    expect(beforeWorkingTime('2026-03-02T23:00:00.000Z', 'P1DT1H', undefined)).toBe(
      '2026-03-01T22:00:00.000Z',
    )
    expect(
      beforeWorkingTime('2026-03-02T23:00:00.000Z', 'PT1H', { timeZone: 'UTC', holidays: [] }),
    ).toBeNull()
    expect(beforeWorkingTime('2026-03-02T23:00:00.000Z', 'soon', undefined)).toBeNull()
  })

  it('is the way there and back', () => {
    const night = {
      intervals: [
        { from: '22:00', to: '06:00' },
        { from: '12:00', to: '13:00' },
      ],
    }
    const moment = fc.integer({ min: Date.parse('2026-03-01'), max: Date.parse('2026-11-01') })
    fc.assert(
      fc.property(moment, fc.integer({ min: 1, max: 6_000 }), fc.boolean(), (from, minutes, late) => {
        const hours = late ? paris({ wed: night, sat: night }) : paris()
        const length = `PT${minutes}M`
        const there = afterWorkingTime(new Date(from).toISOString(), length, hours) ?? ''
        const back = beforeWorkingTime(there, length, hours) ?? ''
        expect(afterWorkingTime(back, length, hours)).toBe(there)
      }),
      { numRuns: 200 },
    )
  })
})

describe('working time', () => {
  it('is all time when a department is always open', () => {
    expect(afterWorkingTime('2026-03-01T22:00:00.000Z', 'P1DT1H', undefined)).toBe('2026-03-02T23:00:00.000Z')
  })

  it.each([
    ['within a day', '2026-03-02T09:00:00.000Z', 'PT1H', '2026-03-02T10:00:00.000Z'],
    ['from before the opening', '2026-03-02T05:00:00.000Z', 'PT30M', '2026-03-02T08:30:00.000Z'],
    ['from after the end', '2026-03-02T20:00:00.000Z', 'PT30M', '2026-03-03T08:30:00.000Z'],
    ['to the very end', '2026-03-02T16:00:00.000Z', 'PT30M', '2026-03-02T16:30:00.000Z'],
    ['over a night', '2026-03-02T16:00:00.000Z', 'PT31M', '2026-03-03T08:01:00.000Z'],
    ['over a weekend', '2026-03-06T16:00:00.000Z', 'PT1H', '2026-03-09T08:30:00.000Z'],
    ['of several days', '2026-03-02T08:00:00.000Z', 'P1D', '2026-03-04T15:00:00.000Z'],
    ['of nothing', '2026-03-01T12:00:00.000Z', 'PT0S', '2026-03-02T08:00:00.000Z'],
  ])('%s', (_, from, duration, expected) => {
    expect(afterWorkingTime(from, duration, paris())).toBe(expected)
  })

  it('leaves holidays out', () => {
    const hours = paris({ holidays: ['2026-03-03'] })
    expect(afterWorkingTime('2026-03-02T16:00:00.000Z', 'PT1H', hours)).toBe('2026-03-04T08:30:00.000Z')
  })

  it('keeps local hours when the clocks change', () => {
    // Paris goes from UTC+1 to UTC+2 on 29 March 2026.
    expect(afterWorkingTime('2026-03-27T16:00:00.000Z', 'PT1H', paris())).toBe('2026-03-30T07:30:00.000Z')
    expect(afterWorkingTime('2026-10-23T15:00:00.000Z', 'PT1H', paris())).toBe('2026-10-26T08:30:00.000Z')
  })

  it('counts the hour that the clocks take, or give, as it passes', () => {
    const night = { intervals: [{ from: '00:00', to: '06:00' }] }
    const hours = { timeZone: 'Europe/Paris', sun: night, holidays: [] }
    expect(afterWorkingTime('2026-03-28T20:00:00.000Z', 'PT5H', hours)).toBe('2026-03-29T04:00:00.000Z')
    expect(afterWorkingTime('2026-10-24T20:00:00.000Z', 'PT7H', hours)).toBe('2026-10-25T05:00:00.000Z')
  })

  it('knows intervals over midnight, until midnight, and those that overlap', () => {
    const late = { timeZone: 'UTC', mon: { intervals: [{ from: '22:00', to: '02:00' }] }, holidays: [] }
    expect(afterWorkingTime('2026-03-02T21:00:00.000Z', 'PT3H', late)).toBe('2026-03-03T01:00:00.000Z')
    expect(afterWorkingTime('2026-03-03T01:30:00.000Z', 'PT1H', late)).toBe('2026-03-09T22:30:00.000Z')
    const whole = { timeZone: 'UTC', mon: { intervals: [{ from: '20:00', to: '24:00' }] }, holidays: [] }
    expect(afterWorkingTime('2026-03-02T20:00:00.000Z', 'PT5H', whole)).toBe('2026-03-09T21:00:00.000Z')
    const double = {
      timeZone: 'UTC',
      mon: {
        intervals: [
          { from: '11:00', to: '13:00' },
          { from: '09:00', to: '12:00' },
        ],
      },
      holidays: [],
    }
    expect(afterWorkingTime('2026-03-02T00:00:00.000Z', 'PT4H', double)).toBe('2026-03-02T13:00:00.000Z')
  })

  it('has no moment for what makes no sense, and never fails', () => {
    expect(afterWorkingTime('2026-03-02T09:00:00.000Z', 'soon', paris())).toBeNull()
    expect(afterWorkingTime('2026-03-02T09:00:00.000Z', '-PT1H', paris())).toBeNull()
    expect(afterWorkingTime('never', 'PT1H', paris())).toBeNull()
    expect(afterWorkingTime('2026-03-02T09:00:00.000Z', 'PT1H', { timeZone: 'UTC', holidays: [] })).toBeNull()
    const odd = { timeZone: 'Mars/Olympus', mon: { intervals: [{ from: '9', to: '25:00' }] }, holidays: [] }
    expect(afterWorkingTime('2026-03-02T09:00:00.000Z', 'PT1H', odd)).toBeNull()
    const lost = paris({ timeZone: 'Mars/Olympus' })
    expect(afterWorkingTime('2026-03-02T09:00:00.000Z', 'PT1H', lost)).toBe('2026-03-02T10:00:00.000Z')
  })

  it('is never earlier than the calendar says, and more takes longer', () => {
    const minutes = fc.integer({ min: 0, max: 6000 })
    const start = fc.integer({ min: Date.UTC(2026, 0), max: Date.UTC(2027, 0) })
    fc.assert(
      fc.property(start, minutes, minutes, (from, some, more) => {
        const at = new Date(from).toISOString()
        const first = afterWorkingTime(at, `PT${some}M`, paris()) ?? ''
        const second = afterWorkingTime(at, `PT${some + more}M`, paris()) ?? ''
        expect(Date.parse(first) - from).toBeGreaterThanOrEqual(some * 60_000)
        expect(second >= first).toBe(true)
      }),
      { numRuns: 300 },
    )
  })
})

describe('calendar time', () => {
  it('goes by the account’s calendar', () => {
    expect(afterCalendarTime('2026-03-28T12:00:00.000Z', 'P1D', 'Europe/Paris')).toBe(
      '2026-03-29T11:00:00.000Z',
    )
    expect(afterCalendarTime('2026-03-28T12:00:00.000Z', 'PT24H', 'Europe/Paris')).toBe(
      '2026-03-29T12:00:00.000Z',
    )
    expect(afterCalendarTime('2026-03-28T12:00:00.000Z', 'P1D', 'Mars/Olympus')).toBe(
      '2026-03-29T12:00:00.000Z',
    )
    expect(afterCalendarTime('2026-03-28T12:00:00.000Z', '', 'UTC')).toBeNull()
  })
})

describe('an instant', () => {
  it.each([
    ['2026-03-04T10:00:00+02:00', '2026-03-04T08:00:00.000Z'],
    ['2026-03-04t10:00:00z', '2026-03-04T10:00:00.000Z'],
    ['2026-03-04', null],
    ['2026-02-30T10:00:00Z', null],
    ['', null],
  ])('%j', (text, expected) => {
    expect(instant(text)).toBe(expected)
  })
})
