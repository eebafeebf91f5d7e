import type { Admin, Kafka } from 'kafkajs'
import { parkedTopic, TOPICS } from './topics.ts'

/** How far a group is behind on one topic. */
export interface GroupLag {
  group: string
  topic: string
  /** Records that it has not committed yet. */
  lag: number
  /** Somebody consumes for it now. */
  consumed: boolean
}

export interface ParkedRecords {
  topic: string
  records: number
}

/** Of one process only, and gone with it: nobody waits for what such a group has not read. */
const PASSING = /-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

/** The lag of every lasting group on our topics, and what was parked because nobody could handle it. */
export async function readLag(
  kafka: Kafka,
  prefix: string,
): Promise<{ groups: GroupLag[]; parked: ParkedRecords[] }> {
  const admin = kafka.admin({ retry: { retries: 1 } })
  await admin.connect()
  try {
    const existing = new Set(await admin.listTopics())
    const ours = Object.values(TOPICS).filter((topic) => existing.has(prefix + topic))
    const ends = new Map(
      await Promise.all(
        ours.map(async (topic) => [topic, await admin.fetchTopicOffsets(prefix + topic)] as const),
      ),
    )
    const { groups } = await admin.listGroups()
    const lasting = groups
      .map(({ groupId }) => groupId)
      .filter((id) => id.startsWith(prefix) && !PASSING.test(id))
    const described = lasting.length > 0 ? (await admin.describeGroups(lasting)).groups : []
    const lags = await Promise.all(
      described.map(async ({ groupId, state }) => {
        const read = await admin.fetchOffsets({ groupId, topics: ours.map((topic) => prefix + topic) })
        return read.flatMap(({ topic, partitions }) => {
          // A group that never committed on a topic does not read it.
          if (partitions.every(({ offset }) => offset === '-1')) return []
          const name = topic.slice(prefix.length)
          const lag = partitions.reduce((sum, { partition, offset }) => {
            const end = ends.get(name as never)?.find((one) => one.partition === partition)
            const from = offset === '-1' ? Number(end?.low ?? 0) : Number(offset)
            return sum + Math.max(0, Number(end?.high ?? 0) - from)
          }, 0)
          return [{ group: groupId.slice(prefix.length), topic: name, lag, consumed: state === 'Stable' }]
        })
      }),
    )
    return { groups: lags.flat(), parked: await parked(admin, prefix, existing) }
  } finally {
    await admin.disconnect()
  }
}

async function parked(admin: Admin, prefix: string, existing: Set<string>): Promise<ParkedRecords[]> {
  const topics = Object.values(TOPICS).map(parkedTopic)
  const found = await Promise.all(
    topics
      .filter((topic) => existing.has(prefix + topic))
      .map(async (topic) => {
        const offsets = await admin.fetchTopicOffsets(prefix + topic)
        const records = offsets.reduce((sum, { low, high }) => sum + Number(high) - Number(low), 0)
        return { topic, records }
      }),
  )
  return found.filter(({ records }) => records > 0)
}
