import { Kafka, logLevel } from 'kafkajs'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { newId } from '../ids.ts'
import { createPublisher, ensureTopics, type ReadResult, readToEnd, TOPICS } from '../kafka.ts'
import { createLogger } from '../logging.ts'
import { fromEnvironment } from '../testing/environment.ts'

const brokers = fromEnvironment('KAFKA_BROKERS').split(',')
const config = { KAFKA_BROKERS: brokers, KAFKA_TOPIC_PREFIX: `read-${newId()}.` }
const log = createLogger('test', process.env.LOG_LEVEL ?? 'silent')
const TOPIC = TOPICS.ticketEvents
const admin = new Kafka({ brokers, logLevel: logLevel.NOTHING }).admin()
const publisher = createPublisher(config, log)

beforeAll(async () => {
  await admin.connect()
  await ensureTopics(config, log, [TOPIC])
})
afterAll(async () => {
  await publisher.close()
  const own = (await admin.listTopics()).filter((topic) => topic.startsWith(config.KAFKA_TOPIC_PREFIX))
  await admin.deleteTopics({ topics: own })
  await admin.disconnect()
})

async function read(): Promise<{ seen: Map<string, number[]>; records: number; complete: boolean }> {
  const seen = new Map<string, number[]>()
  const result = await readToEnd(config, log, TOPIC, ({ key, value }) => {
    seen.set(key, [...(seen.get(key) ?? []), Number(value?.toString())])
  })
  return { seen, ...result }
}

it('has nothing to read of an empty topic', async () => {
  expect(await read()).toEqual({ seen: new Map(), records: 0, complete: true })
})

it('reads every record from the first on, in the order of each key, and leaves no group behind', async () => {
  const keys = Array.from({ length: 30 }, (_, at) => `ticket${at}`)
  for (let number = 1; number <= 5; number++)
    await publisher.publish(keys.map((key) => ({ topic: TOPIC, key, value: String(number), headers: {} })))
  const { seen, records, complete } = await read()
  expect([records, complete]).toEqual([150, true])
  for (const key of keys) expect(seen.get(key)).toEqual([1, 2, 3, 4, 5])
  const { groups } = await admin.listGroups()
  expect(groups.filter(({ groupId }) => groupId.startsWith(config.KAFKA_TOPIC_PREFIX))).toEqual([])
})

it('begins at a moment, and goes on where it ended', async () => {
  const keys = Array.from({ length: 30 }, (_, at) => `ticket${at}`)
  await new Promise((resolve) => setTimeout(resolve, 50))
  const since = new Date()
  for (let number = 6; number <= 9; number++)
    await publisher.publish(keys.map((key) => ({ topic: TOPIC, key, value: String(number), headers: {} })))
  const seen = new Map<string, number[]>()
  const pages: ReadResult[] = []
  do {
    const from = pages.at(-1)?.rest
    const options = { forMs: 100, ...(from ? { from } : { since }) }
    pages.push(
      await readToEnd(
        config,
        log,
        TOPIC,
        async ({ key, value }) => {
          await new Promise((resolve) => setTimeout(resolve, 5))
          seen.set(key, [...(seen.get(key) ?? []), Number(value?.toString())])
        },
        options,
      ),
    )
  } while (pages.at(-1)?.rest && pages.length < 50)
  expect(pages.length).toBeGreaterThan(1)
  expect(pages.at(-1)?.rest).toBeUndefined()
  for (const key of keys) expect(seen.get(key)).toEqual([6, 7, 8, 9])
}, 120_000)

it('ends with the error of what it was read for', async () => {
  const failing = readToEnd(config, log, TOPIC, () => {
    throw new Error('not like this')
  })
  await expect(failing).rejects.toThrow('not like this')
})
