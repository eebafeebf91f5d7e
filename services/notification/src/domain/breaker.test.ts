import { expect, it } from 'vitest'
import { admit } from './breaker.ts'

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
