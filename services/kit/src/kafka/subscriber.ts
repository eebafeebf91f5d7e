import { setTimeout as sleep } from 'node:timers/promises'
import type { Consumer, EachBatchPayload, EachMessagePayload, IHeaders, Kafka } from 'kafkajs'
import { isOutage } from '../errors.ts'
import type { Logger } from '../logging.ts'
import { inSpan, meter } from '../telemetry.ts'
import { within } from './connection.ts'
import { parkedTopic } from './topics.ts'
import type { EventPublisher, EventSubscriber, ReceivedRecord, SubscriberOptions } from './types.ts'

/** A group gives the partitions of a silent member to others after this. */
const SESSION_TIMEOUT_MS = 20_000
const HEARTBEAT_MS = 3000
const DISCONNECT_LIMIT_MS = 5000
const DEFAULT_ATTEMPTS = 5
/** How often the watchdog looks, and how often it asks for the lag. */
const WATCH_MS = 5000
const LAG_MS = 15_000
/** Restarts without a heartbeat after which only a new process may help. */
const MAX_RESTARTS = 3
const MAX_BACKOFF_MS = 10_000
/** Records that a handler of batches gets at most. */
const MAX_BATCH = 1000
/** Causes that the span of a batch names. */
const MOST_LINKS = 100

const consumed = meter.createCounter('kafka.consumed', { description: 'Records handled, by outcome' })
const lagGauge = meter.createGauge('kafka.consumer.lag', { description: 'Records that wait for a group' })

export interface WatchdogOptions {
  /** Default 20 s. */
  sessionTimeoutMs?: number
  /** A consumer without a heartbeat for so long is started anew; default 45 s. */
  silenceMs?: number
  /** A consumer that handles nothing for so long although records wait is started anew; default 60 s. */
  stallMs?: number
}

/** Consumes for a group and watches over itself: kafkajs can stop without a word. */
export class KafkaSubscriber implements EventSubscriber {
  readonly #kafka: Kafka
  readonly #prefix: string
  readonly #options: SubscriberOptions & WatchdogOptions
  readonly #parking: EventPublisher
  readonly #log: Logger
  #consumer: Consumer | undefined
  #handler: ((record: ReceivedRecord) => Promise<void>) | undefined
  #batchHandler: ((records: ReceivedRecord[]) => Promise<void>) | undefined
  #timer: NodeJS.Timeout | undefined
  #restarting: Promise<void> | undefined
  #lastSign = Date.now()
  #lastHandled = Date.now()
  #lastLagLook = 0
  #busy = 0
  #lag = 0
  #restarts = 0
  #poisoned: string | null = null
  #failed = false
  #reachable = true
  readonly #closing = new AbortController()

  constructor(
    kafka: Kafka,
    prefix: string,
    options: SubscriberOptions & WatchdogOptions,
    parking: EventPublisher,
    log: Logger,
  ) {
    this.#kafka = kafka
    this.#prefix = prefix
    this.#options = options
    this.#parking = parking
    this.#log = log.child({ group: options.groupId })
  }

  async run(handler: (record: ReceivedRecord) => Promise<void>): Promise<void> {
    this.#handler = handler
    await this.#tryStart()
    this.#timer = setInterval(() => void this.#watch(), WATCH_MS)
  }

  async runInBatches(handler: (records: ReceivedRecord[]) => Promise<void>): Promise<void> {
    this.#batchHandler = handler
    await this.run((record) => handler([record]))
  }

