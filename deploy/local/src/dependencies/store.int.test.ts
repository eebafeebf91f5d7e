import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { MongoClient } from 'mongodb'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { takePort } from '../ports.ts'
import { Registry } from '../processes/registry.ts'
import { Supervised } from '../processes/supervised.ts'
import { storeProcess, storeUri } from './store.ts'

let folder: string
let store: Supervised
let client: MongoClient

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'onus-store-'))
  const port = await takePort()
  const options = { data: folder, logFile: join(folder, 'store.log'), port, progress: () => {} }
  store = new Supervised(await storeProcess(options), {
    registry: new Registry(join(folder, 'processes.json')),
    progress: () => {},
  })
  await store.start()
  client = new MongoClient(storeUri(port))
})
afterAll(async () => {
  await client?.close()
  await store?.stop()
  rmSync(folder, { recursive: true, force: true })
})

/** Numbers from 0 to 1, the same in each run. */
function chance(seed: number): () => number {
  let state = seed
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648
    return state / 2_147_483_648
  }
}

describe('the store that comes with a start', () => {
  it('gives an id to one of forty who ask at once', async () => {
    const items = client.db('race').collection<{ _id: string; by: number }>('items')
    const tries = await Promise.allSettled(
      Array.from({ length: 40 }, (_, by) => items.insertOne({ _id: 'ticket:1', by })),
    )
    expect(tries.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    const guarded = await Promise.all(
      Array.from({ length: 40 }, (_, by) =>
        items.updateOne({ _id: 'ticket:1', guard: { $exists: false } }, { $set: { guard: by } }),
      ),
    )
    expect(guarded.filter(({ modifiedCount }) => modifiedCount === 1)).toHaveLength(1)
  })

  it('loses nothing that it acknowledged when it is killed', async () => {
    const items = client.db('kill').collection<{ _id: string }>('items')
    const acknowledged: string[] = []
    let killed = false
    const writer = async (number: number) => {
      for (let count = 0; !killed; count++) {
        const _id = `${number}:${count}`
        await items.insertOne({ _id })
        acknowledged.push(_id)
        if (acknowledged.length === 300 && store.pid !== null) {
          process.kill(store.pid, 'SIGKILL')
          killed = true
        }
      }
    }
    await Promise.allSettled(Array.from({ length: 4 }, (_, number) => writer(number)))
    await expect.poll(() => items.countDocuments().catch(() => -1), { timeout: 30_000 }).toBeGreaterThan(0)
    const found = await items.find({ _id: { $in: acknowledged } }).toArray()
    expect(acknowledged.length).toBeGreaterThanOrEqual(300)
    expect(found).toHaveLength(acknowledged.length)
  })

  it('finds by its indexes what it finds without them, in the same order', async () => {
    interface Line {
      _id: string
      account?: string
      state?: string | null
      tags: string[]
      at: number
      on: { day: string }
    }
    const plain = client.db('plain').collection<Line>('lines')
    const indexed = client.db('indexed').collection<Line>('lines')
    const both = [plain, indexed]
    const random = chance(7)
    const pick = <T>(...values: T[]): T => values[Math.floor(random() * values.length)] as T
    const line = (_id: string): Line => ({
      _id,
      ...(random() < 0.9 && { account: pick('a', 'b') }),
      ...(random() < 0.9 && { state: pick('new', 'open', 'done', null) }),
      tags: ['x', 'y', 'z'].filter(() => random() < 0.4),
      at: Math.floor(random() * 20),
      on: { day: pick('mon', 'tue') },
    })
    const first = Array.from({ length: 150 }, (_, at) => line(`l${at}`))
    // Half of them are there before the indexes are made.
    for (const collection of both) await collection.insertMany(first.map((each) => ({ ...each })))
    await indexed.createIndex({ account: 1, state: 1, at: -1, _id: -1 })
    await indexed.createIndex({ account: 1, tags: 1, at: -1, _id: -1 })
    await indexed.createIndex({ 'on.day': 1, _id: 1 })
    const second = Array.from({ length: 150 }, (_, at) => line(`m${at}`))
    for (const collection of both) await collection.insertMany(second.map((each) => ({ ...each })))

    const filters = () =>
      pick<object>(
        { account: pick('a', 'b', 'c') },
        { account: pick('a', 'b'), state: pick('new', 'done', null) },
        { account: 'a', state: { $in: ['new', 'open', null] } },
        { account: 'a', state: { $in: [] } },
        { account: 'b', tags: pick('x', 'y') },
        { account: 'b', tags: { $in: ['x', 'y'] } },
        { account: 'a', tags: { $all: ['x', 'z'] } },
        { account: 'a', state: 'open', at: { $gte: 5, $lt: 12 } },
        { account: 'a', state: 'open', at: { $gt: 9, $lt: 3 } },
        { account: 'a', state: 'new', $or: [{ at: { $lt: 9 } }, { at: 9, _id: { $lt: 'm' } }] },
        { $and: [{ account: 'b' }, { state: 'done' }], at: { $ne: 4 } },
        { 'on.day': 'mon', _id: { $gt: pick('l3', 'm20') } },
        { account: { $exists: true }, state: null },
        { account: 'a', state: { $ne: 'new' } },
      )
    const orders = () =>
      pick<Record<string, 1 | -1> | undefined>(
        { at: -1, _id: -1 },
        { at: 1, _id: 1 },
        { at: -1, _id: 1 },
        { _id: 1 },
        { _id: -1 },
        { state: 1, at: -1, _id: -1 },
      )
    const ask = async (collection: (typeof both)[number], filter: object, order: object, limit: number) => {
      const found = await collection
        .find(filter)
        .sort(order as Record<string, 1 | -1>)
        .limit(limit)
        .toArray()
      return found.map(({ _id }) => _id)
    }
    for (let round = 0; round < 250; round++) {
      const [filter, order, limit] = [filters(), orders() ?? {}, pick(0, 1, 7, 50)]
      const [expected, found] = await Promise.all(both.map((each) => ask(each, filter, order, limit)))
      expect(found, JSON.stringify({ filter, order, limit })).toEqual(expected)
      const [all, counted] = await Promise.all(both.map((each) => each.countDocuments(filter)))
      expect(counted, JSON.stringify(filter)).toBe(all)
      if (round % 4) continue
      const _id = pick('l', 'm') + Math.floor(random() * 150)
      const { _id: _same, ...changed } = line(_id)
      const change = pick('replace', 'set', 'delete', 'many', 'insert')
      for (const collection of both) {
        if (change === 'replace') await collection.replaceOne({ _id }, changed)
        if (change === 'set') await collection.updateOne({ _id }, { $set: { at: 3, state: 'open' } })
        if (change === 'delete') await collection.deleteOne({ _id })
        if (change === 'many') await collection.updateMany({ account: 'a', at: 3 }, { $set: { at: 4 } })
        if (change === 'insert') await collection.replaceOne({ _id }, changed, { upsert: true })
      }
    }
  })

  it('reads a page of a long list about as fast as one of a short list, also after a start', async () => {
    const lines = client
      .db('long')
      .collection<{ _id: string; account: string; at: number; text: string }>('lines')
    await lines.createIndex({ account: 1, at: -1, _id: -1 })
    const fill = async (account: string, many: number) => {
      for (let from = 0; from < many; from += 1000)
        await lines.insertMany(
          Array.from({ length: Math.min(1000, many - from) }, (_, index) => ({
            _id: `${account}${from + index}`,
            account,
            at: from + index,
            text: 'x'.repeat(200),
          })),
        )
    }
    await fill('short', 100)
    await fill('long', 10_000)
    const page = async (account: string) => {
      const times: number[] = []
      for (let round = 0; round < 30; round++) {
        const began = performance.now()
        const found = await lines.find({ account }).sort({ at: -1, _id: -1 }).limit(50).toArray()
        times.push(performance.now() - began)
        expect(found).toHaveLength(50)
      }
      return Math.min(...times)
    }
    // A scan takes a hundred times as long. The best of thirty is what a busy machine disturbs least.
    expect((await page('long')) / (await page('short'))).toBeLessThan(20)
    if (store.pid !== null) process.kill(store.pid, 'SIGKILL')
    await expect.poll(() => lines.countDocuments().catch(() => -1), { timeout: 30_000 }).toBe(10_100)
    expect((await page('long')) / (await page('short'))).toBeLessThan(20)
  })
})
