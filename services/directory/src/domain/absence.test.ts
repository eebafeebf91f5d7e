import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { delegationOf, endDelegation, setDelegation, setLeave } from './absence.ts'
import { exampleAgent, exampleTeam, NOW, refusal } from './examples.ts'
import type { Agent, DirectoryState } from './model.ts'

const agentOf = (state: DirectoryState, id: string): Agent => state.agents.find((one) => one.id === id)!
const team = (more: Partial<Agent> = {}): DirectoryState => {
  const state = exampleTeam()
  return { ...state, agents: state.agents.map((one) => (one.id === 'anna' ? { ...one, ...more } : one)) }
}
const leave = (items: object[], state = team(), add = false) =>
  agentOf(setLeave(state, agentOf(state, 'anna'), items, { add }), 'anna').leave
const delegate = (from: string, input: object, state: DirectoryState = exampleTeam()) =>
  setDelegation(state, agentOf(state, from), input, { id: `d-${from}`, now: NOW })

describe('leave', () => {
  it('is kept in UTC and in its order; a date counts in the agent’s own zone, the last one whole', () => {
    const state = team({ timeZone: 'America/New_York' })
    expect(
      leave(
        [
          { from: '2026-12-24', until: '2026-12-24', note: ' Family ' },
          { from: '2026-03-07', until: '2026-03-08' },
          { from: '2026-07-01T08:00:00+02:00', until: '2026-07-01T10:00:00Z' },
        ],
        state,
      ),
    ).toEqual([
      // The clocks go forward that night.
      { from: '2026-03-07T05:00:00.000Z', until: '2026-03-09T04:00:00.000Z' },
      { from: '2026-07-01T06:00:00.000Z', until: '2026-07-01T10:00:00.000Z' },
      { from: '2026-12-24T05:00:00.000Z', until: '2026-12-25T05:00:00.000Z', note: 'Family' },
    ])
  })

  it('is replaced, or added to', () => {
    const [first] = leave([{ from: '2026-07-01', until: '2026-07-02' }])
    const state = team({ leave: [first!] })
    expect(leave([{ from: '2026-06-01', until: '2026-06-02' }], state, true)).toHaveLength(2)
    expect(leave([{ from: '2026-06-01', until: '2026-06-02' }], state)).toHaveLength(1)
    expect(leave([], state)).toEqual([])
  })

  it.each<[string, object[], string]>([
    ['without a begin', [{ until: '2026-07-02' }], 'items[0].from'],
    ['that is no time', [{ from: 'tomorrow', until: '2026-07-02' }], 'items[0].from'],
    ['without a zone', [{ from: '2026-07-01T08:00:00', until: '2026-07-02' }], 'items[0].from'],
    ['on a day that is none', [{ from: '2026-02-30', until: '2026-07-02' }], 'items[0].from'],
    ['that ends before it begins', [{ from: '2026-07-02', until: '2026-07-01' }], 'items[0].until'],
    [
      'that overlaps',
      [
        { from: '2026-07-01', until: '2026-07-05' },
        { from: '2026-07-05', until: '2026-07-06' },
      ],
      'items[1].from',
    ],
  ])('%s is refused', (_, items, field) => {
    expect(refusal(() => leave(items))).toMatchObject({ reason: 'invalid-request', fields: [field] })
  })

  it('may begin when the other ends', () => {
    const items = [
      { from: '2026-07-01', until: '2026-07-05' },
      { from: '2026-07-06', until: '2026-07-07' },
    ]
    expect(leave(items)).toHaveLength(2)
  })
})

