import { Kafka } from 'cloudevents'
import { describe, expect, it } from 'vitest'
import { type CloudEvent, fromRecord, NotACloudEvent, toRecord } from './cloudevents.ts'

const event: CloudEvent = {
  topic: 'onus.ticket-events.v1',
  key: 't1',
  id: 't1-7',
  source: '/accounts/a1/tickets',
  subject: 't1',
  type: 'dev.onus.ticket.responsibility.changed.v1',
  time: '2026-11-22T09:12:00.123Z',
  sequence: 7,
  dataschema: 'https://onus.dev/schemas/x.json',
  traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
  data: { to: { departmentId: 'd', agentId: null }, name: 'Zoë' },
}

describe('CloudEvents', () => {
  it('come back as they were', () => {
    expect(fromRecord(toRecord(event) as never)).toEqual(event)
    const { sequence, dataschema, traceparent, ...least } = event
    expect(fromRecord(toRecord(least) as never)).toEqual(least)
  })

  it('have a sequence that sorts as text', () => {
    expect(toRecord(event).headers.ce_sequence).toBe('0000000007')
    expect(toRecord(event).headers.ce_partitionkey).toBe('t1')
  })

  it('are read by the CloudEvents SDK', () => {
    const { headers, value, key } = toRecord(event)
    const read = Kafka.toEvent({ headers, value, key, body: value } as never)
    expect(Array.isArray(read)).toBe(false)
    expect(read).toMatchObject({
      id: 't1-7',
      type: event.type,
      source: event.source,
      subject: 't1',
      sequence: '0000000007',
    })
  })

  it('are told from other records', () => {
    const record = toRecord(event) as {
      topic: string
      key: string
      value: string
      headers: Record<string, string>
    }
    for (const bad of [
      { ...record, headers: {} },
      { ...record, value: '{' },
      { ...record, headers: { ...record.headers, ce_specversion: '0.3' } },
      { ...record, headers: { ...record.headers, ce_id: '' } },
      { ...record, headers: { ...record.headers, 'content-type': 'text/plain' } },
    ]) {
      expect(() => fromRecord(bad)).toThrow(NotACloudEvent)
    }
  })

  it('may be tombstones', () => {
    expect(fromRecord({ ...toRecord(event), value: null }).data).toBeNull()
  })
})
