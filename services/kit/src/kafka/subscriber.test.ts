import type { ConsumerRunConfig, EachMessagePayload, Kafka } from 'kafkajs'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createLogger } from '../logging.ts'
import { KafkaSubscriber } from './subscriber.ts'
import type { EventPublisher } from './types.ts'

const log = createLogger('test', 'silent')
const parking: EventPublisher = { publish: async () => {}, ping: async () => {}, close: async () => {} }

/** A cluster whose consumers do what the test says; the real ones can fall silent without a word. */
function fakeKafka() {
  const state = { consumers: 0, disconnects: 0, joins: true, reachable: true, committed: '5', end: '5' }
  let listeners = new Map<string, (event: unknown) => void>()
  let run: ConsumerRunConfig | undefined
  const emit = (event: string, payload: unknown = {}) => listeners.get(event)?.({ payload })
  const kafka = {
    consumer: () => {
      state.consumers++
      listeners = new Map()
      return {
        events: { GROUP_JOIN: 'join', HEARTBEAT: 'heartbeat', CRASH: 'crash' },
        on: (event: string, listener: (event: unknown) => void) => listeners.set(event, listener),
        connect: async () => {
          if (!state.reachable) throw Object.assign(new Error('refused'), { code: 'ECONNREFUSED' })
        },
        subscribe: async () => {},
        run: async (config: ConsumerRunConfig) => {
          run = config
          if (state.joins) emit('join')
        },
        disconnect: async () => void state.disconnects++,
      }
    },
    admin: () => ({
      connect: async () => {
        if (!state.reachable) throw new Error('refused')
      },
      disconnect: async () => {},
      fetchOffsets: async () => [{ topic: 't', partitions: [{ partition: 0, offset: state.committed }] }],
      fetchTopicOffsets: async () => [{ partition: 0, high: state.end }],
    }),
  } as unknown as Kafka
  const deliver = (value: string) =>
    run?.eachMessage?.({
      topic: 't',
      partition: 0,
      message: {
        key: Buffer.from('k'),
        value: Buffer.from(value),
        headers: {},
        offset: '1',
        timestamp: '0',
        attributes: 0,
      },
      heartbeat: async () => {},
      pause: () => () => {},
    } as unknown as EachMessagePayload)
  return { kafka, state, emit, deliver }
}

describe('the watchdog', () => {
  beforeEach(() => {
    vi.useFakeTimers()
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  function subscriber(kafka: Kafka) {
    const made = new KafkaSubscriber(
      kafka,
      '',
      { groupId: 'g', topics: ['t'], onPoison: 'stop' },
      parking,
      log,
    )
    return { made, started: made.run(async () => {}) }
  }

  it('leaves a consumer alone that gives signs of life', async () => {
    const fake = fakeKafka()
    const { made, started } = subscriber(fake.kafka)
    await started
    for (let at = 0; at < 60; at++) {
      fake.emit('heartbeat')
      await vi.advanceTimersByTimeAsync(3000)
    }
    expect(fake.state.consumers).toBe(1)
    await made.close()
  })

  it('starts a silent one anew, and liveness fails when that does not help', async () => {
    const fake = fakeKafka()
    const { made, started } = subscriber(fake.kafka)
    await started
    await vi.advanceTimersByTimeAsync(44_000)
    expect(fake.state.consumers).toBe(1)
    fake.state.joins = false
    await vi.advanceTimersByTimeAsync(10_000)
    expect(fake.state).toMatchObject({ consumers: 2, disconnects: 1 })
    expect(made.problem()).toBeNull()
    await vi.advanceTimersByTimeAsync(300_000)
    expect(made.problem()).toMatch(/does not consume after \d+ restarts/)
    fake.state.joins = true
    await vi.advanceTimersByTimeAsync(120_000)
    fake.emit('heartbeat')
    expect(made.problem()).toBeNull()
    await made.close()
  })

  it('does not blame the process while no broker answers', async () => {
    const fake = fakeKafka()
    fake.state.reachable = false
    const { made, started } = subscriber(fake.kafka)
    await started
    await vi.advanceTimersByTimeAsync(600_000)
    expect(fake.state.consumers).toBeGreaterThan(3)
    expect(made.problem()).toBeNull()
    fake.state.reachable = true
    await vi.advanceTimersByTimeAsync(15_000)
    const before = fake.state.consumers
    fake.emit('heartbeat')
    await vi.advanceTimersByTimeAsync(30_000)
    expect(fake.state.consumers).toBe(before)
    await made.close()
  })

  it('starts one anew that handles nothing while records wait, though its heart beats', async () => {
    const fake = fakeKafka()
    const { made, started } = subscriber(fake.kafka)
    await started
    fake.state.end = '9'
    for (let at = 0; at < 30; at++) {
      fake.emit('heartbeat')
      await vi.advanceTimersByTimeAsync(3000)
    }
    expect(made.lag()).toBe(4)
    expect(fake.state.consumers).toBe(2)
    await made.close()
  })

  it('starts one anew that crashed for good', async () => {
    const fake = fakeKafka()
    const { made, started } = subscriber(fake.kafka)
    await started
    fake.emit('crash', { error: new Error('x'), restart: false })
    await vi.advanceTimersByTimeAsync(100)
    expect(fake.state.consumers).toBe(2)
    await made.close()
  })
})

describe('a handler', () => {
  it('holds back the commit until it is done', async () => {
    const fake = fakeKafka()
    const handled: string[] = []
    const made = new KafkaSubscriber(
      fake.kafka,
      '',
      { groupId: 'g', topics: ['t'], onPoison: 'stop' },
      parking,
      log,
    )
    await made.run(async ({ value }) => void handled.push(String(value)))
    await fake.deliver('1')
    expect(handled).toEqual(['1'])
    await made.close()
    await expect(fake.deliver('2')).rejects.toThrow()
    expect(handled).toEqual(['1'])
  })
})
