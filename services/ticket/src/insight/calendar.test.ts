import { describe, expect, it } from 'vitest'
import { dayAfter, dayAt, daysFromTo, daysOf, isDay } from './calendar.ts'
import { readPeriod } from './period.ts'

describe('the days of an account', () => {
  it('begin at its own midnight, also where clocks change', () => {
    expect(daysOf('2026-03-28', '2026-03-30', 'Europe/Madrid')).toEqual([
      { day: '2026-03-28', start: '2026-03-27T23:00:00.000Z', end: '2026-03-28T23:00:00.000Z' },
      { day: '2026-03-29', start: '2026-03-28T23:00:00.000Z', end: '2026-03-29T22:00:00.000Z' },
      { day: '2026-03-30', start: '2026-03-29T22:00:00.000Z', end: '2026-03-30T22:00:00.000Z' },
    ])
    expect(dayAt('2026-03-29T22:30:00.000Z', 'Europe/Madrid')).toBe('2026-03-30')
    expect(dayAt('2026-03-01T18:20:00.000Z', 'Asia/Kathmandu')).toBe('2026-03-02')
  })

  it('are those of UTC in a zone that is not known', () => {
    expect(daysOf('2026-03-01', '2026-03-01', 'Mars/Olympus')[0]?.start).toBe('2026-03-01T00:00:00.000Z')
  })

  it('are counted and stepped by the calendar', () => {
    expect(daysFromTo('2026-02-27', '2026-03-01')).toBe(3)
    expect(dayAfter('2026-03-01', -1)).toBe('2026-02-28')
    expect([isDay('2026-02-29'), isDay('2028-02-29'), isDay('1999-12-31'), isDay('2026-2-1')]).toEqual([
      false,
      true,
      false,
      false,
    ])
  })
})

describe('a period', () => {
  const now = new Date('2026-03-31T23:30:00.000Z')
  const read = (since?: string, until?: string) => readPeriod({ since, until }, 'Europe/Madrid', now)
  const refused = (since?: string, until?: string) => {
    try {
      read(since, until)
    } catch (error) {
      return (error as { errors: { field: string }[] }).errors.map(({ field }) => field)
    }
    return 'accepted'
  }

  it('is the last 30 days unless it is named', () => {
    expect(read()).toEqual({ since: '2026-03-03', until: '2026-04-01' })
    expect(read('2026-03-31')).toEqual({ since: '2026-03-31', until: '2026-04-01' })
    expect(read(undefined, '2026-01-30')).toEqual({ since: '2026-01-01', until: '2026-01-30' })
  })

  it('has at most 366 days, in their order, and names the field that is wrong', () => {
    expect(read('2028-01-01', '2028-12-31')).toEqual({ since: '2028-01-01', until: '2028-12-31' })
    expect(refused('2027-12-31', '2028-12-31')).toEqual(['since'])
    expect(refused('2026-03-02', '2026-03-01')).toEqual(['until'])
    expect(refused('yesterday', '2026-02-30')).toEqual(['since', 'until'])
  })
})
