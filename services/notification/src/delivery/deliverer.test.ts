import { createLogger } from '@onus/kit/logging'
import { problems } from '@onus/kit/problems'
import { beforeEach, describe, expect, it } from 'vitest'
import { NOTICE_LIFETIME_MS } from '../domain/backoff.ts'
import { DeliveryFailure } from '../domain/failure.ts'
import { type Notice, newNotice } from '../domain/notice.ts'
import type { BreakerKey, Breakers } from '../store/breakers.ts'
import {
  createMemoryChanges,
  createMemoryGuarded,
  createMemoryLedger,
  noPace,
  openDoors,
} from '../testing/memory.ts'
import { type AttemptFailed, type AttemptInfo, createDeliverer } from './deliverer.ts'
import type { Pace } from './pace.ts'
import { createProviders } from './providers.ts'
import type { DigestRoute, Route } from './routes.ts'

const NOW = new Date('2026-03-02T10:00:00.000Z')
const task = { accountId: 'acc', noticeId: 'n1', round: 0 }
const address: BreakerKey = { accountId: 'acc', kind: 'address', value: 'ann@acme.example' }

let ledger: ReturnType<typeof createMemoryLedger>
let changes: ReturnType<typeof createMemoryChanges>
let sends: number
let route: () => Promise<Route | 'not_visible'>
let routeDigest: () => Promise<DigestRoute>
let send: () => Promise<void>
let breakers: Breakers
let pace: Pace

beforeEach(async () => {
  ledger = createMemoryLedger()
  changes = createMemoryChanges(ledger)
  sends = 0
  send = async () => {}
  breakers = openDoors
  pace = noPace
  routeDigest = async () => ({ visible: [], hidden: [] })
  route = async () => ({
    breaker: address,
    async send() {
      sends++
      await send()
    },
  })
  await ledger.add([
    newNotice({
      id: 'n1',
      accountId: 'acc',
      ticketId: 't1',
      ticketSequence: 3,
      departmentId: 'd1',
      event: 'ticket_assigned',
      channel: 'email',
      recipient: { agentId: 'ann' },
      because: 'mine',
      state: 'planned',
      attempts: 0,
      createdAt: NOW.toISOString(),
      doneRound: -1,
      listed: true,
    }),
  ])
})

const line = () => ledger.lines.get('n1') as Notice
const deliverer = () =>
  createDeliverer({
    world: { clock: () => NOW, log: createLogger('test', 'silent') },
    ledger,
    breakers,
    providers: createProviders(createLogger('test', 'silent'), createMemoryGuarded()),
    pace,
    router: { route: () => route(), routeDigest: () => routeDigest() },
    changes,
  })
const attempt = (over: Partial<AttemptInfo> = {}) =>
  deliverer().deliver(task, { number: 1, elapsedMs: 0, sentBefore: false, onSent: () => {}, ...over })
const failed = (over: Partial<AttemptInfo> = {}) =>
  attempt(over).then(
    () => undefined,
    (error) => error as AttemptFailed,
  )

describe('an attempt', () => {
  it('that works is the last', async () => {
    expect(await attempt()).toEqual({ state: 'sent', published: true })
    expect(await attempt()).toEqual({ state: 'sent', published: true })
    expect(sends).toBe(1)
    expect(changes.states).toEqual(['n1 1 planned', 'n1 2 sent'])
  })

  it('after one that sent and could not say so sends nothing', async () => {
    let told = false
    const lost = { ...ledger, change: () => Promise.reject(new Error('no database')) }
    const unlucky = createDeliverer({
      world: { clock: () => NOW, log: createLogger('test', 'silent') },
      ledger: lost,
      breakers,
      providers: createProviders(createLogger('test', 'silent'), createMemoryGuarded()),
      pace,
      router: { route: () => route(), routeDigest: () => routeDigest() },
      changes,
    })
    const info = {
      number: 1,
      elapsedMs: 0,
      sentBefore: false,
      onSent: () => {
        told = true
      },
    }
    await expect(unlucky.deliver(task, info)).rejects.toThrow('no database')
    expect(told).toBe(true)
    await attempt({ number: 2, sentBefore: told })
    expect(sends).toBe(1)
    expect(line().state).toBe('sent')
  })

  it('that fails says when the next is, after the ledger does', async () => {
    send = async () => {
      throw new DeliveryFailure('temporary', '451 later', { retryAfterMs: 90_000 })
    }
    expect(await failed()).toMatchObject({ message: '451 later', retryInMs: 90_000 })
    expect(line()).toMatchObject({
      state: 'retrying',
      attempts: 1,
      error: '451 later',
      nextAttemptAt: '2026-03-02T10:01:30.000Z',
    })
  })

  it('after a day is the last', async () => {
    send = async () => {
      throw new DeliveryFailure('temporary', '451 later')
    }
    expect(await failed({ number: 400, elapsedMs: NOTICE_LIFETIME_MS - 1000 })).toMatchObject({
      retryInMs: undefined,
    })
    expect(line()).toMatchObject({ state: 'failed', error: '451 later' })
  })

  it('waits for a service of ours that is away, and counts as none', async () => {
    route = () => Promise.reject(problems.unavailable('The ticket service does not answer.'))
    expect((await failed())?.retryInMs).toBeGreaterThan(0)
    expect(line()).toMatchObject({ state: 'retrying', attempts: 0 })
  })

  it('about a ticket that is gone is the last', async () => {
    route = () => Promise.reject(problems.notFound('ticket', 't1'))
    expect(await failed()).toMatchObject({ retryInMs: undefined })
    expect(line()).toMatchObject({ state: 'failed', error: 'The ticket is gone.' })
  })

  it('for somebody who may no longer see the ticket sends nothing', async () => {
    route = async () => 'not_visible'
    expect(await attempt()).toMatchObject({ state: 'skipped' })
    expect(line()).toMatchObject({ state: 'suppressed', reason: 'not_visible' })
  })

  it('of a notice that nobody knows does nothing', async () => {
    const unknown = { ...task, noticeId: 'n2' }
    const info = { number: 1, elapsedMs: 0, sentBefore: false, onSent: () => {} }
    expect(await deliverer().deliver(unknown, info)).toEqual({ state: 'skipped', published: true })
    expect(await deliverer().deliver({ ...task, accountId: 'other' }, info)).toMatchObject({
      state: 'skipped',
    })
    expect(sends).toBe(0)
  })

  it('says when its change is not published yet', async () => {
    changes.down = true
    expect(await attempt()).toEqual({ state: 'sent', published: false })
    expect(line().outbox).toHaveLength(2)
  })
})

