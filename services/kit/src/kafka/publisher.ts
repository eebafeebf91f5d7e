import { type Kafka, Partitioners, type Producer, type TopicMessages } from 'kafkajs'
import type { Logger } from '../logging.ts'
import { DURATION_BUCKETS, inSpan, meter } from '../telemetry.ts'
import { KafkaTimeout, within } from './connection.ts'
import type { EventPublisher, EventRecord } from './types.ts'

const DEFAULT_TIMEOUT_MS = 10_000
/** A send that is not done by then is given up, with its producer. */
const SEND_LIMIT_MS = 20_000
const DISCONNECT_LIMIT_MS = 3000
/** Records in one request at most. */
const BATCH_RECORDS = 500

const duration = meter.createHistogram('kafka.publish.duration.seconds', {
  description: 'Time until the brokers had the records of a call',
  unit: 's',
  advice: { explicitBucketBoundaries: DURATION_BUCKETS },
})

/** One call of `publish`. */
interface Entry {
  records: EventRecord[]
  keys: Set<string>
  timer: NodeJS.Timeout
  resolve: () => void
  reject: (error: unknown) => void
}

/**
 * Sends what concurrent callers publish in batches, one batch in flight, so that the order of the calls is
 * the order of the records. A producer that failed is thrown away: kafkajs does not always recover one.
 */
export class KafkaPublisher implements EventPublisher {
  readonly #kafka: Kafka
  readonly #prefix: string
  readonly #log: Logger
  #producer: Promise<Producer> | undefined
  #queue: Entry[] = []
  #inFlight: Entry[] = []
  #pump: Promise<void> | undefined
  #closed = false

  constructor(kafka: Kafka, prefix: string, log: Logger) {
    this.#kafka = kafka
    this.#prefix = prefix
    this.#log = log
  }

  async publish(records: EventRecord[], options: { timeoutMs?: number } = {}): Promise<void> {
    if (records.length === 0) return
    if (this.#closed) throw new Error('The publisher is closed')
    const { timeoutMs = DEFAULT_TIMEOUT_MS } = options
    const began = performance.now()
    let outcome = 'failed'
    const topic = records[0]!.topic
    const attributes = {
      'messaging.system': 'kafka',
      'messaging.operation.name': 'publish',
      'messaging.destination.name': topic,
      'messaging.batch.message_count': records.length,
    }
    try {
      await inSpan(`publish ${topic}`, { kind: 'producer', attributes }, () =>
        this.#enqueue(records, timeoutMs),
      )
      outcome = 'sent'
    } finally {
      duration.record((performance.now() - began) / 1000, { outcome })
    }
  }

  #enqueue(records: EventRecord[], timeoutMs: number): Promise<void> {
    return new Promise<void>((resolve, reject) => {
      const entry: Entry = {
        records,
        keys: new Set(records.map(orderKey)),
        timer: setTimeout(() => this.#giveUp(entry, timeoutMs), timeoutMs),
        resolve,
        reject,
      }
      this.#queue.push(entry)
      this.#pump ??= this.#run()
    })
  }

  async ping(): Promise<void> {
    await within(2000, 'Kafka', Promise.all([this.#connected(), this.#askBrokers()]))
  }

  /** A producer does not notice by itself that the brokers have gone. */
  async #askBrokers(): Promise<void> {
    const admin = this.#kafka.admin({ retry: { retries: 0 } })
    try {
      await admin.connect()
      await admin.describeCluster()
    } finally {
      await admin.disconnect()
    }
  }

  async close(): Promise<void> {
    this.#closed = true
    if (this.#pump) await within(DISCONNECT_LIMIT_MS, 'Kafka', this.#pump).catch(() => {})
    this.#settle([...this.#inFlight, ...this.#queue.splice(0)], new Error('The publisher is closed'))
    await this.#discard()
  }

  /** Sends until nothing waits. The first await lets callers of the same moment share a batch. */
  async #run(): Promise<void> {
    await Promise.resolve()
    while (this.#queue.length > 0) {
      const batch = this.#take()
      this.#inFlight = batch
      try {
        await this.#send(batch)
        this.#settle(batch)
      } catch (error) {
        await this.#recover(batch, error)
      }
      this.#inFlight = []
    }
    this.#pump = undefined
  }

  #take(): Entry[] {
    let size = 0
    let count = 0
    for (const entry of this.#queue) {
      size += entry.records.length
      if (count > 0 && size > BATCH_RECORDS) break
      count++
    }
    return this.#queue.splice(0, count)
  }

  async #send(batch: Entry[]): Promise<void> {
    const topics = new Map<string, TopicMessages>()
    for (const { topic, key, value, headers } of batch.flatMap((entry) => entry.records)) {
      const name = this.#prefix + topic
      const messages = topics.get(name) ?? { topic: name, messages: [] }
      messages.messages.push({ key, value, headers })
      topics.set(name, messages)
    }
    const sending = this.#connected().then((producer) =>
      producer.sendBatch({ topicMessages: [...topics.values()], acks: -1 }),
    )
    await within(SEND_LIMIT_MS, 'Kafka', sending)
  }

