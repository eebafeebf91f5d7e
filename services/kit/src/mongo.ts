import { type Db, type IndexSpecification, MongoClient, MongoServerError } from 'mongodb'
import { Secret } from './config.ts'

/** MongoDB: one connection for a process, and queries that are declared with the index that covers them. */

export interface Mongo {
  db: Db
  client: MongoClient
  /** A probe for /readyz. */
  ping(): Promise<void>
  close(): Promise<void>
}

/**
 * Connects, and rejects when there is no server within 10 s. Writes are acknowledged by a majority.
 * @param maxPoolSize connections at most; default 50
 */
export async function connectMongo(options: {
  uri: string | Secret
  database: string
  maxPoolSize?: number
}): Promise<Mongo> {
  const uri = options.uri instanceof Secret ? options.uri.reveal() : options.uri
  const client = new MongoClient(uri, {
    appName: `onus ${options.database}`,
    maxPoolSize: options.maxPoolSize ?? 50,
    serverSelectionTimeoutMS: 5000,
    connectTimeoutMS: 5000,
    socketTimeoutMS: 30_000,
    waitQueueTimeoutMS: 10_000,
    writeConcern: { w: 'majority' },
    ignoreUndefined: true,
  })
  const db = client.db(options.database)
  const ping = async () => {
    await db.command({ ping: 1 }, { timeoutMS: 2000 })
  }
  try {
    await client.connect()
    await db.command({ ping: 1 })
  } catch (error) {
    await client.close()
    throw error
  }
  return { db, client, ping, close: () => client.close() }
}

/** Whether a write failed because its `_id` (or another unique value) is there already. */
export const isDuplicateKey = (error: unknown): boolean =>
  error instanceof MongoServerError && error.code === 11000

/** Sort or index order of one field. */
export type Order = 1 | -1

/** One shape of query, with the index that covers it. */
export interface QueryShape {
  collection: string
  /** Fields compared for equality (or `$in`), in any order. */
  filter: readonly string[]
  /** In this order. */
  sort?: Readonly<Record<string, Order>>
  /** Fields compared by `$gt`, `$lt` and the like, for example by a cursor. */
  range?: readonly string[]
  /** Fields of the index in its order. `{_id: 1}` is always there and is not made. */
  index: Readonly<Record<string, Order>>
  /** Makes it an index that removes documents so long after the time in its only field. */
  expireAfterSeconds?: number
}

export type Queries<Name extends string = string> = Readonly<Record<Name, QueryShape>>

/** Declares the query shapes of a store, each by its name. */
export const defineQueries = <const Q extends Queries>(queries: Q): Q => queries

/** Creates the indexes that the shapes need; those that are there stay. */
export async function ensureIndexes(db: Db, queries: Queries): Promise<void> {
  for (const [collection, indexes] of byCollection(queries)) {
    for (const [name, { key, expireAfterSeconds }] of indexes) {
      const expiry = expireAfterSeconds === undefined ? {} : { expireAfterSeconds }
      await db.collection(collection).createIndex(key, { name, ...expiry })
    }
  }
}

interface IndexPlan {
  key: IndexSpecification
  expireAfterSeconds?: number
}

function byCollection(queries: Queries): Map<string, Map<string, IndexPlan>> {
  const collections = new Map<string, Map<string, IndexPlan>>()
  for (const { collection, index, expireAfterSeconds } of Object.values(queries)) {
    const fields = Object.entries(index)
    if (fields.length === 1 && fields[0]?.[0] === '_id') continue
    const name = fields.map(([field, order]) => `${field}_${order}`).join('_')
    const indexes = collections.get(collection) ?? new Map<string, IndexPlan>()
    collections.set(collection, indexes.set(name, { key: { ...index }, expireAfterSeconds }))
  }
  return collections
}

/** What is wrong with each shape, by name: nothing, when its index covers it as a prefix. */
export function uncovered(queries: Queries): Record<string, string> {
  const problems: Record<string, string> = {}
  for (const [name, shape] of Object.entries(queries)) {
    const problem = uncoveredShape(shape)
    if (problem) problems[name] = problem
  }
  return problems
}

/**
 * For tests: throws when the index of a shape does not serve it by the order equality, sort, range.
 * The store would then read more documents as the collection grows.
 */
export function assertCovered(queries: Queries): void {
  const problems = Object.entries(uncovered(queries))
  if (problems.length === 0) return
  throw new Error(
    `Queries without an index:\n${problems.map(([name, why]) => `  ${name}: ${why}`).join('\n')}`,
  )
}

function uncoveredShape(shape: QueryShape): string | null {
  const index = Object.entries(shape.index)
  const sort = Object.entries(shape.sort ?? {})
  const equal = new Set(shape.filter)
  const prefix = index.slice(0, equal.size).map(([field]) => field)
  if (prefix.some((field) => !equal.has(field)) || prefix.length < equal.size) {
    return `the index begins with (${prefix.join(', ')}) and not with (${[...equal].join(', ')})`
  }
  const sorted = index.slice(equal.size, equal.size + sort.length)
  const sameFields = sort.every(([field], at) => sorted[at]?.[0] === field)
  if (!sameFields)
    return `after the filter the index has (${sorted.map(([f]) => f).join(', ')}), not the sort`
  const directions = new Set(sort.map(([, order], at) => order * (sorted[at]?.[1] ?? 0)))
  if (directions.size > 1) return 'the index can give the sort neither forwards nor backwards'
  // A range on sorted fields uses the index where the sort does; others must come right after the sort.
  const sortFields = new Set(sort.map(([field]) => field))
  const ranges = (shape.range ?? []).filter((field) => !sortFields.has(field))
  const rest = index.slice(equal.size + sort.length, equal.size + sort.length + ranges.length)
  const restFields = new Set(rest.map(([field]) => field))
  const missing = ranges.filter((field) => !restFields.has(field))
  if (missing.length > 0) return `the index does not have (${missing.join(', ')}) right after the sort`
  if (shape.expireAfterSeconds !== undefined && index.length !== 1) return 'only a one-field index expires'
  return null
}
