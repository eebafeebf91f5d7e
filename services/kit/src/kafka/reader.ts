import { randomUUID } from 'node:crypto'
import type { Admin, Kafka } from 'kafkajs'
import { received } from './subscriber.ts'
import type { ReceivedRecord } from './types.ts'

/** A topic from its first record, or a later place, to the last one that it has when the reading begins. */

/** The next offset to read, by partition. */
export type Places = Readonly<Record<string, string>>

export interface ReadOptions {
  /** Gives up after so long without a record; default 30 s. */
  silenceMs?: number
  /** Begins where records are as old as this; default at the first. */
  since?: Date
  /** Goes on from here; partitions that are not named were read. Counts more than `since`. */
  from?: Places
  /** Ends after so long, to be gone on with `from`; default at the end of the topic. */
  forMs?: number
}

export interface ReadResult {
  records: number
  /** False when the topic has dropped records already: its beginning is not at offset 0. */
  complete: boolean
  /** Where to go on; absent when everything was read. */
  rest?: Places
}

/** Hands over every record, in order in each partition. It commits nothing and leaves no group behind. */
export async function readTopicToEnd(
  kafka: Kafka,
  prefix: string,
  topic: string,
  handle: (record: ReceivedRecord) => void | Promise<void>,
  { silenceMs = 30_000, since, from, forMs }: ReadOptions = {},
): Promise<ReadResult> {
  const name = prefix + topic
  const groupId = `${prefix}read-${randomUUID()}`
  const admin = kafka.admin()
  await admin.connect()
  const consumer = kafka.consumer({ groupId, allowAutoTopicCreation: false, maxWaitTimeInMs: 200 })
  try {
    const offsets = await admin.fetchTopicOffsets(name)
    const complete = offsets.every(({ low }) => low === '0')
    const begins = from ?? (since && (await placesAt(admin, name, since)))
    const ends = new Map<number, bigint>()
    const next = new Map<number, bigint>()
    for (const { partition, low, high } of offsets) {
      const wanted = begins === undefined ? low : begins[partition]
      if (wanted === undefined) continue
      const begin = BigInt(wanted) > BigInt(low) ? BigInt(wanted) : BigInt(low)
      if (begin >= BigInt(high)) continue
      ends.set(partition, BigInt(high))
      next.set(partition, begin)
    }
    let records = 0
    if (ends.size === 0) return { records, complete }
    let late: NodeJS.Timeout | undefined
    let enough = false
    let ended = false
    const stop = () => {
      enough = true
    }
    await consumer.connect()
    await consumer.subscribe({ topics: [name], fromBeginning: true })
    await new Promise<void>((resolve, reject) => {
      const silent = () => reject(new Error(`${topic}: nothing was read for ${silenceMs} ms`))
      let timer = setTimeout(silent, silenceMs)
      const finish = (how: () => void) => {
        clearTimeout(timer)
        clearTimeout(late)
        ended = true
        how()
      }
      consumer
        .run({
          autoCommit: false,
          eachMessage: async (payload) => {
            const { partition, message } = payload
            const end = ends.get(partition)
            const offset = BigInt(message.offset)
            // What came after the beginning of the reading is not part of it, nor what was read before.
            if (end === undefined || offset >= end || offset < (next.get(partition) ?? 0n)) return
            if (ended) return
            clearTimeout(timer)
            timer = setTimeout(silent, silenceMs)
            if (forMs !== undefined && late === undefined) late = setTimeout(stop, forMs)
            try {
              await handle(received(payload, prefix))
            } catch (error) {
              finish(() => reject(error))
              return
            }
            records++
            next.set(partition, offset + 1n)
            if (offset + 1n >= end) ends.delete(partition)
            if (ends.size === 0 || enough) finish(resolve)
          },
        })
        .catch((error) => finish(() => reject(error)))
      for (const [partition, offset] of next)
        consumer.seek({ topic: name, partition, offset: String(offset) })
    })
    if (ends.size === 0) return { records, complete }
    const rest = [...ends.keys()].map((partition) => [partition, String(next.get(partition))])
    return { records, complete, rest: Object.fromEntries(rest) }
  } finally {
    await consumer.disconnect()
    await admin.deleteGroups([groupId]).catch(() => {})
    await admin.disconnect()
  }
}

/** Where records of this age begin; nothing for partitions that have none. */
async function placesAt(admin: Admin, topic: string, since: Date): Promise<Places> {
  const found = await admin.fetchTopicOffsetsByTimestamp(topic, since.getTime())
  return Object.fromEntries(
    found.filter(({ offset }) => offset !== '-1').map(({ partition, offset }) => [partition, offset]),
  )
}