  /** After a failed batch: a new producer; and when the brokers refused, each call by itself. */
  async #recover(batch: Entry[], error: unknown): Promise<void> {
    await this.#discard()
    if (!isRefusal(error) || batch.length === 1) {
      this.#log.warn({ err: error, calls: batch.length }, 'events could not be published')
      this.#fail(batch, error)
      return
    }
    const refused = new Set<string>()
    for (const entry of batch) {
      if (!entry.keys.isDisjointFrom(refused)) {
        this.#fail([entry], new Error('An earlier record of the same key was refused', { cause: error }))
        continue
      }
      try {
        await this.#send([entry])
        this.#settle([entry])
      } catch (own) {
        this.#log.error({ err: own }, 'an event was refused')
        for (const key of entry.keys) refused.add(key)
        this.#fail([entry], own)
        await this.#discard()
      }
    }
  }

  /** A caller does not wait any longer. Its records may be on their way; those that wait behind must not pass. */
  #giveUp(entry: Entry, timeoutMs: number): void {
    this.#queue = this.#queue.filter((waiting) => waiting !== entry)
    this.#fail([entry], new KafkaTimeout(`Kafka did not acknowledge in ${timeoutMs} ms`))
  }

  /** Rejects these, and all that wait behind them with one of their keys. */
  #fail(entries: Entry[], error: unknown): void {
    const keys = new Set(entries.flatMap((entry) => [...entry.keys]))
    const behind: Entry[] = []
    const others: Entry[] = []
    for (const entry of this.#queue) {
      if (entry.keys.isDisjointFrom(keys)) others.push(entry)
      else {
        behind.push(entry)
        for (const key of entry.keys) keys.add(key)
      }
    }
    this.#queue = others
    this.#settle([...entries, ...behind], error)
  }

  #settle(entries: Entry[], error?: unknown): void {
    for (const entry of entries) {
      clearTimeout(entry.timer)
      if (error === undefined) entry.resolve()
      else entry.reject(error)
    }
  }

  #connected(): Promise<Producer> {
    if (this.#producer) return this.#producer
    const producer = this.#kafka.producer({
      idempotent: true,
      maxInFlightRequests: 1,
      allowAutoTopicCreation: false,
      createPartitioner: Partitioners.DefaultPartitioner,
      retry: { initialRetryTime: 100, maxRetryTime: 1000, retries: 4 },
    })
    const connected = producer.connect().then(() => producer)
    this.#producer = connected
    connected.catch(() => {
      if (this.#producer === connected) this.#producer = undefined
    })
    return connected
  }

  async #discard(): Promise<void> {
    const producer = this.#producer
    this.#producer = undefined
    if (!producer) return
    try {
      const gone = producer.then((connected) => connected.disconnect())
      await within(DISCONNECT_LIMIT_MS, 'Kafka', gone)
    } catch {
      // It is thrown away either way.
    }
  }
}

/** Order is kept for a key within a topic. */
const orderKey = (record: EventRecord): string => `${record.topic}\0${record.key}`

/** The brokers answered, and will not take it however often it is sent. */
function isRefusal(error: unknown): boolean {
  const types = new Set([
    'MESSAGE_TOO_LARGE',
    'RECORD_LIST_TOO_LARGE',
    'INVALID_RECORD',
    'UNKNOWN_TOPIC_OR_PARTITION',
  ])
  let current = error
  while (current instanceof Error) {
    if ('type' in current && types.has(String(current.type))) return true
    current = current.cause
  }
  return false
}
