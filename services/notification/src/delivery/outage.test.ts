import { createLogger } from '@onus/kit/logging'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import type { Apns } from '../channels/push/apns.ts'
import type { Device, DeviceKind } from '../domain/device.ts'
import { DeliveryFailure } from '../domain/failure.ts'
import { type Notice, newNotice } from '../domain/notice.ts'
import type { Bucket } from '../domain/pace.ts'
import type { PushConnections } from '../store/push-integrations.ts'
import {
  createMemoryChanges,
  createMemoryGuarded,
  createMemoryLedger,
  openDoors,
  UNLIMITED,
} from '../testing/memory.ts'
import { type SimulatedTime, simulateTime } from '../testing/simulated-time.ts'
import { AttemptFailed, createDeliverer } from './deliverer.ts'
import { createDeviceSender } from './device-sender.ts'
import { createPace } from './pace.ts'
import { createProviders, PROVIDERS, type ProviderHealth } from './providers.ts'
import type { Route } from './routes.ts'

/**
 * An hour without a provider, in simulated time, while 2,000 notices are planned: it is silent, refuses every
 * connection, or answers 500. Two processes deliver, with what they share in one store.
 */
const NOTICES = Number(process.env.OUTAGE_NOTICES ?? 2000)
const RATE = { perSecond: 5, burst: 3 }
const MINUTE = 60_000
const OUTAGE_MS = 60 * MINUTE
const TIMEOUT_MS = 10_000
const HOW = { hangs: 'no answer', refuses: 'ECONNREFUSED', 'answers 500': 'HTTP 500' } as const
type How = keyof typeof HOW

const log = createLogger('test', 'silent')
let time: SimulatedTime

beforeEach(() => {
  time = simulateTime(new Date('2026-03-02T10:00:00.000Z'))
})
afterEach(() => {
  time.end()
  vi.restoreAllMocks()
})

const own = { agentId: 'ann', createdAt: '', renewedAt: '' }
/** How each provider of push is reached, for an agent with one device of it. */
const DEVICES: Record<DeviceKind, Device> = {
  fcm: { ...own, id: 'phone', kind: 'fcm', token: 'phone' },
  apns: { ...own, id: 'tablet', kind: 'apns', token: 'tablet' },
  web_push: {
    ...own,
    ...{ id: 'browser', kind: 'web_push', vapidKey: 'vapid' },
    subscription: { endpoint: 'https://push.example/1', p256dh: '', auth: '' },
  },
}
const CONNECTIONS = {
  fcm: { projectId: 'acme', clientEmail: '', privateKeyId: '' },
  apns: { teamId: 'acme', keyId: '', topic: '' },
  webPush: { publicKey: 'vapid' },
} as PushConnections

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

const cells = PROVIDERS.flatMap((name) =>
  (Object.keys(HOW) as How[]).map((how) => [name, how, NOTICES] as const),
)

it.each(cells)(
  'of %s that %s, while %i are planned, is one alarm; all arrive afterwards at its rate, none lost, none twice; nothing else waits',
  async (name, how, many) => {
    const channel = name === 'email' || name === 'slack' ? name : 'push'
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
      if (how === 'hangs') await new Promise((resolve) => setTimeout(resolve, TIMEOUT_MS))
      throw new DeliveryFailure('temporary', HOW[how])
    }

    const ledger = createMemoryLedger()
    const health = createMemoryGuarded<ProviderHealth>()
    const buckets = createMemoryGuarded<Bucket>()
    const world = { clock: () => new Date(), log }
    const rates = { ...UNLIMITED, email: RATE, slack_channel: RATE, fcm: RATE, apns: RATE, web_push: RATE }

    const processes = [1, 2].map(() => {
      const shared = {
        providers: createProviders(log, health),
        pace: createPace({ buckets, rates, clock: world.clock }),
      }
      const sender = createDeviceSender({
        ...{ world, ledger, breakers: openDoors, ...shared },
        fcm: { send: (_account, _token, { noticeId }) => provider(noticeId) },
        apns: { send: (_account, _device, _token, { noticeId }) => provider(noticeId) } as Apns,
        webPush: { send: (_account, _subscription, { noticeId }) => provider(noticeId) },
        devices: { of: async () => new Map([['ann', [DEVICES[name as DeviceKind]]]]) } as never,
      })
      const route = (notice: Notice): Route => {
        const send = () => provider(notice.id)
        if (channel === 'email') return { provider: { name: 'email' }, places: [{ of: 'email' }], send }
        const conversation = { of: 'slack_channel', token: 'xoxb', channel: 'ann' } as const
        if (channel === 'slack') return { provider: { name: 'slack' }, places: [conversation], send }
        return { send: () => sender.send([notice], CONNECTIONS, { noticeId: notice.id } as never) }
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
    for (let at = 0; at < many; at++) {
      await ledger.add([line(`n${at}`, channel)])
      deliveries.push(deliver(`n${at}`, at))
      await time.pass((50 * MINUTE) / many)
    }
    // What has another way is not held up by those that wait.
    await ledger.add([line('other', 'email')])
    const before = Date.now()
    const other = deliver('other', 0).then(() => Date.now() - before)
    await time.pass(0)
    expect(await other).toBe(0)

    const told = () => alarms.mock.calls.filter(([about]) => (about as { provider?: string }).provider)
    expect(told()).toHaveLength(1)
    await time.pass(OUTAGE_MS - passed() - 1)
    expect(taken).toEqual([])
    // One at a time asks whether it is back: about every half a minute, however many wait.
    expect(tries).toBeLessThan(10 + OUTAGE_MS / 20_000)
    const longest = 5 * MINUTE + (many / RATE.perSecond) * 1000 * 1.5
    await time.pass(longest)
    await Promise.all(deliveries)

    expect(taken.map(({ id }) => id).sort()).toEqual(Array.from({ length: many }, (_, at) => `n${at}`).sort())
    for (let at = 0; at < many; at++) expect(ledger.lines.get(`n${at}`)).toMatchObject({ state: 'sent' })
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
      `${name} ${how} for an hour: ${many} planned, ${tries} tries in it, the last delivered ${Math.round(last / 1000)} s after it (${Math.round(many / RATE.perSecond)} s at the provider's rate)\n`,
    )
  },
  300_000,
)
