import { describe, expect, it } from 'vitest'
import { differences, type Interval, Projection } from './projection.ts'

const at = (minute: number): string => `2026-03-01T09:${String(minute).padStart(2, '0')}:00.000Z`
const event = (ticketId: string, sequence: number, more: object = {}) => ({
  ...{ accountId: 'acme', ticketId, sequence, type: 'message.added', at: at(sequence) },
  ...more,
})
const change = (
  ticketId: string,
  sequence: number,
  revision: number,
  agentId: string | null,
  minute = sequence,
) =>
  event(ticketId, sequence, {
    ...{ type: 'responsibility.changed', at: at(minute), revision },
    to: { departmentId: 'billing', agentId },
  })
const TYPE = 'dev.onus.ticket.message.added.v1'

function projected(...events: object[]): Projection {
  const projection = new Projection('acme')
  for (const data of events) projection.take(TYPE, data)
  return projection
}

describe('a copy of all responsibility', () => {
  const life = [event('t1', 1), change('t1', 2, 1, null), change('t1', 3, 2, 'ada'), event('t1', 4)]

  it('is made of the changes, in their order', () => {
    expect(
      projected(...life)
        .intervals()
        .get('t1'),
    ).toEqual([
      { ticketId: 't1', departmentId: 'billing', agentId: null, revision: 1, since: at(2), until: at(3) },
      { ticketId: 't1', departmentId: 'billing', agentId: 'ada', revision: 2, since: at(3), until: null },
    ])
  })

  it('is the same when events repeat, and has nothing of others', () => {
    const repeated = projected(...life, ...life.slice(1), { ...event('t9', 1), accountId: 'other' })
    expect(repeated.intervals()).toEqual(projected(...life).intervals())
    expect(repeated.repeats).toBe(3)
  })

  it('takes an event that is sent in two versions once', () => {
    const projection = projected(...life)
    projection.take('dev.onus.ticket.responsibility.changed.v2', { something: 'else' })
    expect(projection.events).toBe(4)
  })

  it('knows what it did not see from its beginning', () => {
    const late = projected(change('t1', 3, 2, 'ada'))
    expect([...late.gaps]).toEqual([['t1', 'event 3 follows 0']])
  })

  it('lets the higher revision of one moment count', () => {
    const twice = projected(
      event('t1', 1),
      change('t1', 2, 1, null),
      change('t1', 3, 2, 'ada', 5),
      change('t1', 4, 3, 'bob', 5),
    )
    expect(
      twice
        .intervals()
        .get('t1')
        ?.map(({ revision }) => revision),
    ).toEqual([1, 3])
  })
})

describe('a comparison', () => {
  const interval: Interval = {
    ...{ ticketId: 't1', departmentId: 'billing', agentId: 'ada', revision: 1, since: at(1), until: null },
  }
  const of = (...all: Interval[]) => new Map([['t1', all]])

  it('finds nothing where there is nothing', () => {
    expect(differences(of(interval), of({ ...interval }))).toEqual([])
  })

  it('finds another holder, another moment, and what one side does not have', () => {
    expect(differences(of(interval), of({ ...interval, agentId: 'bob' }))).toHaveLength(1)
    expect(differences(of(interval), of({ ...interval, since: at(2) }))).toHaveLength(1)
    expect(differences(of(interval), of())).toHaveLength(1)
    expect(differences(of(interval), new Map())).toEqual([
      { ticketId: 't1', what: 'the topic has it, the store has not' },
    ])
    expect(differences(new Map(), of(interval))).toEqual([
      { ticketId: 't1', what: 'the store has it, the topic has not' },
    ])
    expect(differences(of(interval), of(), new Set(['t1']))).toEqual([])
  })
})
