import { noticeDelegateOf } from '@onus/workflows-contract'
import fc from 'fast-check'
import { DateTime } from 'luxon'
import { describe, expect, it } from 'vitest'
import { type DirectoryPlan, directoryOf } from '../testing/directory.ts'
import { availability, delegateOf, isAway } from './availability.ts'
import type { AgentFacts, HoursFacts } from './facts.ts'

const agent = (more: Partial<AgentFacts> = {}): AgentFacts => ({
  id: 'ann',
  name: 'Ann',
  role: 'agent',
  status: 'active',
  presence: 'online',
  leave: [],
  ...more,
})
const at = (text: string) => new Date(text)
const MONDAY_NOON = at('2026-03-02T12:00:00.000Z')
const reasonOf = (one: AgentFacts, now = MONDAY_NOON) => {
  const found = availability(one, 'support', now)
  return found.available ? null : found.reason
}
const office = (timeZone: string, from = '09:00', to = '17:00'): HoursFacts => ({
  timeZone,
  holidays: [],
  ...Object.fromEntries(
    ['mon', 'tue', 'wed', 'thu', 'fri'].map((day) => [day, { intervals: [{ from, to }] }]),
  ),
})

describe('availability', () => {
  it('is being active, online, on shift and not on leave', () => {
    expect(availability(agent({ schedule: office('UTC') }), 'support', MONDAY_NOON)).toEqual({
      available: true,
    })
  })

  it.each([
    ['suspended', { status: 'suspended' }],
    ['suspended', { status: 'removed' }],
    ['away', { presence: 'away' }],
    ['offline', { presence: 'offline' }],
    ['on_leave', { leave: [{ from: '2026-03-02T12:00:00.000Z', until: '2026-03-03T00:00:00.000Z' }] }],
    ['off_shift', { schedule: office('America/New_York') }],
  ] as const)('is not, being %s', (reason, more) => {
    expect(reasonOf(agent(more))).toBe(reason)
  })

  it('names what holds for longest', () => {
    const leave = [{ from: '2026-03-01T00:00:00.000Z', until: '2026-03-09T00:00:00.000Z' }]
    const schedule = office('America/New_York')
    expect(reasonOf(agent({ status: 'removed', leave, schedule, presence: 'away' }))).toBe('suspended')
    expect(reasonOf(agent({ leave, schedule, presence: 'away' }))).toBe('on_leave')
    expect(reasonOf(agent({ schedule, presence: 'away' }))).toBe('off_shift')
  })

  it('counts leave from its begin, and before its end', () => {
    const leave = [{ from: '2026-03-02T12:00:00.000Z', until: '2026-03-02T13:00:00.000Z' }]
    expect(reasonOf(agent({ leave }), at('2026-03-02T11:59:59.999Z'))).toBeNull()
    expect(reasonOf(agent({ leave }), at('2026-03-02T12:00:00.000Z'))).toBe('on_leave')
    expect(reasonOf(agent({ leave }), at('2026-03-02T12:59:59.999Z'))).toBe('on_leave')
    expect(reasonOf(agent({ leave }), at('2026-03-02T13:00:00.000Z'))).toBeNull()
  })

  it('goes by the local time of the agent’s own zone, whatever the zone and the day of the year', () => {
    const zones = [
      'UTC',
      'Europe/Berlin',
      'America/New_York',
      'Asia/Kathmandu',
      'Australia/Lord_Howe',
      'Pacific/Apia',
    ]
    fc.assert(
      fc.property(
        fc.constantFrom(...zones),
        fc.date({ min: at('2026-01-01T00:00:00Z'), max: at('2027-12-31T00:00:00Z'), noInvalidDate: true }),
        (zone, now) => {
          const local = DateTime.fromJSDate(now, { zone })
          const time = local.toFormat('HH:mm')
          const working = local.weekday <= 5 && time >= '09:00' && time < '17:00'
          expect(reasonOf(agent({ schedule: office(zone) }), now)).toBe(working ? null : 'off_shift')
        },
      ),
    )
  })

  it('keeps a shift over the night in which the clocks change', () => {
    const schedule: HoursFacts = {
      timeZone: 'Europe/Berlin',
      holidays: [],
      sat: { intervals: [{ from: '22:00', to: '24:00' }] },
      sun: { intervals: [{ from: '00:00', to: '06:00' }] },
    }
    // The clocks go forward at 01:00 UTC: the night of 28 to 29 March 2026 has 7 working hours, not 8.
    expect(reasonOf(agent({ schedule }), at('2026-03-28T20:59:00.000Z'))).toBe('off_shift')
    expect(reasonOf(agent({ schedule }), at('2026-03-28T21:00:00.000Z'))).toBeNull()
    expect(reasonOf(agent({ schedule }), at('2026-03-29T01:30:00.000Z'))).toBeNull()
    expect(reasonOf(agent({ schedule }), at('2026-03-29T03:59:00.000Z'))).toBeNull()
    expect(reasonOf(agent({ schedule }), at('2026-03-29T04:00:00.000Z'))).toBe('off_shift')
  })

  it('has no shift on a holiday', () => {
    const schedule = { ...office('UTC'), holidays: ['2026-03-02'] }
    expect(reasonOf(agent({ schedule }))).toBe('off_shift')
  })

  it('lets somebody who is only signed out keep what they hold', () => {
    expect(isAway(agent({ presence: 'offline' }), 'support', MONDAY_NOON)).toBeNull()
    expect(isAway(agent({ presence: 'away' }), 'support', MONDAY_NOON)).toBe('away')
    expect(
      isAway(agent({ presence: 'offline', schedule: office('Asia/Tokyo') }), 'support', MONDAY_NOON),
    ).toBe('off_shift')
  })
})

