import { createLogger } from '@onus/kit/logging'
import { beforeEach, expect, it, vi } from 'vitest'
import { DeliveryFailure } from '../domain/failure.ts'
import { createProviders, type Providers } from './providers.ts'

const log = createLogger('test', 'silent')
const at = (seconds: number) => new Date(Date.UTC(2026, 2, 2, 10, 0, seconds))
const down = new DeliveryFailure('temporary', 'no connection')
let providers: Providers

beforeEach(() => {
  vi.restoreAllMocks()
  providers = createProviders(log)
})

it('is told once when a provider fails, and once when it works again', () => {
  const error = vi.spyOn(log, 'error')
  const info = vi.spyOn(log, 'info')
  for (let n = 0; n < 10_000; n++) providers.failed('email', down, at(0))
  expect(error).toHaveBeenCalledTimes(1)
  expect(providers.states()[0]).toMatchObject({ name: 'email', state: 'failing', error: 'no connection' })
  providers.worked('email')
  providers.worked('email')
  expect(info).toHaveBeenCalledTimes(1)
  expect(providers.states()[0]).toEqual({ name: 'email', state: 'ok', failures: 0 })
})

it('lets one try at a time while a provider fails, and the others in when that worked', () => {
  for (let n = 0; n < 5; n++) {
    expect(providers.enter('email', at(0))).toBeNull()
    providers.failed('email', down, at(0))
  }
  expect(providers.enter('email', at(1))).toMatchObject({ until: at(2) })
  expect(providers.enter('slack', at(1))).toBeNull()
  expect(providers.enter('email', at(3))).toBeNull()
  expect(providers.enter('email', at(3))).toMatchObject({ until: at(23) })
  providers.leave('email')
  expect(providers.enter('email', at(3))).toBeNull()
  providers.worked('email')
  expect(providers.enter('email', at(3))).toBeNull()
  expect(providers.enter('email', at(3))).toBeNull()
})

it('tries at least every 25 seconds, and later only when the provider asks for it', () => {
  for (let n = 0; n < 50; n++) providers.failed('slack', down, at(0))
  expect(providers.enter('slack', at(1))?.until).toEqual(at(25))
  providers.failed('slack', new DeliveryFailure('temporary', 'later', { retryAfterMs: 90_000 }), at(0))
  expect(providers.enter('slack', at(1))?.until).toEqual(at(90))
})

it('takes a dead address or token for no fault of the provider', () => {
  for (let n = 0; n < 50; n++) {
    providers.failed('email', new DeliveryFailure('recipient', '550 no such user'), at(0))
    providers.failed('slack', new DeliveryFailure('temporary', 'ratelimited', { broken: 'token' }), at(0))
  }
  expect(providers.enter('email', at(0))).toBeNull()
  expect(providers.enter('slack', at(0))).toBeNull()
})
