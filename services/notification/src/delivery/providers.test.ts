import { createLogger } from '@onus/kit/logging'
import { beforeEach, expect, it, vi } from 'vitest'
import { DeliveryFailure } from '../domain/failure.ts'
import type { Guarded } from '../store/guarded.ts'
import { createMemoryGuarded } from '../testing/memory.ts'
import { createProviders, type ProviderHealth, type Providers, shownTo } from './providers.ts'

const log = createLogger('test', 'silent')
const at = (seconds: number) => new Date(Date.UTC(2026, 2, 2, 10, 0, seconds))
const down = new DeliveryFailure('temporary', 'no connection')
const email = { name: 'email' } as const
const slack = { name: 'slack' } as const
let records: Guarded<ProviderHealth>
let providers: Providers

beforeEach(() => {
  vi.restoreAllMocks()
  records = createMemoryGuarded()
  providers = createProviders(log, records)
})

it('is told once when a provider fails, and once when it works again, by however many processes', async () => {
  const error = vi.spyOn(log, 'error')
  const info = vi.spyOn(log, 'info')
  const processes = [providers, createProviders(log, records), createProviders(log, records)]
  await Promise.all(Array.from({ length: 3000 }, (_, n) => processes[n % 3]!.failed(email, down, at(0))))
  expect(error).toHaveBeenCalledTimes(1)
  for (const each of [...processes, createProviders(log, records)]) {
    expect((await each.states())[0]).toMatchObject({
      name: 'email',
      state: 'failing',
      error: 'no connection',
    })
    expect(await each.enter(email, at(1))).toMatchObject({ name: 'the mail server' })
  }
  for (const each of processes) await each.worked(email)
  expect(info).toHaveBeenCalledTimes(1)
  expect((await providers.states())[0]).toEqual({ name: 'email', state: 'ok', failures: 0 })
  for (const each of processes) expect(await each.enter(email, at(1))).toBeNull()
})

it('lets one try at a time while a provider fails, and the others in when that worked', async () => {
  const other = createProviders(log, records)
  for (let n = 0; n < 5; n++) {
    expect(await providers.enter(email, at(0))).toBeNull()
    await providers.failed(email, down, at(0))
  }
  expect(await providers.enter(email, at(1))).toMatchObject({ until: at(2) })
  expect(await providers.enter(slack, at(1))).toBeNull()
  const tries = await Promise.all(
    [providers, other, providers, other].map((each) => each.enter(email, at(3))),
  )
  expect(tries.filter((each) => each === null)).toHaveLength(1)
  expect(tries.filter((each) => each !== null)[0]).toMatchObject({ until: at(23) })
  await providers.leave(email)
  expect(await other.enter(email, at(3))).toBeNull()
  await other.worked(email)
  expect(await providers.enter(email, at(3))).toBeNull()
  expect(await providers.enter(email, at(3))).toBeNull()
})

it('tries at least every 25 seconds, and later only when the provider asks for it', async () => {
  for (let n = 0; n < 50; n++) await providers.failed(slack, down, at(0))
  expect((await providers.enter(slack, at(1)))?.until).toEqual(at(25))
  await providers.failed(slack, new DeliveryFailure('temporary', 'later', { retryAfterMs: 90_000 }), at(0))
  expect((await providers.enter(slack, at(1)))?.until).toEqual(at(90))
})

it('takes a dead address or token, or a turn to wait for, for no fault of the provider', async () => {
  for (let n = 0; n < 50; n++) {
    await providers.failed(email, new DeliveryFailure('recipient', '550 no such user'), at(0))
    await providers.failed(email, new DeliveryFailure('temporary', 'waits', { waited: 'turn' }), at(0))
    await providers.failed(slack, new DeliveryFailure('temporary', 'ratelimited', { broken: 'token' }), at(0))
  }
  expect(await providers.enter(email, at(0))).toBeNull()
  expect(await providers.enter(slack, at(0))).toBeNull()
})

it('holds one push service for browsers up, and no other', async () => {
  const dead = { name: 'web_push', host: 'push.dead.example' } as const
  for (let n = 0; n < 5; n++) await providers.failed(dead, down, at(0))
  expect(await providers.enter(dead, at(1))).not.toBeNull()
  expect(await providers.enter({ name: 'web_push', host: 'push.well.example' }, at(1))).toBeNull()
  expect(await providers.states()).toContainEqual(
    expect.objectContaining({ name: 'web_push', host: 'push.dead.example', state: 'failing' }),
  )
})

it('shows an account its own incoming webhook and push services, and nobody else’s', async () => {
  const chat = { name: 'slack', host: 'chat.acme.example' } as const
  const browsers = { name: 'web_push', host: 'push.acme.example' } as const
  for (const place of [chat, browsers]) for (let n = 0; n < 5; n++) await providers.failed(place, down, at(0))
  const states = await providers.states()
  const of = (name: 'slack' | 'web_push', ...hosts: string[]) =>
    shownTo({ [name]: new Set(hosts) }, states).filter((each) => each.name === name)
  expect(of('slack', 'chat.acme.example')).toMatchObject([{ ...chat, state: 'failing' }])
  expect(of('web_push', 'push.well.example', 'push.acme.example')).toMatchObject([
    { ...browsers, state: 'failing' },
  ])
  for (const name of ['slack', 'web_push'] as const)
    for (const others of [[], ['elsewhere.example']])
      expect(of(name, ...others)).toEqual([{ name, state: 'ok', failures: 0 }])
  expect(shownTo({}, states).map(({ name }) => name)).toEqual([
    ...['email', 'slack', 'fcm', 'apns', 'web_push'],
  ])
})
