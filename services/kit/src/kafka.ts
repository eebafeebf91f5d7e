import type { KafkaConfig } from './config.ts'
import { createKafka, within } from './kafka/connection.ts'
import { type GroupLag, type ParkedRecords, readLag } from './kafka/lag.ts'
import { KafkaPublisher } from './kafka/publisher.ts'
import { type ReadOptions, type ReadResult, readTopicToEnd } from './kafka/reader.ts'
import { KafkaSubscriber, type WatchdogOptions } from './kafka/subscriber.ts'
import { createTopics, parkedTopic, TOPICS } from './kafka/topics.ts'
import type { EventPublisher, EventSubscriber, ReceivedRecord, SubscriberOptions } from './kafka/types.ts'
import type { Logger } from './logging.ts'

export { KafkaTimeout } from './kafka/connection.ts'
export type { GroupLag, ParkedRecords } from './kafka/lag.ts'
export type { Places, ReadOptions, ReadResult } from './kafka/reader.ts'
export { parkedTopic, TOPIC_SETTINGS, TOPICS, type TopicSettings } from './kafka/topics.ts'
export type {
  EventPublisher,
  EventRecord,
  EventSubscriber,
  PoisonPolicy,
  ReceivedRecord,
  SubscriberOptions,
} from './kafka/types.ts'

/** What a connection needs to know. */
export type KafkaSettings = Pick<KafkaConfig, 'KAFKA_BROKERS'> & Partial<KafkaConfig>

/** Publishes with the guarantees of {@link EventPublisher}. Connects at the first use, and again after an outage. */
export function createPublisher(config: KafkaSettings, log: Logger): EventPublisher {
  return new KafkaPublisher(createKafka(config, 'onus', log), config.KAFKA_TOPIC_PREFIX ?? '', log)
}

/** Subscribes a group; parked records go to `<topic>.parked`, which is made when the policy is `park`. */
export function createSubscriber(
  config: KafkaSettings,
  options: SubscriberOptions & WatchdogOptions,
  log: Logger,
): EventSubscriber {
  const kafka = createKafka(config, 'onus', log)
  const parking = createPublisher(config, log)
  return new KafkaSubscriber(kafka, config.KAFKA_TOPIC_PREFIX ?? '', options, parking, log)
}

/**
 * Creates the topics that are missing, with the place for parked records of each. Rejects when the brokers
 * do not answer in `timeoutMs` (default 30 s).
 */
export async function ensureTopics(
  config: KafkaSettings,
  log: Logger,
  topics: readonly string[] = Object.values(TOPICS),
  timeoutMs = 30_000,
): Promise<void> {
  const kafka = createKafka(config, 'onus', log)
  const all = topics.flatMap((topic) => [topic, parkedTopic(topic)])
  await within(timeoutMs, 'Kafka', createTopics(kafka, config.KAFKA_TOPIC_PREFIX ?? '', all))
}

/** How far every lasting group is behind, and what was parked. Rejects when the brokers do not answer in `timeoutMs`. */
export const consumerLag = (
  config: KafkaSettings,
  log: Logger,
  timeoutMs = 5_000,
): Promise<{ groups: GroupLag[]; parked: ParkedRecords[] }> =>
  within(timeoutMs, 'Kafka', readLag(createKafka(config, 'onus', log), config.KAFKA_TOPIC_PREFIX ?? ''))

/** Reads a topic from its first record, or a later place, to its end of now; for rebuilding and checking, not for following. */
export const readToEnd = (
  config: KafkaSettings,
  log: Logger,
  topic: string,
  handle: (record: ReceivedRecord) => void | Promise<void>,
  options: ReadOptions = {},
): Promise<ReadResult> =>
  readTopicToEnd(createKafka(config, 'onus', log), config.KAFKA_TOPIC_PREFIX ?? '', topic, handle, options)
