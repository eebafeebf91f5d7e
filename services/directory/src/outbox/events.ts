import { toRecord } from '@onus/kit/cloudevents'
import { type EventPublisher, type EventRecord, TOPICS } from '@onus/kit/kafka'
import type { EventItem } from '../domain/consequences.ts'
import type { LaneOf } from './outbox.ts'

const PUBLISH_TIMEOUT_MS = 8000

/** The directory's events, as CloudEvents in binary mode. */
export function eventLane(publisher: EventPublisher, ensureTopic: () => Promise<void>): LaneOf<'event'> {
  let ready: Promise<void> | undefined
  return {
    kind: 'event',
    async deliver(accountId, items) {
      ready ??= ensureTopic()
      try {
        await ready
      } catch (error) {
        ready = undefined
        throw error
      }
      await publisher.publish(
        items.map((item) => eventRecord(accountId, item)),
        { timeoutMs: PUBLISH_TIMEOUT_MS },
      )
    },
  }
}

/** One event's record; the same item always gives the same record. */
export function eventRecord(accountId: string, item: EventItem): EventRecord {
  const type = `dev.onus.${item.type}.v1`
  return toRecord({
    topic: TOPICS.directoryEvents,
    key: item.entityId,
    id: item.id,
    source: `/accounts/${accountId}/directory`,
    subject: item.entityId,
    type,
    time: item.at,
    sequence: item.sequence,
    dataschema: `https://onus.dev/schemas/${type}.json`,
    traceparent: item.traceparent,
    data: item.data,
  })
}