  problem(): string | null {
    if (this.#poisoned) return this.#poisoned
    if (this.#restarts < MAX_RESTARTS || !this.#reachable) return null
    return `group ${this.#options.groupId} does not consume after ${this.#restarts} restarts`
  }

  lag(): number {
    return this.#lag
  }

  async close(): Promise<void> {
    this.#closing.abort()
    clearInterval(this.#timer)
    await this.#restarting?.catch(() => {})
    await this.#dismiss()
    await this.#parking.close()
  }

  async #start(): Promise<void> {
    const { groupId, topics, fromBeginning = false, concurrency = 1 } = this.#options
    const { sessionTimeoutMs = SESSION_TIMEOUT_MS } = this.#options
    const consumer = this.#kafka.consumer({
      groupId: this.#prefix + groupId,
      allowAutoTopicCreation: false,
      sessionTimeout: sessionTimeoutMs,
      heartbeatInterval: HEARTBEAT_MS,
      rebalanceTimeout: 30_000,
      maxWaitTimeInMs: 500,
      // An outage of the brokers is over when they are back, so no pause may grow long.
      retry: { initialRetryTime: 200, maxRetryTime: 1500, retries: 8, restartOnFailure: async () => true },
    })
    this.#consumer = consumer
    this.#lastSign = Date.now()
    this.#lastHandled = Date.now()
    const joined = new Promise<void>((resolve) => {
      consumer.on(consumer.events.GROUP_JOIN, () => {
        this.#sign()
        resolve()
      })
    })
    consumer.on(consumer.events.HEARTBEAT, () => this.#sign())
    consumer.on(consumer.events.CRASH, ({ payload }) => {
      this.#log.warn({ err: payload.error, restart: payload.restart }, 'the consumer crashed')
      if (!payload.restart && this.#consumer === consumer) void this.#restart('it crashed')
    })
    await consumer.connect()
    await consumer.subscribe({ topics: topics.map((topic) => this.#prefix + topic), fromBeginning })
    await consumer.run({
      autoCommit: true,
      autoCommitInterval: 1000,
      autoCommitThreshold: 100,
      partitionsConsumedConcurrently: concurrency,
      ...(this.#batchHandler
        ? { eachBatchAutoResolve: false, eachBatch: (payload) => this.#handleBatch(payload) }
        : { eachMessage: (payload) => this.#handle(payload) }),
    })
    await within(2 * sessionTimeoutMs, 'Kafka', joined)
  }

  #sign(): void {
    this.#lastSign = Date.now()
    this.#restarts = 0
  }

  /** One record: tried again while what it needs is away, and so many times otherwise. */
  async #handle(payload: EachMessagePayload): Promise<void> {
    const record = received(payload, this.#prefix)
    // kafkajs sends heartbeats between records only, and a handler may take longer than a session.
    // A consumer that was given up must not keep its partitions alive.
    const consumer = this.#consumer
    const heart = setInterval(() => {
      if (this.#consumer === consumer) payload.heartbeat().catch(() => {})
    }, HEARTBEAT_MS)
    this.#busy++
    try {
      consumed.add(1, { group: groupName(this.#options.groupId), outcome: await this.#tryAll(record) })
    } finally {
      this.#busy--
      this.#lastHandled = Date.now()
      clearInterval(heart)
    }
  }

  /** What was fetched of one partition, in parts. */
  async #handleBatch({ batch, ...payload }: EachBatchPayload): Promise<void> {
    const { topic, partition } = batch
    const consumer = this.#consumer
    const heart = setInterval(() => {
      if (this.#consumer === consumer) payload.heartbeat().catch(() => {})
    }, HEARTBEAT_MS)
    this.#busy++
    try {
      for (let at = 0; at < batch.messages.length; at += MAX_BATCH) {
        if (!payload.isRunning() || payload.isStale()) return
        const part = batch.messages.slice(at, at + MAX_BATCH)
        const records = part.map((message) => received({ topic, partition, message }, this.#prefix))
        await this.#tryBatch(records)
        payload.resolveOffset(part.at(-1)!.offset)
        await payload.commitOffsetsIfNecessary()
        this.#lastHandled = Date.now()
      }
    } finally {
      this.#busy--
      this.#lastHandled = Date.now()
      clearInterval(heart)
    }
  }

  /** All at once; one by one when that is refused. */
  async #tryBatch(records: ReceivedRecord[]): Promise<void> {
    const group = groupName(this.#options.groupId)
    for (let outages = 0; ; ) {
      this.#closing.signal.throwIfAborted()
      try {
        await this.#traced(records, () => this.#batchHandler?.(records))
        this.#poisoned = null
        consumed.add(records.length, { group, outcome: 'handled' })
        return
      } catch (error) {
        if (!isOutage(error)) {
          this.#log.warn({ err: error, records: records.length }, 'a batch was not handled; one by one then')
          break
        }
        this.#log.warn({ err: error, records: records.length }, 'a batch waits for something that is down')
        await this.#pause(++outages)
      }
    }
    for (const record of records) consumed.add(1, { group, outcome: await this.#tryAll(record) })
  }

  async #tryAll(record: ReceivedRecord): Promise<string> {
    const { attempts = DEFAULT_ATTEMPTS, onPoison } = this.#options
    for (let tries = 1, outages = 0; ; ) {
      this.#closing.signal.throwIfAborted()
      try {
        await this.#traced([record], () => this.#handler?.(record))
        this.#poisoned = null
        return 'handled'
      } catch (error) {
        const about = { err: error, topic: record.topic, partition: record.partition, offset: record.offset }
        if (isOutage(error)) {
          this.#log.warn(about, 'a record waits for something that is down')
          await this.#pause(++outages)
        } else if (tries < attempts || onPoison === 'stop') {
          if (tries >= attempts) {
            this.#poisoned = `group ${this.#options.groupId} is held up by ${record.topic}[${record.partition}]@${record.offset}`
          }
          this.#log.warn({ ...about, tries }, 'a record was not handled')
          await this.#pause(tries++)
        } else {
          this.#log.error({ ...about, policy: onPoison }, 'a record cannot be handled')
          if (onPoison === 'skip') return 'skipped'
          await this.#park(record, error)
          return 'parked'
        }
      }
    }
  }

  /** In the trace of what the event tells of; several events are linked to, one is a part of its own trace. */
  async #traced(records: ReceivedRecord[], work: () => Promise<void> | undefined): Promise<void> {
    const causes = records.flatMap(({ headers }) => headers.ce_traceparent ?? [])
    const topic = records[0]?.topic ?? ''
    const attributes = {
      'messaging.system': 'kafka',
      'messaging.operation.name': 'process',
      'messaging.destination.name': topic,
      'messaging.consumer.group.name': this.#options.groupId,
      'messaging.batch.message_count': records.length,
    }
    const [only] = causes
    const origin =
      records.length === 1 && only ? { traceparent: only } : { links: causes.slice(0, MOST_LINKS) }
    await inSpan(`process ${topic}`, { kind: 'consumer', attributes, ...origin }, async () => await work())
  }

  async #park(record: ReceivedRecord, error: unknown): Promise<void> {
    const headers = {
      ...record.headers,
      'onus-parked-by': this.#options.groupId,
      'onus-parked-from': `${record.topic}/${record.partition}/${record.offset}`,
      'onus-parked-error': String(error instanceof Error ? error.message : error).slice(0, 500),
    }
    for (let tries = 1; ; tries++) {
      this.#closing.signal.throwIfAborted()
      try {
        await this.#parking.publish([
          { topic: parkedTopic(record.topic), key: record.key, value: record.value, headers },
        ])
        return
      } catch (failed) {
        this.#log.warn({ err: failed }, 'a record could not be parked yet')
        await this.#pause(tries)
      }
    }
  }

  async #pause(tries: number): Promise<void> {
    const ms = Math.min(100 * 2 ** tries, MAX_BACKOFF_MS)
    await sleep(ms / 2 + (Math.random() * ms) / 2, undefined, { signal: this.#closing.signal })
  }

  async #watch(): Promise<void> {
    if (this.#restarting || this.#closing.signal.aborted) return
    const { silenceMs = 45_000, stallMs = 60_000 } = this.#options
    const now = Date.now()
    if (this.#failed) return this.#restart('it did not start')
    if (now - this.#lastSign > silenceMs) return this.#restart('there was no heartbeat')
    if (now - this.#lastLagLook < LAG_MS) return
    this.#lastLagLook = now
    await this.#measureLag()
    const stalled = this.#lag > 0 && this.#busy === 0 && Date.now() - this.#lastHandled > stallMs
    if (stalled) await this.#restart(`${this.#lag} records wait and none is handled`)
  }

  #restart(why: string): Promise<void> {
    this.#restarting ??= this.#startAnew(why).finally(() => {
      this.#restarting = undefined
    })
    return this.#restarting
  }

  async #startAnew(why: string): Promise<void> {
    if (this.#closing.signal.aborted) return
    this.#restarts++
    this.#log.warn({ why, restarts: this.#restarts }, 'the consumer is started anew')
    await this.#dismiss()
    await this.#tryStart()
  }

  /** A start that fails is repeated at the watchdog's next look. */
  async #tryStart(): Promise<void> {
    try {
      await this.#start()
      this.#failed = false
    } catch (error) {
      this.#failed = true
      this.#reachable = await this.#brokersAnswer()
      this.#log.warn({ err: error, reachable: this.#reachable }, 'the consumer did not start')
    }
  }

  async #brokersAnswer(): Promise<boolean> {
    const admin = this.#kafka.admin({ retry: { retries: 0 } })
    try {
      await within(DISCONNECT_LIMIT_MS, 'Kafka', admin.connect())
      return true
    } catch {
      return false
    } finally {
      await admin.disconnect().catch(() => {})
    }
  }

  async #dismiss(): Promise<void> {
    const consumer = this.#consumer
    this.#consumer = undefined
    if (!consumer) return
    await within(DISCONNECT_LIMIT_MS, 'Kafka', consumer.disconnect()).catch((error) =>
      this.#log.warn({ err: error }, 'the consumer did not disconnect'),
    )
  }

  async #measureLag(): Promise<void> {
    try {
      this.#lag = await within(LAG_MS, 'Kafka', this.#countLag())
      lagGauge.record(this.#lag, { group: groupName(this.#options.groupId) })
    } catch (error) {
      this.#log.debug({ err: error }, 'the lag is not known')
    }
  }

  async #countLag(): Promise<number> {
    const admin = this.#kafka.admin()
    await admin.connect()
    try {
      const topics = this.#options.topics.map((topic) => this.#prefix + topic)
      const groupId = this.#prefix + this.#options.groupId
      const committed = await admin.fetchOffsets({ groupId, topics })
      let lag = 0n
      for (const { topic, partitions } of committed) {
        const ends = new Map((await admin.fetchTopicOffsets(topic)).map((end) => [end.partition, end]))
        for (const { partition, offset } of partitions) {
          const end = ends.get(partition)
          // Without a commit the group has not begun here; what it will skip or read is not known.
          if (end && Number(offset) >= 0) lag += BigInt(end.high) - BigInt(offset)
        }
      }
      return Number(lag)
    } finally {
      await admin.disconnect()
    }
  }
}

/** A group of one process alone goes by the name that all of its kind have: a metric lives longer than it. */
const groupName = (groupId: string): string => groupId.replace(/-[0-9a-f-]{32,36}$/, '')

export function received(
  payload: Pick<EachMessagePayload, 'topic' | 'partition' | 'message'>,
  prefix: string,
): ReceivedRecord {
  const { topic, partition, message } = payload
  return {
    topic: topic.slice(prefix.length),
    partition,
    offset: message.offset,
    key: message.key?.toString() ?? '',
    value: message.value,
    headers: textHeaders(message.headers),
    at: new Date(Number(message.timestamp)).toISOString(),
  }
}

function textHeaders(headers: IHeaders = {}): Record<string, string> {
  const texts: Record<string, string> = {}
  for (const [name, value] of Object.entries(headers)) {
    const [first] = Array.isArray(value) ? value : [value]
    if (first !== undefined) texts[name] = first.toString()
  }
  return texts
}
