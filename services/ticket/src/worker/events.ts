import { toRecord } from '@onus/kit/cloudevents'
import { type EventRecord, TOPICS } from '@onus/kit/kafka'
import type { OutgoingEntry } from '@onus/workflows-contract'

/** Most bytes of one event's data. */
export const MAX_EVENT_BYTES = 64 * 1024

/** The CloudEvents type of an entry's short type, for example `created`. */
export const eventType = (type: string): string => `dev.onus.ticket.${type}.v1`

/** The address that names an event's JSON Schema. */
export const eventSchema = (type: string): string => `https://onus.dev/schemas/${eventType(type)}.json`

/**
 * One timeline entry as one event. Entries carry no text of the conversation and no address, so neither
 * does the event. What would make it too large is left out, and said to be.
 */
export function toEvent(
  ticket: { accountId: string; ticketId: string; number: string },
  { entry, traceparent }: OutgoingEntry,
): EventRecord {
  const { accountId, ticketId, number } = ticket
  const { sequence, type, at, actor, cause, from, to, reason, revision, details } = entry
  const data = { accountId, ticketId, number, sequence, type, at, actor, cause, from, to, reason, revision }
  const whole = { ...data, details }
  const fits = Buffer.byteLength(JSON.stringify(whole)) <= MAX_EVENT_BYTES
  return toRecord({
    topic: TOPICS.ticketEvents,
    key: ticketId,
    id: `${ticketId}-${sequence}`,
    source: `/accounts/${accountId}/tickets`,
    subject: ticketId,
    type: eventType(type),
    time: at,
    sequence,
    dataschema: eventSchema(type),
    ...(traceparent === undefined ? {} : { traceparent }),
    data: fits ? whole : { ...data, details: { truncated: true } },
  })
}
