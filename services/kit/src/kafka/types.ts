/** The port that services see of Kafka. Nothing of the client library shows through. */

/** One record to send. Topics are named without the installation's prefix. */
export interface EventRecord {
  topic: string
  /** Records of one key keep their order. */
  key: string
  /** null is a tombstone of a compacted topic. */
  value: Buffer | string | null
  headers: Record<string, string>
}

export interface EventPublisher {
  /**
   * Settles when all in-sync brokers have the records, or rejects: then they may or may not be there, and
   * are sent again with the same ids. Records of one key arrive in the order of the calls; when one fails,
   * what waits behind it under the same key fails too.
   * @param options.timeoutMs bounds the call, whatever the broker does; default 10 s
   */
  publish(records: EventRecord[], options?: { timeoutMs?: number }): Promise<void>
  /** A probe for /readyz: rejects while no broker answers. */
  ping(): Promise<void>
  /** Sends what waits, within a few seconds, and disconnects. */
  close(): Promise<void>
}

/** One record as it arrived. */
export interface ReceivedRecord {
  topic: string
  partition: number
  /** Kafka's offset, as decimal digits. */
  offset: string
  key: string
  value: Buffer | null
  headers: Record<string, string>
  /** Broker's time of the record, RFC 3339. */
  at: string
}

/**
 * What becomes of a record that the handler refuses again and again, although nothing it needs is down:
 * - `park`: it is copied to `<topic>.parked` with the error in its headers, and the next one is taken
 * - `skip`: it is logged and counted, and the next one is taken
 * - `stop`: it is tried for ever, and nothing behind it is taken; liveness tells
 */
export type PoisonPolicy = 'park' | 'skip' | 'stop'

export interface SubscriberOptions {
  /** Consumers of one group share the partitions. */
  groupId: string
  topics: string[]
  /** Where a group without a committed offset begins; default false: with what comes from now on. */
  fromBeginning?: boolean
  onPoison: PoisonPolicy
  /** Tries before a record counts as poison; default 5. */
  attempts?: number
  /** Partitions handled at the same time; default 1. */
  concurrency?: number
}

export interface EventSubscriber {
  /**
   * Hands over every record, one after the other in a partition, and commits after the handler. At least
   * once: the handler deduplicates by event id. Settles when it has begun to consume.
   */
  run(handler: (record: ReceivedRecord) => Promise<void>): Promise<void>
  /**
   * The same for many records of a partition at once, in their order: faster where a handler can do many in
   * one go. When a batch is refused its records come one by one, so that poison is found; what was done of
   * the batch comes again.
   */
  runInBatches(handler: (records: ReceivedRecord[]) => Promise<void>): Promise<void>
  /** For `health.watch`: a sentence when the consumer cannot be brought back from inside the process. */
  problem(): string | null
  /** Records that were not consumed yet, by the last look (every 15 s). */
  lag(): number
  close(): Promise<void>
}
