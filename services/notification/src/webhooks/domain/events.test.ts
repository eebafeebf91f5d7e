import { describe, expect, it } from 'vitest'
import {
  accountOf,
  catalogOf,
  departmentsNamed,
  namedByRule,
  type PublishedEvent,
  structured,
  subscribes,
} from './events.ts'

const event = (data: object = {}, extra: Partial<PublishedEvent> = {}): PublishedEvent => ({
  id: 't1-4',
  source: '/accounts/acc/tickets',
  subject: 't1',
  type: 'dev.onus.ticket.created.v1',
  time: '2026-03-01T09:00:00.000Z',
  sequence: 4,
  dataschema: 'https://onus.dev/schemas/dev.onus.ticket.created.v1.json',
  data,
  ...extra,
})

describe('an event', () => {
  it('is sent as a CloudEvent in structured JSON mode', () => {
    expect(JSON.parse(structured(event({ a: 1 })))).toEqual({
      specversion: '1.0',
      id: 't1-4',
      source: '/accounts/acc/tickets',
      subject: 't1',
      type: 'dev.onus.ticket.created.v1',
      time: '2026-03-01T09:00:00.000Z',
      datacontenttype: 'application/json',
      dataschema: 'https://onus.dev/schemas/dev.onus.ticket.created.v1.json',
      sequence: '0000000004',
      partitionkey: 't1',
      data: { a: 1 },
    })
  })

  it('says whose it is', () => {
    expect(accountOf('/accounts/acc/tickets')).toBe('acc')
    expect(accountOf('/other')).toBe('')
  })

  it('names departments when responsibility changed', () => {
    const changed = { type: 'responsibility.changed', from: { departmentId: 'a' }, to: { departmentId: 'b' } }
    expect(departmentsNamed(event(changed))).toEqual(['b', 'a'])
    expect(departmentsNamed(event({ ...changed, from: undefined }))).toEqual(['b'])
    expect(departmentsNamed(event({ type: 'created' }))).toBeNull()
    // A second version may name them otherwise.
    expect(departmentsNamed(event({ type: 'responsibility.changed', holders: {} }))).toBeNull()
  })

  it('names the webhooks that a rule called', () => {
    expect([...namedByRule(event({ type: 'rule.applied', details: { webhooks: ['w1', 'w2'] } }))]).toEqual([
      'w1',
      'w2',
    ])
    expect([...namedByRule(event({ type: 'rule.applied', details: {} }))]).toEqual([])
    expect([...namedByRule(event({ type: 'created', details: { webhooks: ['w1'] } }))]).toEqual([])
  })
})

describe('a subscription', () => {
  const [created, created2, changed] = [
    'dev.onus.ticket.created.v1',
    'dev.onus.ticket.created.v2',
    'dev.onus.agent.updated.v1',
  ]
  const catalog = catalogOf([
    created2,
    created,
    changed,
    'dev.onus.ticket.reopened.v2',
    'dev.onus.webhook.test.v1',
  ])
  const subscribed = (events: string[], departmentId?: string) =>
    [created, created2, changed, 'dev.onus.ticket.reopened.v2'].filter((type) =>
      subscribes({ events, departmentId }, type, catalog),
    )

  it('names types', () => {
    expect(subscribed([changed])).toEqual([changed])
    expect(subscribed([created2])).toEqual([created2])
  })

  it('to everything has every fact once, in the oldest version that there is', () => {
    expect(subscribed(['*'])).toEqual([created, changed, 'dev.onus.ticket.reopened.v2'])
    expect(subscribed(['*', created2])).toContain(created2)
  })

  it('of a department is about tickets only', () => {
    expect(subscribed(['*'], 'd1')).toEqual([created, 'dev.onus.ticket.reopened.v2'])
  })

  it('knows the types, and no test among them', () => {
    expect(catalog.all.has('dev.onus.webhook.test.v1')).toBe(false)
  })
})
