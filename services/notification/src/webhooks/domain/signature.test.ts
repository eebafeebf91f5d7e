import { describe, expect, it } from 'vitest'
import { newSecret, signature, signedHeaders, verifies } from './signature.ts'

const NOW = new Date('2026-03-01T09:00:00.000Z')
const timestamp = NOW.getTime() / 1000

describe('a signature', () => {
  it('is that of the published example of Standard Webhooks', () => {
    const message = {
      id: 'msg_p5jXN8AQM9LWM0D4loKWxJek',
      timestamp: 1614265330,
      body: '{"test": 2432232314}',
    }
    expect(signature('whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', message)).toBe(
      'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
    )
  })

  it('verifies by each secret that is valid, and by no other', () => {
    const [current, before, other] = [newSecret(), newSecret(), newSecret()]
    const headers = signedHeaders([current, before], { id: 'e-1', timestamp, body: '{}' })
    expect(verifies(current, headers, '{}', NOW)).toBe(true)
    expect(verifies(before, headers, '{}', NOW)).toBe(true)
    expect(verifies(other, headers, '{}', NOW)).toBe(false)
  })

  it('covers the body, the id and the time', () => {
    const secret = newSecret()
    const headers = signedHeaders([secret], { id: 'e-1', timestamp, body: '{}' })
    expect(verifies(secret, headers, '{ }', NOW)).toBe(false)
    expect(verifies(secret, { ...headers, 'webhook-id': 'e-2' }, '{}', NOW)).toBe(false)
    expect(verifies(secret, { ...headers, 'webhook-timestamp': String(timestamp + 1) }, '{}', NOW)).toBe(
      false,
    )
  })

  it('is refused when it is old, and without its headers', () => {
    const secret = newSecret()
    const headers = signedHeaders([secret], { id: 'e-1', timestamp, body: '{}' })
    expect(verifies(secret, headers, '{}', new Date(NOW.getTime() + 301_000))).toBe(false)
    expect(verifies(secret, {}, '{}', NOW)).toBe(false)
  })

  it('has a secret of 32 random bytes', () => {
    expect(newSecret()).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/)
    expect(newSecret()).not.toBe(newSecret())
  })
})
