import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { Kafka, logLevel } from 'kafkajs'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { newId } from '../ids.ts'
import {
  createPublisher,
  createSubscriber,
  type EventSubscriber,
  ensureTopics,
  parkedTopic,
  type ReceivedRecord,
  TOPICS,
} from '../kafka.ts'
import { createLogger } from '../logging.ts'
import { fromEnvironment } from '../testing/environment.ts'
import { createTcpProxy, type TcpProxy } from '../testing/tcp-proxy.ts'
import { createKafka } from './connection.ts'
import { KafkaPublisher } from './publisher.ts'
import { KafkaSubscriber } from './subscriber.ts'

const brokers = fromEnvironment('KAFKA_BROKERS').split(',')
const config = { KAFKA_BROKERS: brokers, KAFKA_TOPIC_PREFIX: `kit-${newId()}.` }
const log = createLogger('test', process.env.LOG_LEVEL ?? 'silent')
const TOPIC = TOPICS.notificationEvents

const cleanUp: (() => unknown)[] = []
afterEach(async () => {
  for (const undo of cleanUp.splice(0).reverse()) await undo()
})

const admin = new Kafka({ brokers, logLevel: logLevel.NOTHING }).admin()
beforeAll(async () => {
  await admin.connect()
  await ensureTopics(config, log)
})
afterAll(async () => {
  const own = (await admin.listTopics()).filter((topic) => topic.startsWith(config.KAFKA_TOPIC_PREFIX))
  await admin.deleteTopics({ topics: own })
  await admin.disconnect()
})

function publisher() {
  const made = createPublisher(config, log)
  cleanUp.push(() => made.close())
  return made
}

/** A group that collects what it gets; `handle` may throw. */
async function collect(
  topic: string,
  options: Partial<Parameters<typeof createSubscriber>[1]> = {},
  handle: (record: ReceivedRecord) => Promise<void> = async () => {},
) {
  const records: ReceivedRecord[] = []
  const subscriber = createSubscriber(
    config,
    { groupId: `g-${newId()}`, topics: [topic], fromBeginning: true, onPoison: 'stop', ...options },
    log,
  )
  cleanUp.push(() => subscriber.close())
  await subscriber.run(async (record) => {
    await handle(record)
    records.push(record)
  })
  return { records, subscriber }
}

async function freshTopic(): Promise<string> {
  const topic = `t-${newId()}`
  await ensureTopics(config, log, [topic])
  return topic
}

const text = ({ value }: ReceivedRecord) => value?.toString()

describe('topics', () => {
  it('are made as they are described, once', async () => {
    await ensureTopics(config, log)
    const name = config.KAFKA_TOPIC_PREFIX + TOPICS.directoryEvents
    const { topics } = await admin.fetchTopicMetadata({ topics: [name] })
    expect(topics[0]?.partitions).toHaveLength(6)
    const described = await admin.describeConfigs({
      includeSynonyms: false,
      resources: [{ type: 2, name, configNames: ['cleanup.policy'] }],
    })
    expect(described.resources[0]?.configEntries[0]?.configValue).toBe('compact')
  })

  it('are not made by a typing mistake', async () => {
    await expect(
      publisher().publish([{ topic: 'nowhere', key: 'a', value: '', headers: {} }]),
    ).rejects.toThrow()
    expect(await admin.listTopics()).not.toContain(`${config.KAFKA_TOPIC_PREFIX}nowhere`)
  })
})

describe('records', () => {
  it('arrive whole, and in order for each key', async () => {
    const { records } = await collect(TOPIC)
    const sender = publisher()
    await Promise.all(
      Array.from({ length: 200 }, (_, at) =>
        sender.publish([{ topic: TOPIC, key: `k${at % 7}`, value: `${at}`, headers: { ce_id: `é${at}` } }]),
      ),
    )
    await sender.publish([{ topic: TOPIC, key: 'gone', value: null, headers: {} }])
    await expect.poll(() => records.length, { timeout: 20_000 }).toBe(201)
    for (let key = 0; key < 7; key++) {
      const values = records
        .filter((record) => record.key === `k${key}`)
        .map((record) => Number(text(record)))
      expect(values).toEqual([...values].sort((a, b) => a - b))
    }
    const first = records.find((record) => text(record) === '0')
    expect(first).toMatchObject({ topic: TOPIC, key: 'k0', headers: { ce_id: 'é0' } })
    expect(records.find(({ key }) => key === 'gone')?.value).toBeNull()
  })

  it('are handed over again when the process dies before its commit', async () => {
    const topic = await freshTopic()
    const groupId = `g-${newId()}`
    await publisher().publish([{ topic, key: 'a', value: '1', headers: {} }])
    const stuck = await collect(topic, { groupId, sessionTimeoutMs: 6000 }, () =>
      sleep(60_000, undefined, { ref: false }),
    )
    await sleep(1000)
    await stuck.subscriber.close()
    const { records } = await collect(topic, { groupId, sessionTimeoutMs: 6000 })
    await expect.poll(() => records.map(text), { timeout: 50_000 }).toEqual(['1'])
  }, 90_000)

  it('are not handed over again after the commit', async () => {
    const topic = await freshTopic()
    const groupId = `g-${newId()}`
    const sender = publisher()
    await sender.publish([{ topic, key: 'a', value: '1', headers: {} }])
    const first = await collect(topic, { groupId })
    await expect.poll(() => first.records.length, { timeout: 20_000 }).toBe(1)
    await first.subscriber.close()
    await sender.publish([{ topic, key: 'a', value: '2', headers: {} }])
    const second = await collect(topic, { groupId })
    await expect.poll(() => second.records.map(text), { timeout: 20_000 }).toEqual(['2'])
  })
})

