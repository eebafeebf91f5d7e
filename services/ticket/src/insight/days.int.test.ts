import { randomUUID } from 'node:crypto'
import { connectMongo, ensureIndexes, type Mongo } from '@onus/kit/mongo'
import type { LogDocument, Measure } from '@onus/workflows-contract'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { QUERIES } from '../store/queries.ts'
import { type DayDocument, DayStore } from './days.ts'
import { addMeasure, emptyTally, type Tally } from './tally.ts'

let mongo: Mongo
const HOUR = 3_600_000
const DAY = 24 * HOUR
const NOW = new Date('2026-03-10T12:00:00.000Z')
const ago = (ms: number) => new Date(NOW.getTime() - ms).toISOString()

beforeAll(async () => {
  const database = `onus_insight_${randomUUID().slice(0, 8)}`
  mongo = await connectMongo({ uri: process.env.MONGODB_URI ?? '', database })
  await ensureIndexes(mongo.db, QUERIES)
})
afterAll(async () => {
  await mongo?.db.dropDatabase()
  await mongo?.close()
})

let commands = 0
/** The log of an account of its own. */
function account() {
  const accountId = `a${randomUUID().slice(0, 8)}`
  const log = mongo.db.collection<LogDocument>('log')
  const written: { at: string; measures: Measure[] }[] = []
  return {
    accountId,
    written,
    async append(at: string, ...measures: Measure[]) {
      const number = ++commands
      const _id = `${accountId}:t:${number}`
      const document = { accountId, ticketId: 't', commandNumber: number, commandId: _id, at, measures }
      await log.insertOne({ _id, ...document, commandType: 'transfer', entries: [] })
      written.push({ at, measures })
    },
  }
}

const moved = (from = 'a', to = 'b'): Measure => ({ type: 'moved', from, to, day: '2026-03-02' })
const PERIOD = { since: '2026-03-01', until: '2026-03-10' }

/** Days with anything, comparable. */
function plain(days: Map<string, Tally>) {
  const filled = [...days].filter(([, { moves, claims }]) => moves.size + claims.size > 0)
  return Object.fromEntries(
    filled.map(([day, { moves, claims }]) => [
      day,
      {
        moves: Object.fromEntries([...moves].sort()),
        claims: [...claims].map(([id, sketch]) => [id, [...sketch].sort(([a], [b]) => a - b)]),
      },
    ]),
  )
}

