import { describe, expect, it } from 'vitest'
import { consequences } from './consequences.ts'
import { exampleRule, exampleRules, SAVE } from './examples.ts'
import { emptyRules, type RulesState } from './model.ts'
import { createRule, deleteRule, setOrder, updateRule } from './rules.ts'

const told = (before: RulesState, after: RulesState) =>
  consequences(before, { ...after, version: before.version + 1 }, SAVE).map((item) =>
    item.kind === 'sweep' ? 'sweep' : [item.action, item.entityId, ...item.fields],
  )
const late = { trigger: { type: 'unclaimed_for', after: 'PT1H' } }
const state = exampleRules({}, late)
const update = (id: string, input: object) => updateRule(state, id, input, Object.keys(input), SAVE)

describe('a change of rules', () => {
  it('is audited with what changed', () => {
    const created = createRule(emptyRules('acme'), 'r1', exampleRule(), SAVE)
    expect(told(emptyRules('acme'), created)).toEqual([
      ['rule.created', 'r1', 'active', 'name', 'notes', 'trigger', 'conditions', 'actions'],
    ])
    expect(told(state, update('r1', { name: 'x', notes: 'y' }))).toEqual([
      ['rule.updated', 'r1', 'name', 'notes'],
    ])
    expect(told(state, deleteRule(state, 'r1'))).toEqual([['rule.deleted', 'r1']])
    expect(told(state, setOrder(state, ['r2', 'r1']))).toEqual([['rules.ordered', 'acme', 'position']])
  })

  it('moves the timers only when a rule waits for a time', () => {
    expect(told(state, update('r2', { trigger: { type: 'unclaimed_for', after: 'PT2H' } }))).toContain(
      'sweep',
    )
    expect(told(state, update('r2', { active: false }))).toContain('sweep')
    expect(told(state, deleteRule(state, 'r2'))).toContain('sweep')
    expect(told(state, createRule(state, 'r3', exampleRule(late), SAVE))).toContain('sweep')
    expect(told(state, update('r1', { active: false }))).not.toContain('sweep')
    expect(told(state, createRule(state, 'r3', exampleRule(), SAVE))).not.toContain('sweep')
  })

  it('has an identity of its own', () => {
    const [one] = consequences(state, { ...deleteRule(state, 'r1'), version: 7 }, SAVE)
    expect(one?.id).toBe('rules:acme:7:0')
  })
})
