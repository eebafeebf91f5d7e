import { createLogger } from '@onus/kit/logging'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { DeliveryFailure } from '../domain/failure.ts'
import { type Notice, newNotice } from '../domain/notice.ts'
import type { Bucket } from '../domain/pace.ts'
import {
  createMemoryChanges,
  createMemoryGuarded,
  createMemoryLedger,
  openDoors,
  UNLIMITED,
} from '../testing/memory.ts'
import { AttemptFailed, createDeliverer } from './deliverer.ts'
import { createDeviceSender } from './device-sender.ts'
import { createPace } from './pace.ts'
import { createProviders, type ProviderHealth } from './providers.ts'
import type { Route } from './routes.ts'

/**
 * An hour without a provider, in a time that tests make pass: it is silent for twenty minutes, answers 500 for
 * twenty, and is away for twenty, while notices are planned. Two processes deliver, with what they share in one
 * store. `OUTAGE_NOTICES=2000` does it with as many as the worst hour brings.
 */
const MANY = Number(process.env.OUTAGE_NOTICES ?? 100)
const RATE = { perSecond: 5, burst: 3 }
const MINUTE = 60_000
const OUTAGE_MS = 60 * MINUTE
const TIMEOUT_MS = 10_000

const log = createLogger('test', 'silent')

beforeEach(() => {
  vi.useFakeTimers({ now: new Date('2026-03-02T10:00:00.000Z') })
})
afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
})

const line = (id: string, channel: 'email' | 'slack' | 'push'): Notice =>
  newNotice({
    ...{ id, channel, accountId: 'acc', ticketId: `t${id}`, ticketSequence: 3, departmentId: 'd1' },
    event: 'ticket_assigned',
    recipient: { agentId: 'ann' },
    because: 'mine',
    state: 'planned',
    attempts: 0,
    createdAt: new Date().toISOString(),
    doneRound: -1,
    listed: true,
  })

it.each(['email', 'slack', 'push'] as const)(
  'of %s is one alarm; all arrive afterwards at its rate, none lost, none twice; nothing else waits',
  async (channel) => {
    const began = Date.now()
    const passed = () => Date.now() - began
    const taken: { id: string; at: number }[] = []
    let tries = 0
    const alarms = vi.spyOn(log, 'error')

    /** The provider: how it is follows from the time. */
    async function provider(id: string): Promise<void> {
      if (passed() >= OUTAGE_MS) {
        taken.push({ id, at: passed() })
        return
      }
      tries++
      const phase = Math.floor(passed() / (20 * MINUTE))
      if (phase === 0) await new Promise((resolve) => setTimeout(resolve, TIMEOUT_MS))
      throw new DeliveryFailure('temporary', ['no answer', 'HTTP 500', 'ECONNREFUSED'][phase]!)
    }

    const ledger = createMemoryLedger()
    const health = createMemoryGuarded<ProviderHealth>()
    const buckets = createMemoryGuarded<Bucket>()
    const world = { clock: () => new Date(), log }
    const rates = { ...UNLIMITED, email: RATE, slack_channel: RATE, fcm: RATE }
    const phone = {
      id: 'phone',
      kind: 'fcm',
      token: 'phone',
      agentId: 'ann',
      createdAt: '',
      renewedAt: '',
    } as const

    const processes = [1, 2].map(() => {
      const shared = {
        providers: createProviders(log, health),
        pace: createPace({ buckets, rates, clock: world.clock }),
      }
      const sender = createDeviceSender({
        ...{ world, ledger, breakers: openDoors, ...shared },
        fcm: { send: (_account, _token, { noticeId }) => provider(noticeId) },
        apns: {} as never,
        webPush: {} as never,
        devices: { of: async () => new Map([['ann', [phone]]]) } as never,
      })
      const route = (notice: Notice): Route => {
        const send = () => provider(notice.id)
        if (channel === 'email') return { provider: { name: 'email' }, places: [{ of: 'email' }], send }
        const conversation = { of: 'slack_channel', token: 'xoxb', channel: 'ann' } as const
        if (channel === 'slack') return { provider: { name: 'slack' }, places: [conversation], send }
        const connections = { fcm: { projectId: 'acme', clientEmail: '', privateKeyId: '' } } as never
        return { send: () => sender.send([notice], connections, { noticeId: notice.id } as never) }
      }
      return createDeliverer({
        ...{ world, ledger, breakers: openDoors, changes: createMemoryChanges(ledger), ...shared },
        router: {
          route: async (notice) => (notice.id === 'other' ? { send: async () => {} } : route(notice)),
          routeDigest: () => Promise.reject(new Error('not asked')),
        },
      })
    })

    /** What the workflow does: tries again when the attempt says. */
    async function deliver(id: string, process: number): Promise<void> {
      const asked = Date.now()
      for (let number = 1; ; number++) {
        try {
          const info = { number, elapsedMs: Date.now() - asked, sentBefore: false, onSent: () => {} }
          await processes[(process + number) % 2]!.deliver({ accountId: 'acc', noticeId: id, round: 0 }, info)
          return
        } catch (error) {
          if (!(error instanceof AttemptFailed) || error.retryInMs === undefined) throw error
          await new Promise((resolve) => setTimeout(resolve, error.retryInMs))
        }
      }
    }

    const deliveries: Promise<void>[] = []
    for (let at = 0; at < MANY; at++) {
      await ledger.add([line(`n${at}`, channel)])
      deliveries.push(deliver(`n${at}`, at))
      await vi.advanceTimersByTimeAsync(Math.floor((50 * MINUTE) / MANY))
    }
    // What has another way is not held up by those that wait.
    await ledger.add([line('other', 'email')])
    const before = Date.now()
    await deliver('other', 0)
    expect(Date.now() - before).toBe(0)

    const told = () => alarms.mock.calls.filter(([about]) => (about as { provider?: string }).provider)
    expect(told()).toHaveLength(1)
    await vi.advanceTimersByTimeAsync(OUTAGE_MS - passed() - 1)
    expect(taken).toEqual([])
    // One at a time asks whether it is back: about every half a minute, however many wait.
    expect(tries).toBeLessThan(10 + OUTAGE_MS / 20_000)
    const longest = 5 * MINUTE + (MANY / RATE.perSecond) * 1000 * 1.5
    await vi.advanceTimersByTimeAsync(longest)
    await Promise.all(deliveries)

    expect(taken.map(({ id }) => id).sort()).toEqual(Array.from({ length: MANY }, (_, at) => `n${at}`).sort())
    for (let at = 0; at < MANY; at++) expect(ledger.lines.get(`n${at}`)).toMatchObject({ state: 'sent' })
    // Never more than the provider takes, and not much slower either.
    for (const [index, { at: from }] of taken.entries()) {
      const within = taken.slice(index, index + 60).filter(({ at }) => at < from + 5000).length
      expect(within).toBeLessThanOrEqual(RATE.perSecond * 5 + RATE.burst)
    }
    const last = taken.at(-1)!.at - OUTAGE_MS
    expect(last).toBeLessThan(longest)
    expect(told()).toHaveLength(1)
    expect(await health.all(10)).toEqual([])
    process.stdout.write(
      `an hour without ${channel}: ${MANY} planned, ${tries} tries in it, the last delivered ${Math.round(last / 1000)} s after it (${Math.round(MANY / RATE.perSecond)} s at the provider's rate)\n`,
    )
  },
  300_000,
)