describe('the figures of days', () => {
  it('are those of the log, whatever was counted before, and again after all of it was thrown away', async () => {
    const { accountId, append, written } = account()
    for (let day = 0; day < 9; day += 1)
      for (let each = 0; each <= day; each += 1)
        await append(ago(day * DAY + each * HOUR), moved('a', `d${each}`))
    const store = new DayStore(mongo.db)
    const earlier = await store.read(accountId, 'UTC', PERIOD, new Date(NOW.getTime() - 2 * DAY))
    expect(earlier.size).toBeGreaterThan(0)
    await append(ago(HOUR), {
      type: 'claimed',
      departmentId: 'a',
      seconds: 90,
      day: '2026-03-10',
      cause: 'claim',
    })
    await append(ago(1000), moved())

    const expected = new Map<string, Tally>()
    for (const { at, measures } of written) {
      const tally = expected.get(at.slice(0, 10)) ?? emptyTally()
      for (const measure of measures) addMeasure(tally, measure)
      expected.set(at.slice(0, 10), tally)
    }
    const wanted = plain(new Map([...expected].sort()))
    for (let again = 0; again < 3; again += 1)
      expect(plain(await store.read(accountId, 'UTC', PERIOD, NOW))).toEqual(wanted)
    const kept = mongo.db.collection<DayDocument>('insight_days')
    expect(await kept.countDocuments({ accountId })).toBe(9)
    await kept.deleteMany({ accountId })
    expect(plain(await new DayStore(mongo.db).read(accountId, 'UTC', PERIOD, NOW))).toEqual(wanted)
  })

  it('are not read from the log twice, but for the last minutes', async () => {
    const { accountId, append } = account()
    await append(ago(3 * DAY), moved())
    await append(ago(HOUR), moved())
    await append(ago(60_000), moved())
    const store = new DayStore(mongo.db)
    const before = plain(await store.read(accountId, 'UTC', PERIOD, NOW))
    await mongo.db.collection('log').deleteMany({ accountId, at: { $lt: ago(600_000) } })
    expect(plain(await store.read(accountId, 'UTC', PERIOD, NOW))).toEqual(before)
    await mongo.db.collection('log').deleteMany({ accountId })
    const rest = plain(await store.read(accountId, 'UTC', PERIOD, NOW))
    expect(rest['2026-03-10']?.moves).toEqual({ 'a>b': 1 })
  })

  it('are counted again when something comes late, also while they are being counted', async () => {
    const { accountId, append } = account()
    await append(ago(2 * DAY), moved())
    const store = new DayStore(mongo.db)
    await store.read(accountId, 'UTC', PERIOD, NOW)
    await append(ago(2 * DAY + HOUR), moved())
    await store.forget(accountId, ago(2 * DAY + HOUR))
    expect(plain(await store.read(accountId, 'UTC', PERIOD, NOW))['2026-03-08']?.moves).toEqual({ 'a>b': 2 })

    // Whoever counted before it came may not keep what they counted.
    await mongo.db.collection<DayDocument>('insight_days').deleteMany({ accountId })
    const slow = new DayStore(
      interrupted(async () => {
        await append(ago(2 * DAY + 2 * HOUR), moved())
        await store.forget(accountId, ago(2 * DAY + 2 * HOUR))
      }),
    )
    await slow.read(accountId, 'UTC', PERIOD, NOW)
    expect(plain(await store.read(accountId, 'UTC', PERIOD, NOW))['2026-03-08']?.moves).toEqual({ 'a>b': 3 })
  })

  it('count each thing once when many ask at once', async () => {
    const { accountId, append } = account()
    for (let each = 0; each < 30; each += 1) await append(ago(each * 5 * HOUR), moved())
    const stores = Array.from({ length: 6 }, () => new DayStore(mongo.db))
    const answers = await Promise.all(stores.map((store) => store.read(accountId, 'UTC', PERIOD, NOW)))
    const sums = answers.map((days) =>
      [...days.values()].reduce((sum, { moves }) => sum + (moves.get('a>b') ?? 0), 0),
    )
    expect(sums).toEqual(Array(6).fill(30))
    const later = await stores[0]?.read(accountId, 'UTC', PERIOD, NOW)
    expect([...(later?.values() ?? [])].reduce((sum, { moves }) => sum + (moves.get('a>b') ?? 0), 0)).toBe(30)
  })

  it('lie in the zone of the account', async () => {
    const { accountId, append } = account()
    await append('2026-03-05T02:00:00.000Z', moved())
    const store = new DayStore(mongo.db)
    const days = async (zone: string) => Object.keys(plain(await store.read(accountId, zone, PERIOD, NOW)))
    expect(await days('America/Sao_Paulo')).toEqual(['2026-03-04'])
    expect(await days('Asia/Tokyo')).toEqual(['2026-03-05'])
  })
})

/** A store in which something happens between the reading of the log and the keeping of what was counted. */
function interrupted(happens: () => Promise<void>): typeof mongo.db {
  return new Proxy(mongo.db, {
    get(db, property) {
      if (property !== 'collection') return Reflect.get(db, property)
      return (name: string) => {
        const collection = db.collection(name)
        if (name !== 'insight_days') return collection
        let first = true
        return new Proxy(collection, {
          get(target, method) {
            if (method !== 'updateOne') return (Reflect.get(target, method) as () => unknown).bind(target)
            return async (...args: unknown[]) => {
              if (first) await happens()
              first = false
              return await (target.updateOne as (...args: unknown[]) => unknown)(...args)
            }
          },
        })
      }
    },
  })
}
