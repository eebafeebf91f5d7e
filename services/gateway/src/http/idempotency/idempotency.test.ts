import type { Caller } from '@onus/kit/caller'
import { createLogger } from '@onus/kit/logging'
import { describe, expect, it, vi } from 'vitest'
import { aTicket, CALLERS, fakeApp, openSealer } from '../../testing/fakes.ts'
import { bodyHash, createIdempotency, requestIdentity } from './idempotency.ts'
import { createMemoryIdempotencyStore } from './memory-store.ts'
import { LEASE_MS, REMEMBERED_MS } from './store.ts'

const log = createLogger('gateway', 'silent')
const soon = () => new Date(Date.now() + 5_000)
const agent = CALLERS.agent as Caller

function world() {
  let now = Date.now()
  const store = createMemoryIdempotencyStore(() => new Date(now))
  return {
    store,
    pass: (ms: number) => {
      now += ms
    },
    idempotency: createIdempotency(store, openSealer, log),
  }
}

const identity = { id: 'id', key: 'key' }
const answer = (body: string, status = 200) => ({ status, headers: { 'x-answer': body }, body })

describe('once', () => {
  it('executes once and gives everybody the same answer', async () => {
    const { idempotency } = world()
    const execute = vi.fn(async () => {
      await new Promise((resolve) => setTimeout(resolve, 50))
      return answer('one')
    })
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => idempotency.once(identity, 'hash', soon(), execute)),
    )
    expect(execute).toHaveBeenCalledTimes(1)
    expect(answers).toEqual(Array.from({ length: 20 }, () => answer('one')))
  })

  it('refuses another body, at work and done', async () => {
    const { idempotency } = world()
    const other = () => idempotency.once(identity, 'other', soon(), async () => answer('never'))
    const first = idempotency.once(identity, 'hash', soon(), async () => {
      await expect(other()).rejects.toMatchObject({ reason: 'idempotency-key-reused' })
      return answer('one')
    })
    await first
    await expect(other()).rejects.toMatchObject({ reason: 'idempotency-key-reused' })
  })

  it('remembers refusals, and not what could not be found out', async () => {
    const { idempotency } = world()
    const run = (id: string, status: number) =>
      idempotency.once({ id, key: 'k' }, 'hash', soon(), async () => answer(String(Math.random()), status))
    for (const status of [200, 201, 204, 400, 403, 404, 409, 422])
      expect((await run(`s${status}`, status)).body).toBe((await run(`s${status}`, status)).body)
    for (const status of [429, 500, 503])
      expect((await run(`s${status}`, status)).body).not.toBe((await run(`s${status}`, status)).body)
  })

  it('waits no longer than the deadline', async () => {
    const { idempotency } = world()
    void idempotency.once(identity, 'hash', soon(), () => new Promise(() => undefined))
    const waiting = idempotency.once(identity, 'hash', new Date(Date.now() + 100), async () =>
      answer('never'),
    )
    await expect(waiting).rejects.toMatchObject({ reason: 'unavailable' })
  })

  it('executes again when the first has died, and only for the same body', async () => {
    const { store, pass, idempotency } = world()
    await store.claim('id', 'hash', 'one that dies')
    pass(LEASE_MS + 1)
    await expect(idempotency.once(identity, 'other', soon(), async () => answer('no'))).rejects.toMatchObject(
      {
        reason: 'idempotency-key-reused',
      },
    )
    expect((await idempotency.once(identity, 'hash', soon(), async () => answer('again'))).body).toBe('again')
  })

  it('lets a long first live', async () => {
    vi.useFakeTimers()
    try {
      const { store, pass, idempotency } = world()
      const first = idempotency.once(identity, 'hash', new Date(Date.now() + 60_000), async () => {
        for (let step = 0; step < 5; step++) {
          pass(LEASE_MS / 2)
          await vi.advanceTimersByTimeAsync(LEASE_MS / 2)
        }
        return answer('late')
      })
      await vi.advanceTimersByTimeAsync(LEASE_MS)
      expect((await store.claim('id', 'hash', 'another')).state).not.toBe('first')
      expect((await first).body).toBe('late')
    } finally {
      vi.useRealTimers()
    }
  })

  it('forgets after a day', async () => {
    const { pass, idempotency } = world()
    await idempotency.once(identity, 'hash', soon(), async () => answer('one'))
    pass(REMEMBERED_MS)
    expect((await idempotency.once(identity, 'other', soon(), async () => answer('two'))).body).toBe('two')
  })

  it('answers what was done although it could not be remembered', async () => {
    const { store } = world()
    const failing = { ...store, finish: () => Promise.reject(new Error('store away')) }
    const idempotency = createIdempotency(failing, openSealer, log)
    expect((await idempotency.once(identity, 'hash', soon(), async () => answer('one'))).body).toBe('one')
  })

  it('is unavailable without its store', async () => {
    const { store } = world()
    const failing = { ...store, claim: () => Promise.reject(new Error('store away')) }
    const once = createIdempotency(failing, openSealer, log).once(identity, 'h', soon(), async () =>
      answer('x'),
    )
    await expect(once).rejects.toMatchObject({ reason: 'unavailable' })
  })
})

