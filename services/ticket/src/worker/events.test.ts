import type { Entry } from '@onus/workflows-contract'
import { describe, expect, it } from 'vitest'
import { MAX_EVENT_BYTES, toEvents } from './events.ts'
import { type EventVersions, FIRST_VERSION } from './versions.ts'

const TICKET = { accountId: 'acme', ticketId: 't1', number: '42' }
const ENTRY: Entry = {
  sequence: 7,
  at: '2026-03-02T09:00:00.000Z',
  type: 'responsibility.changed',
  actor: { type: 'agent', id: 'ana', name: 'Ana' },
  cause: { type: 'claim' },
  from: { departmentId: 'billing', agentId: null },
  to: { departmentId: 'billing', agentId: 'ana' },
  revision: 2,
}

function toEvent(...args: Parameters<typeof toEvents>) {
  const [event, ...others] = toEvents(...args)
  if (!event || others.length > 0) throw new Error('an event is sent in one version')
  return event
}

describe('an event', () => {
  it('is one entry as a CloudEvent, in the order of its ticket', () => {
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
    const { topic, key, headers, value } = toEvent(TICKET, { entry: ENTRY, traceparent })
    expect({ topic, key }).toEqual({ topic: 'onus.ticket-events.v1', key: 't1' })
    expect(headers).toEqual({
      'content-type': 'application/json',
      ce_specversion: '1.0',
      ce_id: 't1-7',
      ce_source: '/accounts/acme/tickets',
      ce_subject: 't1',
      ce_type: 'dev.onus.ticket.responsibility.changed.v1',
      ce_time: '2026-03-02T09:00:00.000Z',
      ce_sequence: '0000000007',
      ce_partitionkey: 't1',
      ce_dataschema: 'https://onus.dev/schemas/dev.onus.ticket.responsibility.changed.v1.json',
      ce_traceparent: traceparent,
    })
    expect(JSON.parse(String(value))).toEqual({ ...TICKET, ...ENTRY })
  })

  it('is the same on a repeat', () => {
    expect(toEvent(TICKET, { entry: ENTRY })).toEqual(toEvent(TICKET, { entry: ENTRY }))
  })

  it('leaves out what would make it too large, and says so', () => {
    const entry = { ...ENTRY, details: { candidates: ['x'.repeat(MAX_EVENT_BYTES)] } }
    const { value } = toEvent(TICKET, { entry })
    expect(Buffer.byteLength(String(value))).toBeLessThan(MAX_EVENT_BYTES)
    expect(JSON.parse(String(value))).toMatchObject({ sequence: 7, details: { truncated: true } })
  })
})

describe('an event in two major versions', () => {
  /** A second version that was made up: the holders are one list. */
  const versions: EventVersions = {
    'responsibility.changed': [
      ...FIRST_VERSION,
      {
        major: 2,
        data: ({ from, to, ...rest }) => ({ ...rest, holders: { before: from ?? null, after: to } }),
      },
    ],
  }

  it('is sent as both, side by side and in order, each by its own id, type and schema', () => {
    const [first, second, ...others] = toEvents(TICKET, { entry: ENTRY }, versions)
    expect(others).toEqual([])
    expect(first).toEqual(toEvent(TICKET, { entry: ENTRY }))
    expect(second?.headers).toMatchObject({
      ce_id: 't1-7-v2',
      ce_type: 'dev.onus.ticket.responsibility.changed.v2',
      ce_dataschema: 'https://onus.dev/schemas/dev.onus.ticket.responsibility.changed.v2.json',
      ce_sequence: '0000000007',
    })
    expect(second?.key).toBe(first?.key)
    const { from, to, ...rest } = ENTRY
    expect(JSON.parse(String(second?.value))).toEqual({
      ...TICKET,
      ...rest,
      holders: { before: from, after: to },
    })
  })

  it('leaves all other events as they are', () => {
    const entry = { ...ENTRY, type: 'reopened' as const }
    expect(toEvents(TICKET, { entry }, versions)).toEqual([toEvent(TICKET, { entry })])
  })

  it('ends with the version that is taken out of the table', () => {
    const onlySecond = {
      'responsibility.changed': versions['responsibility.changed']?.slice(1),
    } as EventVersions
    expect(toEvents(TICKET, { entry: ENTRY }, onlySecond).map(({ headers }) => headers.ce_id)).toEqual([
      't1-7-v2',
    ])
  })
})
