import { randomUUID } from 'node:crypto'
import type { Kafka } from 'kafkajs'
import { received } from './subscriber.ts'
import type { ReceivedRecord } from './types.ts'

/** A topic from its first record to the last one that it has when the reading begins. */

export interface ReadOptions {
  /** Gives up after so long without a record; default 30 s. */
  silenceMs?: number
}

export interface ReadResult {
  records: number
  /** False when the topic has dropped records already: its beginning is not at offset 0. */
  complete: boolean
}

/** Hands over every record, in order in each partition. It commits nothing and leaves no group behind. */
export async function readTopicToEnd(
  kafka: Kafka,
  prefix: string,
  topic: string,
  handle: (record: ReceivedRecord) => void | Promise<void>,
  { silenceMs = 30_000 }: ReadOptions = {},
): Promise<ReadResult> {
  const name = prefix + topic
  const groupId = `${prefix}read-${randomUUID()}`
  const admin = kafka.admin()
  await admin.connect()
  const consumer = kafka.consumer({ groupId, allowAutoTopicCreation: false, maxWaitTimeInMs: 200 })
  try {
    const offsets = await admin.fetchTopicOffsets(name)
    const complete = offsets.every(({ low }) => low === '0')
    const ends = new Map(
      offsets.filter(({ low, high }) => low !== high).map(({ partition, high }) => [partition, BigInt(high)]),
    )
    let records = 0
    if (ends.size === 0) return { records, complete }
    await consumer.connect()
    await consumer.subscribe({ topics: [name], fromBeginning: true })
    await new Promise<void>((resolve, reject) => {
      const silent = () => reject(new Error(`${topic}: nothing was read for ${silenceMs} ms`))
      let timer = setTimeout(silent, silenceMs)
      const finish = (how: () => void) => {
        clearTimeout(timer)
        how()
      }
      consumer
        .run({
          autoCommit: false,
          eachMessage: async (payload) => {
            const { partition, message } = payload
            const end = ends.get(partition)
            // What came after the beginning of the reading is not part of it.
            if (end === undefined || BigInt(message.offset) >= end) return
            clearTimeout(timer)
            timer = setTimeout(silent, silenceMs)
            try {
              await handle(received(payload, prefix))
            } catch (error) {
              finish(() => reject(error))
              return
            }
            records++
            if (BigInt(message.offset) + 1n >= end) ends.delete(partition)
            if (ends.size === 0) finish(resolve)
          },
        })
        .catch((error) => finish(() => reject(error)))
    })
    return { records, complete }
  } finally {
    await consumer.disconnect()
    await admin.deleteGroups([groupId]).catch(() => {})
    await admin.disconnect()
  }
}