describe('requestIdentity', () => {
  const of = (caller: Caller, method = 'POST', path = '/a', key = 'k') =>
    requestIdentity(caller, method, path, key)?.id

  it('is one for one caller, path and key', () => {
    const all = [
      of(agent),
      of({ ...agent, id: 'bob' }),
      of({ ...agent, accountId: 'other' }),
      of(agent, 'POST', '/b'),
      of(agent, 'POST', '/a', 'k2'),
    ]
    expect(new Set(all).size).toBe(all.length)
    expect(of({ ...agent, apiKeyId: 'another key of the same agent' })).toBe(of(agent))
    expect(requestIdentity(agent, 'POST', '/a', undefined)).toBeNull()
  })

  it.each(['', ' ', 'x'.repeat(256), 'é', 'a\tb'])('refuses the key %j', (key) => {
    expect(() => of(agent, 'POST', '/a', key)).toThrow('Idempotency-Key')
  })
})

it('hashes a body by its value', () => {
  expect(bodyHash({ a: 1, b: [{ c: 2, d: 3 }] })).toBe(bodyHash({ b: [{ d: 3, c: 2 }], a: 1 }))
  expect(bodyHash({ a: [1, 2] })).not.toBe(bodyHash({ a: [2, 1] }))
  expect(bodyHash({ a: { b: 1 } })).not.toBe(bodyHash({ a: [['b', 1]] }))
  expect(bodyHash({ bytes: new Uint8Array([1]) })).not.toBe(bodyHash({ bytes: new Uint8Array([2]) }))
})

describe('over HTTP', () => {
  it('repeats status, body and headers, and the command only once', async () => {
    const execute = vi.fn(async (_: { commandId: string }) => aTicket())
    const createTicket = vi.fn(async () => aTicket())
    const { send } = fakeApp({ ticket: { execute, createTicket } })
    const options = { as: 'agent', json: {}, headers: { 'idempotency-key': 'abc' } }
    const first = await send('POST', '/tickets/t1/claim', options)
    const second = await send('POST', '/tickets/t1/claim', options)
    expect(second).toMatchObject({ status: first.status, body: first.body })
    expect(execute).toHaveBeenCalledTimes(1)
    await send('POST', '/tickets/t2/claim', options)
    await send('POST', '/tickets/t1/claim', { ...options, as: 'owner' })
    const ids = execute.mock.calls.map(([request]) => request.commandId)
    expect(new Set(ids).size).toBe(3)

    const json = { subject: 's', body: 'b', channel: 'api', contact: { name: 'n' } }
    const created = await send('POST', '/tickets', { ...options, json })
    const again = await send('POST', '/tickets', { ...options, json })
    expect(again.status).toBe(201)
    expect(again.headers.get('location')).toBe(created.headers.get('location'))
    expect((await send('POST', '/tickets', { ...options, json: { ...json, body: 'c' } })).status).toBe(422)
  })

  it('gives the same command id to a repeat after an outage', async () => {
    const ids: string[] = []
    const execute = vi.fn(async ({ commandId }: { commandId: string }) => {
      ids.push(commandId)
      if (ids.length === 1) throw new Error('broken for once')
      return aTicket()
    })
    const { send } = fakeApp({ ticket: { execute } })
    const options = { as: 'agent', headers: { 'idempotency-key': 'abc' } }
    expect((await send('POST', '/tickets/t1/claim', options)).status).toBe(500)
    expect((await send('POST', '/tickets/t1/claim', options)).status).toBe(200)
    expect(ids[0]).toBe(ids[1])
  })

  it('makes a new command of every request without a key', async () => {
    const execute = vi.fn(async (_: { commandId: string }) => aTicket())
    const { send } = fakeApp({ ticket: { execute } })
    await send('POST', '/tickets/t1/claim', { as: 'agent' })
    await send('POST', '/tickets/t1/claim', { as: 'agent' })
    expect(execute.mock.calls[0]?.[0].commandId).not.toBe(execute.mock.calls[1]?.[0].commandId)
  })
})
