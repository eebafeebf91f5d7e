import { expect, it } from 'vitest'
import { admit, bounced } from './breaker.ts'

const NOW = new Date('2026-03-02T10:00:00.000Z')
const later = '2026-03-02T10:00:20.000Z'
const past = '2026-03-02T09:59:59.000Z'

it.each([
  ['nothing is known', null, 'token', 'pass'],
  ['a token failed', { failures: 1, openUntil: later }, 'token', 'hold'],
  ['a token failed a while ago', { failures: 1, openUntil: past }, 'token', 'probe'],
  ['an address failed twice', { failures: 2, openUntil: later }, 'address', 'pass'],
  ['an address failed thrice', { failures: 3, openUntil: later }, 'address', 'hold'],
  ['an address failed a while ago', { failures: 9, openUntil: past }, 'address', 'probe'],
] as const)('%s', (_name, breaker, kind, expected) => {
  expect(admit(breaker, kind, NOW).type).toBe(expected)
})

it.each([
  ['mails came back for good', { failures: 0, bounces: 1, hard: true, openUntil: later }, 'dead'],
  ['mails came back for now', { failures: 0, bounces: 1, hard: false, openUntil: later }, 'hold'],
  ['mails came back a while ago', { failures: 0, bounces: 3, hard: true, openUntil: past }, 'probe'],
  ['one was taken since', { failures: 0, bounces: 1, onTrial: true, openUntil: later }, 'hold'],
  [
    'one was taken and did not come back',
    { failures: 0, bounces: 1, onTrial: true, openUntil: past },
    'clear',
  ],
] as const)('%s', (_name, breaker, expected) => {
  expect(admit(breaker, 'address', NOW).type).toBe(expected)
})

it('leaves an address alone for longer each time, at most a day', () => {
  const minutes = (breaker: ReturnType<typeof bounced>) =>
    (Date.parse(breaker.openUntil) - NOW.getTime()) / 60_000
  const once = bounced(null, 'hard', NOW)
  expect(minutes(once)).toBe(60)
  expect(minutes(bounced({ ...once, onTrial: true }, 'hard', NOW))).toBe(120)
  expect(minutes(bounced({ ...once, bounces: 50 }, 'hard', NOW))).toBe(24 * 60)
  expect(minutes(bounced(null, 'soft', NOW))).toBe(10)
})
