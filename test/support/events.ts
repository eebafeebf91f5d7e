import { randomUUID } from 'node:crypto'
import { createSubscriber } from '@onus/kit/kafka'
import { createLogger } from '@onus/kit/logging'

/** An event as it lies on the topic. */
export interface TopicEvent {
  key: string
  headers: Record<string, string>
  data: any
  offset: string
  partition: number
}

/** A topic counts as read to its end when nothing more has come for this long. */
const QUIET_MS = 2_000
const LIMIT_MS = 60_000

/**
 * Reads a topic from its beginning to the end that it has now, in a group of its own.
 * @param keep chooses the events to return, by header and data
 */
export async function readTopic(
  brokers: string,
  topic: string,
  keep: (event: TopicEvent) => boolean,
): Promise<TopicEvent[]> {
  const subscriber = createSubscriber(
    { KAFKA_BROKERS: brokers.split(',') },
    { groupId: `test-${randomUUID()}`, topics: [topic], fromBeginning: true, onPoison: 'stop' },
    createLogger('test', 'fatal'),
  )
  const events: TopicEvent[] = []
  let last: number | undefined
  const began = Date.now()
  await subscriber.run(async ({ key, headers, value, offset, partition }) => {
    last = Date.now()
    const event = { key, headers, offset, partition, data: value ? JSON.parse(value.toString()) : null }
    if (keep(event)) events.push(event)
  })
  while (last === undefined || Date.now() - last < QUIET_MS) {
    if (Date.now() - began > LIMIT_MS) break
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  await subscriber.close()
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
