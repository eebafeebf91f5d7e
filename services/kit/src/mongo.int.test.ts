import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { isOutage } from './errors.ts'
import { newId } from './ids.ts'
import { connectMongo, defineQueries, ensureIndexes, isDuplicateKey, type Mongo } from './mongo.ts'
import { fromEnvironment } from './testing/environment.ts'

interface Thing {
  _id: string
  accountId?: string
  note?: string
}

describe('MongoDB', () => {
  let mongo: Mongo
  const things = () => mongo.db.collection<Thing>('things')

  beforeAll(async () => {
    mongo = await connectMongo({ uri: fromEnvironment('MONGODB_URI'), database: `kit_${newId()}` })
  })
  afterAll(async () => {
    await mongo.db.dropDatabase()
    await mongo.close()
  })

  it('answers', async () => {
    await mongo.ping()
  })

  it('lets exactly one of many insert an id, and the others know why', async () => {
    const tries = await Promise.allSettled(
      Array.from({ length: 40 }, () => things().insertOne({ _id: 'one' })),
    )
    const failed = tries.filter((result) => result.status === 'rejected')
    expect(failed).toHaveLength(39)
    for (const { reason } of failed) expect(isDuplicateKey(reason)).toBe(true)
  })

  it('does not store what is undefined', async () => {
    await things().insertOne({ _id: 'u', note: undefined })
    expect(await things().findOne({ _id: 'u' })).toEqual({ _id: 'u' })
  })

  it('creates the indexes of query shapes, as often as it is asked', async () => {
    const queries = defineQueries({
      byId: { collection: 'things', filter: ['_id'], index: { _id: 1 } },
      newest: {
        collection: 'things',
        filter: ['accountId'],
        sort: { _id: -1 },
        index: { accountId: 1, _id: -1 },
      },
    })
    await ensureIndexes(mongo.db, queries)
    await ensureIndexes(mongo.db, queries)
    await things().insertOne({ _id: 'x', accountId: 'a1' })
    expect(await things().find({ accountId: 'a1' }).sort({ _id: -1 }).toArray()).toHaveLength(1)
  })

  it('that is not there is an outage', async () => {
    const error = await connectMongo({
      uri: 'mongodb://127.0.0.1:1/?directConnection=true&serverSelectionTimeoutMS=500',
      database: 'x',
    }).catch((e) => e)
    expect(isOutage(error)).toBe(true)
  })
})
