import { toRecord } from '@onus/kit/cloudevents'
import { type EventRecord, TOPICS } from '@onus/kit/kafka'
import type { NoticeChange } from '../domain/notice.ts'

export const DELIVERY_CHANGED = 'dev.onus.notification.delivery.changed.v1'
/** Where the event's data is described. */
export const DELIVERY_CHANGED_SCHEMA = `https://onus.dev/schemas/${DELIVERY_CHANGED}.json`

/** One change of the ledger as a CloudEvent; its id is the same however often it is sent. */
export function noticeRecord(accountId: string, change: NoticeChange): EventRecord {
  const { sequence, at, notice } = change
  return toRecord({
    topic: TOPICS.notificationEvents,
    key: notice.id,
    id: `${notice.id}-${sequence}`,
    source: `/accounts/${accountId}/notifications`,
    subject: notice.id,
    type: DELIVERY_CHANGED,
    time: at,
    sequence,
    dataschema: DELIVERY_CHANGED_SCHEMA,
    data: notice,
  })
}