describe('a breaker', () => {
  const record = (entrance: Awaited<ReturnType<Breakers['enter']>>) => {
    const calls: string[] = []
    breakers = {
      ...openDoors,
      enter: async () => entrance,
      failed: async (_key, nextTry) => void calls.push(`failed until ${nextTry.toISOString()}`),
      worked: async () => void calls.push('worked'),
    }
    return calls
  }

  it('holds an attempt back, a little longer than the one that tries', async () => {
    record({ type: 'hold', until: new Date(NOW.getTime() + 5000) })
    const delay = (await failed())?.retryInMs ?? 0
    expect(delay).toBeGreaterThan(5000)
    expect(delay).toBeLessThan(7000)
    expect(sends).toBe(0)
    expect(line()).toMatchObject({ state: 'retrying', attempts: 0 })
  })

  it('is told of a broken address until the next attempt, and of nothing else', async () => {
    const calls = record({ type: 'go', failedBefore: false })
    send = async () => {
      throw new DeliveryFailure('temporary', '450 greylisted', { broken: 'address' })
    }
    await failed()
    expect(calls).toEqual([`failed until ${line().nextAttemptAt}`])
    send = async () => {
      throw new DeliveryFailure('temporary', '451 later')
    }
    await failed({ number: 2 })
    expect(calls).toHaveLength(1)
  })

  it('closes when it works again', async () => {
    const calls = record({ type: 'go', failedBefore: true })
    await attempt()
    expect(calls).toEqual(['worked'])
  })
})

describe('a digest', () => {
  const digest = {
    accountId: 'acc',
    agentId: 'ann',
    channel: 'email' as const,
    noticeIds: ['n1', 'n2', 'n3'],
  }
  const info = { number: 1, elapsedMs: 0, sentBefore: false, onSent: () => {} }
  const states = () =>
    Object.fromEntries([...ledger.lines].map(([id, { state, attempts }]) => [id, `${state} ${attempts}`]))

  beforeEach(async () => {
    await ledger.add(['n2', 'n3'].map((id) => ({ ...line(), id })))
    routeDigest = async () => {
      const lines = [...ledger.lines.values()]
      const hidden = lines.filter(({ id }) => id === 'n2')
      const visible = lines.filter((each) => !hidden.includes(each))
      return { visible, hidden, route: (await route()) as Route }
    }
  })

  it('is sent once for all lines that may still be seen', async () => {
    expect(await deliverer().deliverDigest(digest, info)).toEqual({ state: 'sent', published: true })
    expect(sends).toBe(1)
    expect(states()).toEqual({ n1: 'sent 1', n2: 'suppressed 0', n3: 'sent 1' })
    expect(await deliverer().deliverDigest(digest, info)).toMatchObject({ state: 'skipped' })
    expect(sends).toBe(1)
  })

  it('that fails is tried again as a whole, and one that was sent is only written down', async () => {
    send = async () => {
      throw new DeliveryFailure('temporary', '451 later')
    }
    await expect(deliverer().deliverDigest(digest, info)).rejects.toMatchObject({ message: '451 later' })
    expect(states()).toEqual({ n1: 'retrying 1', n2: 'suppressed 0', n3: 'retrying 1' })
    await deliverer().deliverDigest(digest, { ...info, number: 2, sentBefore: true })
    expect(sends).toBe(1)
    expect(states()).toMatchObject({ n1: 'sent 2', n3: 'sent 2' })
  })
})

describe('a dead address', () => {
  it('fails at once, and nothing is sent there', async () => {
    breakers = { ...openDoors, enter: async () => ({ type: 'dead' }) }
    expect(await failed()).toMatchObject({ message: 'the address sends mails back', retryInMs: undefined })
    expect(sends).toBe(0)
    expect(line()).toMatchObject({ state: 'failed', attempts: 0 })
  })

  it('is tried when somebody asks for it by hand', async () => {
    breakers = { ...openDoors, enter: async () => ({ type: 'dead' }) }
    await failed()
    const info = { number: 1, elapsedMs: 0, sentBefore: false, onSent: () => {} }
    expect(await deliverer().deliver({ ...task, round: 1 }, info)).toMatchObject({ state: 'sent' })
    expect(sends).toBe(1)
  })
})
