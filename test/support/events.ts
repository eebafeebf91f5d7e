import { randomUUID } from 'node:crypto'
import { Kafka, logLevel } from 'kafkajs'

/** An event as it lies on the topic. */
export interface TopicEvent {
  key: string
  headers: Record<string, string>
  data: any
  offset: string
  partition: number
}

/**
 * Reads a topic from its beginning to the end that it has now, as any integrator could.
 * @param keep chooses the events to return, by header and data
 */
export async function readTopic(
  brokers: string,
  topic: string,
  keep: (event: TopicEvent) => boolean,
): Promise<TopicEvent[]> {
  const kafka = new Kafka({ clientId: 'onus-test', brokers: brokers.split(','), logLevel: logLevel.NOTHING })
  const admin = kafka.admin()
  await admin.connect()
  const ends = await admin.fetchTopicOffsets(topic)
  const open = new Set(
    ends.filter((end) => Number(end.high) > Number(end.low)).map((end) => end.partition),
  )
  await admin.disconnect()
  const events: TopicEvent[] = []
  if (open.size === 0) return events
  const consumer = kafka.consumer({ groupId: `test-${randomUUID()}` })
  await consumer.connect()
  try {
    await consumer.subscribe({ topics: [topic], fromBeginning: true })
    await new Promise<void>((resolve, reject) => {
      const limit = setTimeout(() => reject(new Error(`topic ${topic} was not read to its end`)), 60_000)
      consumer
        .run({
          eachMessage: async ({ partition, message }) => {
            const event: TopicEvent = {
              key: message.key?.toString() ?? '',
              headers: Object.fromEntries(
                Object.entries(message.headers ?? {}).map(([name, value]) => [name, String(value)]),
              ),
              data: message.value ? JSON.parse(message.value.toString()) : null,
              offset: message.offset,
              partition,
            }
            if (keep(event)) events.push(event)
            const end = ends.find((candidate) => candidate.partition === partition)
            if (Number(message.offset) >= Number(end?.high) - 1) open.delete(partition)
            if (open.size === 0) {
              clearTimeout(limit)
              resolve()
            }
          },
        })
        .catch(reject)
    })
  } finally {
    await consumer.disconnect()
  }
  return events
}

/**
 * What every reader of the ticket topic may rely on: after dedup by `ce_id` each ticket's sequence is
 * 1, 2, 3 ... without a gap, in order, and a repeat is equal to the first.
 * @returns complaints; none when all is well
 */
export function sequenceComplaints(events: TopicEvent[]): string[] {
  const complaints: string[] = []
  const seen = new Map<string, string>()
  const last = new Map<string, number>()
  for (const event of events) {
    const id = event.headers.ce_id ?? ''
    const value = JSON.stringify(event.data)
    const before = seen.get(id)
    if (before !== undefined) {
      if (before !== value) complaints.push(`${id} came twice with different data`)
      continue
    }
    seen.set(id, value)
    const next = (last.get(event.key) ?? 0) + 1
    if (Number(event.headers.ce_sequence) !== next)
      complaints.push(`${event.key}: expected sequence ${next}, got ${event.headers.ce_sequence}`)
    last.set(event.key, Number(event.headers.ce_sequence))
  }
  return complaints
}
