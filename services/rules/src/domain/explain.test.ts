import { describe, expect, it } from 'vitest'
import { exampleRules, FACTS, storedRules } from './examples.ts'
import { type ExplainedTicket, explain } from './explain.ts'
import type { RulesState } from './model.ts'

const TICKET: ExplainedTicket = {
  values: { channel: 'email', subject: 'My invoice', departmentId: 'support', agentId: 'anna', tags: ['a'] },
  triggers: ['ticket_created', 'tags_changed'],
  applied: [],
}
const why = (state: RulesState, id: string, more: Partial<ExplainedTicket> = {}) =>
  explain(state, state.rules.find((rule) => rule.id === id)!, { ...TICKET, ...more }, FACTS)
const transfer = { type: 'transfer', departmentId: 'billing' }
const channel = (value: string) => ({ field: 'channel', op: 'is', value })

describe('a rule is explained', () => {
  it('condition by condition, with what the ticket has', () => {
    const conditions = [
      [channel('email'), { field: 'subject', op: 'contains', value: 'refund' }],
      [{ field: 'priority', op: 'exists' }],
    ]
    expect(why(exampleRules({ conditions }), 'r1')).toMatchObject({
      matched: false,
      reason: 'conditions',
      conditions: [
        [
          { ...channel('email'), actual: 'email', result: true },
          { field: 'subject', op: 'contains', value: 'refund', actual: 'My invoice', result: false },
        ],
        [{ field: 'priority', op: 'exists', result: false }],
      ],
    })
    expect(why(exampleRules({ conditions }), 'r1').conditions[1]?.[0]).not.toHaveProperty('actual')
  })

  it('that would act', () => {
    expect(why(exampleRules({ actions: [transfer] }), 'r1')).toMatchObject({
      matched: true,
      reason: 'would_act',
    })
    expect(why(exampleRules({ actions: [{ type: 'stop' }] }), 'r1').reason).toBe('would_act')
  })

  it('that is off, or waits for something else', () => {
    expect(why(exampleRules({ active: false }), 'r1').reason).toBe('inactive')
    expect(why(exampleRules({ trigger: { type: 'ticket_reopened' } }), 'r1').reason).toBe('trigger')
    expect(why(exampleRules({ trigger: { type: 'tags_changed' } }), 'r1').reason).toBe('would_act')
    const trigger = { type: 'older_than', after: 'P1D' }
    expect(why(exampleRules({ trigger }), 'r1').reason).toBe('would_act')
  })

  it('that lost to one before it, or was stopped', () => {
    const lost = exampleRules({ name: 'First', actions: [transfer] }, { actions: [{ type: 'release' }] })
    expect(why(lost, 'r2')).toMatchObject({ reason: 'lost', byRuleId: 'r1', matched: true })
    expect(why(lost, 'r2').detail).toContain('"First"')
    const stopped = exampleRules({ actions: [{ type: 'stop' }] }, { actions: [transfer] })
    expect(why(stopped, 'r2')).toMatchObject({ reason: 'stopped', byRuleId: 'r1' })
    expect(why(stopped, 'r1').reason).toBe('would_act')
    const half = exampleRules(
      { actions: [transfer] },
      { actions: [transfer, { type: 'add_note', body: 'x' }] },
    )
    expect(why(half, 'r2').reason).toBe('would_act')
  })

  it('that is broken, or broken here', () => {
    const gone = storedRules({ actions: [{ type: 'transfer', departmentId: 'gone' }] })
    expect(why(gone, 'r1')).toMatchObject({ reason: 'broken', skipped: expect.stringContaining('gone') })
    const assign = exampleRules({ actions: [{ type: 'assign', agentId: 'bob' }] })
    expect(why(assign, 'r1').reason).toBe('would_act')
    const values = { ...TICKET.values, departmentId: 'billing' }
    expect(why(assign, 'r1', { values }).skipped).toContain('no member')
    const strange = storedRules({ conditions: [[{ field: 'mood', op: 'is', value: 'x' }]] })
    expect(why(strange, 'r1')).toMatchObject({ reason: 'broken', conditions: [] })
  })

  it('that acted', () => {
    const applied = [
      { at: '2026-03-01T10:00:00.000Z', version: 1 },
      { at: '2026-03-02T10:00:00.000Z', version: 2 },
    ]
    const found = why(exampleRules({ active: false }), 'r1', { applied })
    expect(found.reason).toBe('applied')
    expect(found.detail).toBe(
      'It acted on this ticket 2 times, last with version 2 at 2026-03-02T10:00:00.000Z.',
    )
  })

  it('with long texts cut short', () => {
    const conditions = [[{ field: 'body', op: 'contains', value: 'x' }]]
    const values = { ...TICKET.values, body: 'x'.repeat(10_000) }
    const actual = why(exampleRules({ conditions }), 'r1', { values }).conditions[0]?.[0]?.actual
    expect(actual).toHaveLength(501)
  })
})