describe('delegation', () => {
  const now = MONDAY_NOON
  const during = { from: '2026-03-02T00:00:00.000Z', until: '2026-03-03T00:00:00.000Z' }
  const to = (toAgentId: string, mode = 'tickets', when = during) => ({ toAgentId, mode, ...when })
  const directory = (agents: DirectoryPlan['agents']) =>
    directoryOf({
      departments: { support: {}, billing: {} },
      agents: Object.fromEntries(
        Object.entries(agents).map(([id, one]) => [id, { in: ['support'], ...one }]),
      ),
    })

  it('gives to the delegate while it runs', () => {
    const team = directory({ ann: { delegation: to('bob') }, bob: {} })
    expect(delegateOf(team, 'ann', 'support', now)).toEqual({ agentId: 'bob', chain: ['ann', 'bob'] })
    expect(delegateOf(team, 'bob', 'support', now)).toBeNull()
    expect(delegateOf(team, 'ann', 'support', at('2026-03-01T23:59:59.999Z'))).toBeNull()
    expect(delegateOf(team, 'ann', 'support', at(during.from))?.agentId).toBe('bob')
    expect(delegateOf(team, 'ann', 'support', at(during.until))).toBeNull()
  })

  it('follows chains to their end, and asks for the membership there', () => {
    const team = directory({
      ann: { delegation: to('bob') },
      bob: { delegation: to('cid') },
      cid: { in: ['billing'] },
    })
    expect(delegateOf(team, 'ann', 'billing', now)).toEqual({ agentId: 'cid', chain: ['ann', 'bob', 'cid'] })
    expect(delegateOf(team, 'ann', 'support', now)).toEqual({ agentId: null, chain: ['ann', 'bob', 'cid'] })
  })

  it('gives to nobody when the delegate has left', () => {
    const team = directory({ ann: { delegation: to('bob') }, bob: { status: 'suspended' }, cid: {} })
    expect(delegateOf(team, 'ann', 'support', now)).toEqual({ agentId: null, chain: ['ann', 'bob'] })
  })

  it('only tells the delegate when it is for notices', () => {
    const team = directory({ ann: { delegation: to('bob', 'notices') }, bob: {} })
    expect(delegateOf(team, 'ann', 'support', now)).toBeNull()
    expect(noticeDelegateOf(team.agent, 'ann', now)).toBe('bob')
    expect(noticeDelegateOf(team.agent, 'bob', now)).toBeNull()
    expect(noticeDelegateOf(team.agent, 'ann', at(during.until))).toBeNull()
  })

  it('always comes to an end, in circles too, and never gives to one who may not hold', () => {
    const ids = ['a', 'b', 'c', 'd', 'e']
    const agentPlan = fc.record({
      in: fc.subarray(['support', 'billing']),
      status: fc.constantFrom('active', 'suspended'),
      delegation: fc.option(
        fc.record({
          toAgentId: fc.constantFrom(...ids, 'gone'),
          from: fc.constantFrom('2026-03-01T00:00:00.000Z', '2026-03-02T13:00:00.000Z'),
          until: fc.constantFrom('2026-03-02T11:00:00.000Z', '2026-03-04T00:00:00.000Z'),
          mode: fc.constantFrom('tickets', 'notices'),
        }),
        { nil: undefined },
      ),
    })
    fc.assert(
      fc.property(fc.tuple(...ids.map(() => agentPlan)), (plans) => {
        const team = directory(Object.fromEntries(ids.map((id, index) => [id, plans[index]!])))
        for (const id of ids) {
          const found = delegateOf(team, id, 'support', now)
          if (found === null) continue
          expect(found.chain[0]).toBe(id)
          expect(found.chain.length).toBeLessThanOrEqual(ids.length + 2)
          if (found.agentId === null) continue
          expect(found.agentId).toBe(found.chain.at(-1))
          expect(found.agentId).not.toBe(id)
          expect(team.isMember(found.agentId, 'support')).toBe(true)
          expect(delegateOf(team, found.agentId, 'support', now)).toBeNull()
        }
      }),
    )
  })
})
