import type { Kafka } from 'kafkajs'

/** Topics are made by us, never by a broker on first use. */

export const TOPICS = {
  ticketEvents: 'onus.ticket-events.v1',
  notificationEvents: 'onus.notification-events.v1',
  directoryEvents: 'onus.directory-events.v1',
} as const

export interface TopicSettings {
  /** More is possible later only for topics whose key order may break once. */
  partitions: number
  /** Milliseconds; -1 keeps records for ever. */
  retentionMs: number
  /** Keeps the last record of each key instead of the records of a time. */
  compacted?: boolean
}

const DAY_MS = 24 * 60 * 60 * 1000

export const TOPIC_SETTINGS: Record<string, TopicSettings> = {
  [TOPICS.ticketEvents]: { partitions: 12, retentionMs: 30 * DAY_MS },
  [TOPICS.notificationEvents]: { partitions: 6, retentionMs: 7 * DAY_MS },
  [TOPICS.directoryEvents]: { partitions: 6, retentionMs: -1, compacted: true },
}

/** A topic that no settings name, for example one for parked records. */
const OTHER: TopicSettings = { partitions: 1, retentionMs: 30 * DAY_MS }

/** Where records go that a group could not handle. */
export const parkedTopic = (topic: string): string => `${topic}.parked`

/** Creates those that are missing, with the brokers' own replication factor. */
export async function createTopics(kafka: Kafka, prefix: string, topics: string[]): Promise<void> {
  const admin = kafka.admin()
  await admin.connect()
  try {
    const existing = new Set(await admin.listTopics())
    const missing = topics.filter((topic) => !existing.has(prefix + topic))
    if (missing.length === 0) return
    await admin.createTopics({
      waitForLeaders: true,
      timeout: 20_000,
      topics: missing.map((topic) => {
        const { partitions, retentionMs, compacted } = TOPIC_SETTINGS[topic] ?? OTHER
        return {
          topic: prefix + topic,
          numPartitions: partitions,
          replicationFactor: -1,
          configEntries: [
            { name: 'cleanup.policy', value: compacted ? 'compact' : 'delete' },
            { name: 'retention.ms', value: String(retentionMs) },
          ],
        }
      }),
    })
  } finally {
    await admin.disconnect()
  }
}
