import { expect, it } from 'vitest'
import type { Agent } from '../api/types.ts'
import { isMember, membershipsAfter } from './agent-model.ts'
import { durationOf, linesOf, minutesOf } from './forms.ts'
import { ACTIONS, actionOf, conditionOn, FIELDS, isComplete, isWhole, opsOf, withOp } from './rule-model.ts'
import { moved } from './rule-order.ts'

it.each([
  ['PT30M', 30],
  ['PT1H30M', 90],
  ['P1D', 1440],
  ['P2W', 20160],
  ['P1M', null],
  ['nonsense', null],
  [undefined, null],
])('%s are %s minutes', (duration, minutes) => {
  expect(minutesOf(duration)).toBe(minutes)
  if (minutes) expect(minutesOf(durationOf(minutes))).toBe(minutes)
})

it('reads what stands on lines or between commas, each once', () => {
  expect(linesOf('a, b\nb\n')).toEqual(['a', 'b'])
})

it('knows when a rule has said all that it must', () => {
  for (const field of FIELDS) {
    const begun = conditionOn(field)
    expect([field, opsOf(field).includes(begun.op)]).toEqual([field, true])
    expect(isComplete(begun)).toBe(field === 'withinHours')
  }
  expect(isComplete(conditionOn('fields.'))).toBe(false)
  expect(withOp({ field: 'channel', op: 'in', value: ['email', 'x'] }, 'is')).toEqual({
    field: 'channel',
    op: 'is',
    value: 'email',
  })
  expect(withOp({ field: 'channel', op: 'is', value: 'email' }, 'in').value).toEqual(['email'])
  expect(withOp({ field: 'subject', op: 'is', value: 'x' }, 'exists').value).toBe(true)
  const wholeAtOnce = ACTIONS.filter((type) => isWhole(actionOf(type)))
  expect(wholeAtOnce).toEqual(['release', 'set_status', 'postpone', 'set_priority', 'stop'])
})

it('moves a rule by a step, and not beyond the ends', () => {
  expect(moved(['a', 'b', 'c'], 'c', -1)).toEqual(['a', 'c', 'b'])
  expect(moved(['a', 'b', 'c'], 'a', 1)).toEqual(['b', 'a', 'c'])
  expect(moved(['a', 'b'], 'a', -1)).toEqual(['a', 'b'])
})

it('adds a department to an agent and takes it away, and leaves the others as they are', () => {
  const agent = { memberships: [{ departmentId: 'billing', weight: 2 }] } as Agent
  const joined = membershipsAfter(agent, 'support', true)
  expect(joined).toEqual([{ departmentId: 'billing', weight: 2 }, { departmentId: 'support' }])
  expect(isMember({ memberships: joined } as Agent, 'support')).toBe(true)
  expect(membershipsAfter({ memberships: joined } as Agent, 'support', false)).toEqual(agent.memberships)
})
