import { Secret } from '@onus/kit/config'
import { expect, it } from 'vitest'
import { createSealer } from './seal.ts'

const answer = { status: 201, headers: { location: '/x' }, body: '{"key":"onus_secret"}' }

it('opens with the key that it was sealed with, and with no other', () => {
  const sealer = createSealer(new Secret('s'.repeat(32)))
  const sealed = sealer.seal(answer, 'idempotency key')
  expect(sealed).not.toContain('onus_secret')
  expect(sealer.open(sealed, 'idempotency key')).toEqual(answer)
  expect(sealer.seal(answer, 'idempotency key')).not.toBe(sealed)
  expect(() => sealer.open(sealed, 'another key')).toThrow()
  expect(() => createSealer(new Secret('t'.repeat(32))).open(sealed, 'idempotency key')).toThrow()
})

it('opens what was sealed before the installation’s secret changed, as long as both are named', () => {
  const [old, next] = ['o'.repeat(32), 'n'.repeat(32)]
  const sealed = createSealer(new Secret(old)).seal(answer, 'k')
  expect(createSealer(new Secret(`${next},${old}`)).open(sealed, 'k')).toEqual(answer)
  expect(createSealer(new Secret(`${old},${next}`)).open(sealed, 'k')).toEqual(answer)
  expect(() => createSealer(new Secret(next)).open(sealed, 'k')).toThrow()
})
