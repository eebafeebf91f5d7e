import { randomUUID } from 'node:crypto'
import { connectMongo, type Mongo } from '@onus/kit/mongo'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createMongoIdempotencyStore, ensureIdempotencyExpiry } from './mongo-store.ts'
import { LEASE_MS, REMEMBERED_MS } from './store.ts'

let mongo: Mongo
let now = Date.now()
const clock = () => new Date(now)
const newStore = () => createMongoIdempotencyStore(mongo.db, clock)

beforeAll(async () => {
  const database = `onus_gateway_${randomUUID().slice(0, 8)}`
  mongo = await connectMongo({ uri: process.env.MONGODB_URI ?? '', database })
  await ensureIdempotencyExpiry(mongo.db)
})

afterAll(async () => {
  await mongo?.db.dropDatabase()
  await mongo?.close()
})

describe('the store of idempotency keys', () => {
  it('has one first of forty from several gateways', async () => {
    const stores = [newStore(), newStore(), newStore()]
    const claims = await Promise.all(
      Array.from({ length: 40 }, (_, at) => stores[at % 3]?.claim('race', 'hash', `owner ${at}`)),
    )
    expect(claims.filter((claim) => claim?.state === 'first')).toHaveLength(1)
    expect(claims.filter((claim) => claim?.state === 'running')).toHaveLength(39)
  })

  it('keeps the answer, which only the owner may set', async () => {
    const store = newStore()
    await store.claim('kept', 'hash', 'me')
    await store.finish('kept', 'somebody else', 'forged')
    expect(await store.claim('kept', 'hash', 'you')).toEqual({ state: 'running', bodyHash: 'hash' })
    await store.finish('kept', 'me', 'sealed')
    expect(await store.claim('kept', 'x', 'you')).toEqual({
      state: 'done',
      bodyHash: 'hash',
      sealed: 'sealed',
    })
  })

  it('lets one of many take over from a dead first, while a living one keeps its place', async () => {
    const store = newStore()
    await store.claim('dead', 'hash', 'dies')
    await store.claim('alive', 'hash', 'lives')
    now += LEASE_MS - 1
    expect(await store.renew('alive', 'lives')).toBe(true)
    now += 2
    const claims = await Promise.all(
      Array.from({ length: 20 }, (_, at) => store.claim('dead', 'hash', `heir ${at}`)),
    )
    expect(claims.filter(({ state }) => state === 'first')).toHaveLength(1)
    expect((await store.claim('alive', 'hash', 'heir')).state).toBe('running')
    expect(await store.renew('dead', 'dies')).toBe(false)
    await store.finish('dead', 'dies', 'too late')
    expect((await store.claim('dead', 'hash', 'reader')).state).toBe('running')
  })

  it('forgets what is to be executed again, and what has expired', async () => {
    const store = newStore()
    await store.claim('failed', 'hash', 'me')
    await store.forget('failed', 'me')
    expect((await store.claim('failed', 'other', 'you')).state).toBe('first')
    await store.claim('old', 'hash', 'me')
    await store.finish('old', 'me', 'sealed')
    await store.forget('old', 'me')
    expect((await store.claim('old', 'hash', 'you')).state).toBe('done')
    now += REMEMBERED_MS
    expect((await store.claim('old', 'other', 'you')).state).toBe('first')
  })
})
