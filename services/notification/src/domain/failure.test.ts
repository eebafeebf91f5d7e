import { expect, it } from 'vitest'
import { asFailure, DeliveryFailure, withoutAddresses } from './failure.ts'

it.each([
  ['550 5.1.1 <joe@example.com>: no such user', '550 5.1.1 <…>: no such user'],
  ['joe.b+x@mail.example.com, ann@example.org refused', '…, … refused'],
  ['two\r\nlines', 'two lines'],
])('takes addresses and line breaks out of %j', (text, expected) => {
  expect(withoutAddresses(text)).toBe(expected)
})

it('is short, however much a server says', () => {
  expect(withoutAddresses('x '.repeat(5000)).length).toBeLessThanOrEqual(500)
})

it('takes no time for a long word, and shows no half of an address', () => {
  const began = performance.now()
  expect(withoutAddresses('a'.repeat(250_000))).toBe('…')
  expect(performance.now() - began).toBeLessThan(1000)
  const addresses = 'somebody.with.a.long.name.in.many.words@a-department.of.mail.example.com '.repeat(28)
  expect(withoutAddresses(addresses)).not.toContain('some')
})

it('takes what it does not know as something that passes', () => {
  expect(asFailure(new Error('socket hang up'))).toMatchObject({ kind: 'temporary', permanent: false })
  expect(asFailure('odd').message).toBe('odd')
  const dead = new DeliveryFailure('recipient', 'gone')
  expect(asFailure(dead)).toBe(dead)
  expect(dead.permanent).toBe(true)
})