describe('a delegation', () => {
  it('begins now and is for tickets, unless it says otherwise', () => {
    const { delegation } = agentOf(delegate('anna', { toAgentId: 'adam', until: '2026-04-01' }), 'anna')
    expect(delegation).toEqual({
      id: 'd-anna',
      toAgentId: 'adam',
      from: NOW,
      until: '2026-04-02T00:00:00.000Z',
      mode: 'tickets',
    })
  })

  it('that is said again is the same, and one that is over is none', () => {
    const wish = { toAgentId: 'adam', from: '2026-03-02', until: '2026-04-01' }
    const state = delegate('anna', wish)
    expect(delegate('anna', wish, state)).toBe(state)
    expect(delegate('anna', { ...wish, until: '2026-04-02' }, state)).not.toBe(state)
    expect(delegationOf(agentOf(state, 'anna'), '2026-04-01T23:59:59.999Z')?.toAgentId).toBe('adam')
    expect(delegationOf(agentOf(state, 'anna'), '2026-04-02T00:00:00.000Z')).toBeUndefined()
  })

  it('can be ended', () => {
    const state = delegate('anna', { toAgentId: 'adam', until: '2026-04-01' })
    expect(agentOf(endDelegation(state, agentOf(state, 'anna')), 'anna')).not.toHaveProperty('delegation')
  })

  it.each<[string, object, string, string]>([
    ['to nobody', { until: '2026-04-01' }, 'invalid-request', 'toAgentId'],
    ['to oneself', { toAgentId: 'anna', until: '2026-04-01' }, 'unknown-reference', 'toAgentId'],
    ['to somebody unknown', { toAgentId: 'x', until: '2026-04-01' }, 'unknown-reference', 'toAgentId'],
    ['to somebody who left', { toAgentId: 'lee', until: '2026-04-01' }, 'unknown-reference', 'toAgentId'],
    ['without an end', { toAgentId: 'adam' }, 'invalid-request', 'until'],
    [
      'that is over',
      { toAgentId: 'adam', from: '2026-01-01', until: '2026-01-02' },
      'invalid-request',
      'until',
    ],
    [
      'that ends first',
      { toAgentId: 'adam', from: '2026-05-02', until: '2026-05-01' },
      'invalid-request',
      'until',
    ],
    ['of another kind', { toAgentId: 'adam', until: '2026-05-01', mode: 'x' }, 'invalid-request', 'mode'],
  ])('%s is refused', (_, input, reason, field) => {
    const state = exampleTeam()
    const gone = { ...state, agents: [...state.agents, exampleAgent('lee', { status: 'suspended' })] }
    expect(refusal(() => delegate('anna', input, gone))).toMatchObject({ reason, fields: [field] })
  })

  it('in a circle is refused with the chain, unless the times never meet', () => {
    const chain = delegate(
      'adam',
      { toAgentId: 'olga', until: '2026-04-01' },
      delegate('olga', { toAgentId: 'anna', until: '2026-04-01' }),
    )
    const back = { toAgentId: 'adam', until: '2026-05-01' }
    expect(refusal(() => delegate('anna', back, chain))).toMatchObject({
      reason: 'unknown-reference',
      fields: ['toAgentId'],
    })
    expect(() => delegate('anna', back, chain)).toThrow()
    try {
      delegate('anna', back, chain)
    } catch (error) {
      const [told] = (error as { errors: { message: string }[] }).errors
      expect(told?.message).toContain('anna → adam → Olga → anna')
    }
    expect(() => delegate('anna', { ...back, from: '2026-04-02' }, chain)).not.toThrow()
  })

  it('never makes a circle at any moment, whatever people ask for', () => {
    const ids = ['olga', 'adam', 'anna', 'bert']
    const days = fc.integer({ min: 3, max: 20 })
    const wish = fc.record({
      from: fc.constantFrom(...ids),
      to: fc.constantFrom(...ids),
      begin: days,
      length: fc.integer({ min: 0, max: 9 }),
      mode: fc.constantFrom('tickets', 'notices'),
    })
    const date = (day: number) => `2026-03-${String(day).padStart(2, '0')}`
    fc.assert(
      fc.property(fc.array(wish, { maxLength: 12 }), (wishes) => {
        let state = exampleTeam()
        state = { ...state, agents: [...state.agents, exampleAgent('bert')] }
        for (const { from, to, begin, length, mode } of wishes) {
          const input = { toAgentId: to, from: date(begin), until: date(begin + length), mode }
          try {
            state = delegate(from, input, state)
          } catch {}
        }
        for (let day = 3; day < 30; day++) {
          const now = `${date(day)}T12:00:00.000Z`
          for (const id of ids) {
            let at: string | undefined = id
            for (let steps = 0; at !== undefined; steps++) {
              expect(steps).toBeLessThan(ids.length)
              const running: Agent['delegation'] = agentOf(state, at).delegation
              at = running && running.from <= now && now < running.until ? running.toAgentId : undefined
            }
          }
        }
      }),
    )
  })
})
