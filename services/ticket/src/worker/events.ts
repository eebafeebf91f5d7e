import { toRecord } from '@onus/kit/cloudevents'
import { type EventRecord, TOPICS } from '@onus/kit/kafka'
import type { OutgoingEntry } from '@onus/workflows-contract'
import { EVENT_VERSIONS, type EventVersions, FIRST_VERSION } from './versions.ts'

/** Most bytes of one event's data. */
export const MAX_EVENT_BYTES = 64 * 1024

/** The CloudEvents type of an entry's short type, for example `created`. */
export const eventType = (type: string, major = 1): string => `dev.onus.ticket.${type}.v${major}`

/** The address that names an event's JSON Schema. */
export const eventSchema = (type: string, major = 1): string =>
  `https://onus.dev/schemas/${eventType(type, major)}.json`

type Ticket = { accountId: string; ticketId: string; number: string }

/**
 * One timeline entry as one event, in each major version that it is sent in. Entries carry no text of the
 * conversation and no address, so neither does the event. What would make it too large is left out, and said
 * to be.
 */
export function toEvents(
  { accountId, ticketId, number }: Ticket,
  { entry, traceparent }: OutgoingEntry,
  versions: EventVersions = EVENT_VERSIONS,
): EventRecord[] {
  const { sequence, type, at, actor, cause, from, to, reason, revision, details } = entry
  const data = { accountId, ticketId, number, sequence, type, at, actor, cause, from, to, reason, revision }
  const whole = { ...data, details }
  return (versions[type] ?? FIRST_VERSION).map((version) => {
    const fits = Buffer.byteLength(JSON.stringify(version.data(whole))) <= MAX_EVENT_BYTES
    return toRecord({
      topic: TOPICS.ticketEvents,
      key: ticketId,
      // The id of the first version is as old as the product; a fact's other versions are other events.
      id: version.major === 1 ? `${ticketId}-${sequence}` : `${ticketId}-${sequence}-v${version.major}`,
      source: `/accounts/${accountId}/tickets`,
      subject: ticketId,
      type: eventType(type, version.major),
      time: at,
      sequence,
      dataschema: eventSchema(type, version.major),
      ...(traceparent === undefined ? {} : { traceparent }),
      data: version.data(fits ? whole : { ...data, details: { truncated: true } }),
    })
  })
}
