import { z } from 'zod'
import type { EventRecord } from './kafka/types.ts'

/** CloudEvents 1.0 over Kafka in binary mode: attributes are `ce_*` headers, the value is the data. */

/** Digits of `ce_sequence`: compares as text, and outlasts every ticket. */
const SEQUENCE_DIGITS = 10

/** An event to be sent. */
export interface CloudEvent<T = unknown> {
  topic: string
  /** Record key; also `partitionkey`. */
  key: string
  id: string
  /** For example `/accounts/<accountId>/tickets`. */
  source: string
  subject: string
  /** For example `dev.onus.ticket.created.v1`. */
  type: string
  /** RFC 3339 UTC. */
  time: string
  /** Gap-free in one subject, where there is an order. */
  sequence?: number
  /** Address of the JSON Schema of `data`. */
  dataschema?: string
  traceparent?: string
  data: T
}

/** The record that carries an event. */
export function toRecord(event: CloudEvent): EventRecord {
  const headers: Record<string, string> = {
    'content-type': 'application/json',
    ce_specversion: '1.0',
    ce_id: event.id,
    ce_source: event.source,
    ce_subject: event.subject,
    ce_type: event.type,
    ce_time: event.time,
    ce_partitionkey: event.key,
  }
  if (event.sequence !== undefined) {
    headers.ce_sequence = String(event.sequence).padStart(SEQUENCE_DIGITS, '0')
  }
  if (event.dataschema !== undefined) headers.ce_dataschema = event.dataschema
  if (event.traceparent !== undefined) headers.ce_traceparent = event.traceparent
  return { topic: event.topic, key: event.key, value: JSON.stringify(event.data), headers }
}

const headersSchema = z.object({
  'content-type': z.string().regex(/^application\/(json|[\w.-]+\+json)\s*(;|$)/),
  ce_specversion: z.literal('1.0'),
  ce_id: z.string().min(1),
  ce_source: z.string().min(1),
  ce_subject: z.string().default(''),
  ce_type: z.string().min(1),
  ce_time: z.iso.datetime({ offset: true }),
  ce_sequence: z.string().regex(/^\d+$/).transform(Number).optional(),
  ce_dataschema: z.string().optional(),
  ce_traceparent: z.string().optional(),
})

/** A record that is no CloudEvent in binary mode with JSON data. */
export class NotACloudEvent extends Error {
  constructor(cause: unknown) {
    super('The record is not a CloudEvent 1.0 in binary mode with JSON data', { cause })
    this.name = 'NotACloudEvent'
  }
}

/** Reads an event back. A tombstone (no value) has `data` null. */
export function fromRecord(record: {
  topic: string
  key: string
  value: Buffer | string | null
  headers: Record<string, string>
}): CloudEvent {
  try {
    const headers = headersSchema.parse(record.headers)
    return {
      topic: record.topic,
      key: record.key,
      id: headers.ce_id,
      source: headers.ce_source,
      subject: headers.ce_subject,
      type: headers.ce_type,
      time: headers.ce_time,
      ...(headers.ce_sequence !== undefined && { sequence: headers.ce_sequence }),
      ...(headers.ce_dataschema !== undefined && { dataschema: headers.ce_dataschema }),
      ...(headers.ce_traceparent !== undefined && { traceparent: headers.ce_traceparent }),
      data: record.value === null ? null : JSON.parse(record.value.toString()),
    }
  } catch (error) {
    throw new NotACloudEvent(error)
  }
}
