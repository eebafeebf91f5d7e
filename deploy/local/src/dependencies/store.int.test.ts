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
})
