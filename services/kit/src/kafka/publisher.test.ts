import { setTimeout as sleep } from 'node:timers/promises'
import fc from 'fast-check'
import type { Kafka, ProducerBatch } from 'kafkajs'
import { describe, expect, it } from 'vitest'
import { createLogger } from '../logging.ts'
import { KafkaPublisher } from './publisher.ts'
import type { EventRecord } from './types.ts'

const log = createLogger('test', 'silent')
const record = (key: string, value: string): EventRecord => ({ topic: 't', key, value, headers: {} })

/** Brokers that keep what they get, and do what `behave` says before they acknowledge. */
function fakeKafka(behave: (values: string[]) => Promise<void> | void = () => {}) {
  const log: { key: string; value: string }[] = []
  const seen = { sends: 0, producers: 0, disconnects: 0, inFlight: 0, mostInFlight: 0 }
  const kafka = {
    producer: () => {
      seen.producers++
      return {
        connect: async () => {},
        disconnect: async () => void seen.disconnects++,
        sendBatch: async ({ topicMessages = [], acks }: ProducerBatch) => {
          expect(acks).toBe(-1)
          seen.sends++
          seen.mostInFlight = Math.max(seen.mostInFlight, ++seen.inFlight)
          try {
            const messages = topicMessages.flatMap(({ messages }) => messages)
            await behave(messages.map(({ value }) => String(value)))
            for (const { key, value } of messages) log.push({ key: String(key), value: String(value) })
          } finally {
            seen.inFlight--
          }
        },
      }
    },
  } as unknown as Kafka
  return { kafka, log, seen }
}

describe('the publisher', () => {
  it('puts what comes at once into few requests, one in flight, in order', async () => {
    const brokers = fakeKafka(() => sleep(5))
    const publisher = new KafkaPublisher(brokers.kafka, '', log)
    await Promise.all(
      Array.from({ length: 300 }, (_, at) => publisher.publish([record(`k${at % 3}`, String(at))])),
    )
    expect(brokers.seen.mostInFlight).toBe(1)
    expect(brokers.seen.sends).toBeLessThan(5)
    expect(brokers.log.map(({ value }) => Number(value))).toEqual(Array.from({ length: 300 }, (_, at) => at))
    await publisher.close()
  })

  it('bounds the call, whatever the brokers do', async () => {
    const publisher = new KafkaPublisher(fakeKafka(() => new Promise(() => {})).kafka, '', log)
    const began = Date.now()
    await expect(publisher.publish([record('a', '1')], { timeoutMs: 100 })).rejects.toThrow(/100 ms/)
    expect(Date.now() - began).toBeLessThan(2000)
  })

  it('lets nothing pass what timed out before it under the same key', async () => {
    let open = () => {}
    const gate = new Promise<void>((resolve) => {
      open = resolve
    })
    const brokers = fakeKafka(() => gate)
    const publisher = new KafkaPublisher(brokers.kafka, '', log)
    const first = publisher.publish([record('a', '1')], { timeoutMs: 100 })
    await sleep(20)
    const behind = publisher.publish([record('a', '2')], { timeoutMs: 5000 })
    const other = publisher.publish([record('b', '3')], { timeoutMs: 5000 })
    await expect(first).rejects.toThrow()
    await expect(behind).rejects.toThrow()
    open()
    await other
    expect(brokers.log.map(({ value }) => value)).toEqual(['1', '3'])
  })

  it('throws the producer away that failed, and sends again with a new one', async () => {
    let down = true
    const brokers = fakeKafka(() => {
      if (down) throw Object.assign(new Error('gone'), { name: 'KafkaJSConnectionError' })
    })
    const publisher = new KafkaPublisher(brokers.kafka, '', log)
    await expect(publisher.publish([record('a', '1')])).rejects.toThrow('gone')
    expect(brokers.seen).toMatchObject({ producers: 1, disconnects: 1 })
    down = false
    await publisher.publish([record('a', '1')])
    expect(brokers.seen.producers).toBe(2)
    expect(brokers.log).toEqual([{ key: 'a', value: '1' }])
  })

  it('does not let one refused record spoil its neighbours', async () => {
    const brokers = fakeKafka((values) => {
      if (values.includes('huge')) throw Object.assign(new Error('too large'), { type: 'MESSAGE_TOO_LARGE' })
    })
    const publisher = new KafkaPublisher(brokers.kafka, '', log)
    const results = await Promise.allSettled([
      publisher.publish([record('a', '1')]),
      publisher.publish([record('b', 'huge')]),
      publisher.publish([record('b', 'after')]),
      publisher.publish([record('c', '2')]),
    ])
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected', 'fulfilled'])
    expect(brokers.log.map(({ value }) => value)).toEqual(['1', '2'])
  })

  it('keeps the order of every key under random failures, when callers repeat in order', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.boolean(), { maxLength: 30 }),
        fc.integer({ min: 1, max: 4 }),
        async (failures, keys) => {
          const brokers = fakeKafka(async () => {
            await sleep(0)
            if (failures.pop()) throw new Error('failed')
          })
          const publisher = new KafkaPublisher(brokers.kafka, '', log)
          const oneKey = async (key: string) => {
            for (let at = 0; at < 8; at++) {
              const again = async (): Promise<void> =>
                publisher.publish([record(key, String(at))]).catch(again)
              await again()
            }
          }
          await Promise.all(Array.from({ length: keys }, (_, at) => oneKey(`k${at}`)))
          for (let at = 0; at < keys; at++) {
            const values = brokers.log.filter(({ key }) => key === `k${at}`).map(({ value }) => Number(value))
            expect(values).toEqual([0, 1, 2, 3, 4, 5, 6, 7])
          }
        },
      ),
      { numRuns: 50 },
    )
  })

  it('sends what waits before it closes, and takes nothing after', async () => {
    const brokers = fakeKafka(() => sleep(50))
    const publisher = new KafkaPublisher(brokers.kafka, '', log)
    const waiting = publisher.publish([record('a', '1')])
    await publisher.close()
    await waiting
    expect(brokers.seen.disconnects).toBe(1)
    await expect(publisher.publish([record('a', '2')])).rejects.toThrow(/closed/)
  })
})
