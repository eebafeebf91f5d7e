import { randomUUID } from 'node:crypto'
import { createLogger } from '@onus/kit/logging'
import { connectMongo, ensureIndexes } from '@onus/kit/mongo'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { createPace } from '../delivery/pace.ts'
import { createProviders, type ProviderHealth } from '../delivery/providers.ts'
import { DeliveryFailure } from '../domain/failure.ts'
import type { Bucket } from '../domain/pace.ts'
import { UNLIMITED } from '../testing/memory.ts'
import { createGuarded } from './guarded.ts'
import { QUERIES } from './queries.ts'

/** What several processes share of a provider, each with a connection of its own to one real store. */

const database = `test_guarded_${randomUUID().slice(0, 8)}`
const log = createLogger('test', 'silent')
let stores: Awaited<ReturnType<typeof connectMongo>>[]

beforeAll(async () => {
  const uri = process.env.MONGODB_URI
  if (!uri) throw new Error('MONGODB_URI names no server; run this suite through `npm test`')
  stores = await Promise.all([1, 2, 3].map(() => connectMongo({ uri, database })))
  await ensureIndexes(stores[0]!.db, QUERIES)
})
afterAll(async () => {
  await stores[0]?.db.dropDatabase()
  await Promise.all(stores.map((store) => store.close()))
})

it('keeps one rate over all of them', async () => {
  const rates = { ...UNLIMITED, fcm: { perSecond: 20, burst: 2 } }
  const paces = stores.map(({ db }) =>
    createPace({ buckets: createGuarded<Bucket>(db, 'pace'), rates, clock: () => new Date() }),
  )
  const sent: number[] = []
  await Promise.all(
    Array.from({ length: 60 }, async (_, at) => {
      for (;;) {
        try {
          await paces[at % 3]!.turn([{ of: 'fcm', project: 'acme' }])
          sent.push(Date.now())
          return
        } catch (error) {
          const { retryAfterMs } = error as DeliveryFailure
          await new Promise((resolve) => setTimeout(resolve, retryAfterMs))
        }
      }
    }),
  )
  sent.sort((a, b) => a - b)
  expect(sent).toHaveLength(60)
  // Two at once, then one every 50 ms; who is late on a busy machine comes together with the next.
  expect(sent.at(-1)! - sent[0]!).toBeGreaterThanOrEqual(57 * 50)
})

it('knows one outage in all of them, as one alarm, and lets one of them try', async () => {
  const alarms = vi.spyOn(log, 'error')
  const processes = stores.map(({ db }) =>
    createProviders(log, createGuarded<ProviderHealth>(db, 'provider_health')),
  )
  const slack = { name: 'slack' } as const
  const now = new Date()
  const down = new DeliveryFailure('temporary', 'ECONNREFUSED')
  await Promise.all(Array.from({ length: 30 }, (_, at) => processes[at % 3]!.failed(slack, down, now)))
  expect(alarms).toHaveBeenCalledTimes(1)
  for (const process of processes) {
    expect(await process.enter(slack, now)).toMatchObject({ name: 'Slack' })
    expect((await process.states()).find(({ name }) => name === 'slack')).toMatchObject({
      state: 'failing',
      failures: 30,
    })
  }
  const later = new Date(now.getTime() + 60_000)
  const entered = await Promise.all(processes.map((process) => process.enter(slack, later)))
  expect(entered.filter((each) => each === null)).toHaveLength(1)
  await processes[entered.indexOf(null)]!.worked(slack)
  await new Promise((resolve) => setTimeout(resolve, 1100))
  for (const process of processes) expect(await process.enter(slack, later)).toBeNull()
  expect(alarms).toHaveBeenCalledTimes(1)
})
