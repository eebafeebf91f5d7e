import { describe, expect, it } from 'vitest'
import { fromLocalInput, postponeChoices, toLocalInput } from './postpone.ts'

const choices = (now: string, timeZone: string) =>
  Object.fromEntries(postponeChoices(new Date(now), timeZone).map(({ id, at }) => [id, at.toISOString()]))

describe('postponing', () => {
  it('offers what people mean, by the clock of their profile', () => {
    // A Wednesday, 22:30 in Lisbon, already Thursday in Tokyo.
    expect(choices('2026-03-04T22:30:12.345Z', 'Europe/Lisbon')).toEqual({
      later: '2026-03-05T01:00:00.000Z',
      tomorrow: '2026-03-05T09:00:00.000Z',
      monday: '2026-03-09T09:00:00.000Z',
      week: '2026-03-11T09:00:00.000Z',
    })
    expect(choices('2026-03-04T22:30:12.345Z', 'Asia/Tokyo')).toMatchObject({
      tomorrow: '2026-03-06T00:00:00.000Z',
      monday: '2026-03-09T00:00:00.000Z',
    })
  })

  it('means the next Monday on a Sunday, and the one after it on a Monday', () => {
    expect(choices('2026-03-08T12:00:00Z', 'UTC').monday).toBe('2026-03-09T09:00:00.000Z')
    expect(choices('2026-03-09T12:00:00Z', 'UTC').monday).toBe('2026-03-16T09:00:00.000Z')
  })

  it('offers moments that are still to come, whatever the day', () => {
    for (let day = 1; day <= 7; day++) {
      const now = new Date(Date.UTC(2026, 2, day, 22, 30))
      for (const { at } of postponeChoices(now, 'America/Lima')) expect(at.getTime()).toBeGreaterThan(+now)
    }
  })

  it('keeps nine o’clock over a change of the clocks', () => {
    expect(choices('2026-03-28T12:00:00Z', 'Europe/Amsterdam').tomorrow).toBe('2026-03-29T07:00:00.000Z')
  })

  it('reads the field as it wrote it, in any zone', () => {
    for (const zone of ['UTC', 'Asia/Kolkata', 'America/St_Johns', 'Pacific/Auckland']) {
      const at = new Date('2026-07-01T03:45:00.000Z')
      expect(fromLocalInput(toLocalInput(at, zone), zone)).toEqual(at)
    }
    expect(toLocalInput(new Date('2026-07-01T03:45:30.500Z'), 'Asia/Kolkata')).toBe('2026-07-01T09:15')
  })

  it('takes half a date for none', () => {
    expect(fromLocalInput('', 'UTC')).toBeNull()
    expect(fromLocalInput('2026-07', 'UTC')).toBeNull()
  })
})