describe('a record that cannot be handled', () => {
  const send = async (topic: string) =>
    publisher().publish(
      ['1', 'bad', '3'].map((value) => ({ topic, key: 'a', value, headers: { ce_id: value } })),
    )
  const refuse = async (record: ReceivedRecord) => {
    if (text(record) === 'bad') throw new TypeError('does not fit')
  }

  it('is parked with what was wrong, and the next is taken', async () => {
    const topic = await freshTopic()
    await send(topic)
    const { records } = await collect(topic, { onPoison: 'park', attempts: 2 }, refuse)
    await expect.poll(() => records.map(text), { timeout: 20_000 }).toEqual(['1', '3'])
    const parked = await collect(parkedTopic(topic))
    await expect.poll(() => parked.records.length, { timeout: 20_000 }).toBe(1)
    expect(parked.records[0]).toMatchObject({
      key: 'a',
      headers: { ce_id: 'bad', 'onus-parked-error': 'does not fit', 'onus-parked-from': `${topic}/0/1` },
    })
  })

  it('is skipped', async () => {
    const topic = await freshTopic()
    await send(topic)
    const { records } = await collect(topic, { onPoison: 'skip', attempts: 2 }, refuse)
    await expect.poll(() => records.map(text), { timeout: 20_000 }).toEqual(['1', '3'])
  })

  it('stops everything behind it, and liveness tells', async () => {
    const topic = await freshTopic()
    await send(topic)
    let fixed = false
    const handle = async (record: ReceivedRecord) => {
      if (!fixed) await refuse(record)
    }
    const { records, subscriber } = await collect(topic, { onPoison: 'stop', attempts: 2 }, handle)
    await expect.poll(() => subscriber.problem(), { timeout: 20_000 }).toContain('@1')
    expect(records.map(text)).toEqual(['1'])
    fixed = true
    await expect.poll(() => records.map(text), { timeout: 20_000 }).toEqual(['1', 'bad', '3'])
    expect(subscriber.problem()).toBeNull()
  })

  it('is not one that waits for something that is down', async () => {
    const topic = await freshTopic()
    await send(topic)
    let tries = 0
    const handle = async (record: ReceivedRecord) => {
      if (text(record) === 'bad' && ++tries < 5)
        throw Object.assign(new Error('store'), { code: 'ECONNREFUSED' })
    }
    const { records } = await collect(topic, { onPoison: 'skip', attempts: 2 }, handle)
    await expect.poll(() => records.map(text), { timeout: 30_000 }).toEqual(['1', 'bad', '3'])
  })
})

describe('an outage of the brokers', () => {
  let proxy: TcpProxy
  const throughProxy = () =>
    createKafka(config, 'test', log, ({ onConnect }) =>
      connect({ port: proxy.port, host: '127.0.0.1' }, onConnect),
    )

  beforeAll(async () => {
    const [host = '', port = ''] = (brokers[0] ?? '').split(':')
    proxy = await createTcpProxy({ host, port: Number(port) })
  })
  afterEach(() => proxy.become('ok'))
  afterAll(() => proxy.close())

  it.each(['down', 'hang'] as const)(
    '(%s) bounds a publish, and ends for the same publisher',
    async (mode) => {
      const topic = await freshTopic()
      const sender = new KafkaPublisher(throughProxy(), config.KAFKA_TOPIC_PREFIX, log)
      cleanUp.push(() => sender.close())
      const one = (value: string) => ({ topic, key: 'a', value, headers: {} })
      await sender.publish([one('1')])
      proxy.become(mode)
      const began = Date.now()
      await expect(sender.publish([one('2')], { timeoutMs: 1500 })).rejects.toThrow()
      expect(Date.now() - began).toBeLessThan(15_000)
      proxy.become('ok')
      const again = async (): Promise<void> => sender.publish([one('2')], { timeoutMs: 2000 }).catch(again)
      await again()
      await sender.publish([one('3')])
      const { records } = await collect(topic)
      await expect
        .poll(() => new Set(records.map(text)), { timeout: 20_000 })
        .toEqual(new Set(['1', '2', '3']))
      expect(records.map(text).join('')).toMatch(/^12+3$/)
    },
    120_000,
  )

  it.each(['down', 'hang'] as const)(
    '(%s) ends for a consumer',
    async (mode) => {
      const topic = await freshTopic()
      const options = {
        groupId: `g-${newId()}`,
        topics: [topic],
        fromBeginning: true,
        onPoison: 'stop' as const,
      }
      const subscriber: EventSubscriber = new KafkaSubscriber(
        throughProxy(),
        config.KAFKA_TOPIC_PREFIX,
        { ...options, silenceMs: 8000 },
        publisher(),
        log,
      )
      cleanUp.push(() => subscriber.close())
      const values: (string | undefined)[] = []
      await subscriber.run(async (record) => void values.push(text(record)))
      const sender = publisher()
      await sender.publish([{ topic, key: 'a', value: '1', headers: {} }])
      await expect.poll(() => values, { timeout: 20_000 }).toEqual(['1'])
      proxy.become(mode)
      await sender.publish([{ topic, key: 'a', value: '2', headers: {} }])
      await sleep(10_000)
      expect(subscriber.problem()).toBeNull()
      proxy.become('ok')
      await expect.poll(() => values.at(-1), { timeout: 60_000 }).toBe('2')
    },
    120_000,
  )
})
