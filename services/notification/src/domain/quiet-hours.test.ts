import { expect, it } from 'vitest'
import { quietUntil } from './quiet-hours.ts'

it.each([
  ['inside', '2026-03-02T10:00:00Z', '09:00', '11:30', 'UTC', '2026-03-02T11:30:00.000Z'],
  ['before', '2026-03-02T08:59:59Z', '09:00', '11:30', 'UTC', null],
  ['begins', '2026-03-02T09:00:00Z', '09:00', '11:30', 'UTC', '2026-03-02T11:30:00.000Z'],
  ['ends', '2026-03-02T11:30:00Z', '09:00', '11:30', 'UTC', null],
  ['evening of a night', '2026-03-02T23:00:00Z', '22:00', '07:00', 'UTC', '2026-03-03T07:00:00.000Z'],
  ['morning of a night', '2026-03-03T06:59:00Z', '22:00', '07:00', 'UTC', '2026-03-03T07:00:00.000Z'],
  ['day after a night', '2026-03-03T07:00:00Z', '22:00', '07:00', 'UTC', null],
  [
    'in the person’s zone',
    '2026-03-02T18:00:00Z',
    '22:00',
    '07:00',
    'Asia/Kathmandu',
    '2026-03-03T01:15:00.000Z',
  ],
  [
    'over the end of winter time',
    '2026-03-28T23:00:00Z',
    '22:00',
    '07:00',
    'Europe/Paris',
    '2026-03-29T05:00:00.000Z',
  ],
  [
    'over the end of summer time',
    '2026-10-24T23:00:00Z',
    '22:00',
    '07:00',
    'Europe/Paris',
    '2026-10-25T06:00:00.000Z',
  ],
  ['of no length', '2026-03-02T09:00:00Z', '09:00', '09:00', 'UTC', null],
  ['unknown zone', '2026-03-02T10:00:00Z', '09:00', '11:30', 'Mars/Olympus', null],
])('%s', (_name, now, from, to, zone, expected) => {
  expect(quietUntil(new Date(now), { from, to }, zone)?.toISOString() ?? null).toBe(expected)
})

it('is never for who has none', () => {
  expect(quietUntil(new Date(), undefined, 'UTC')).toBeNull()
})
