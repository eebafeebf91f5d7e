import { describe, expect, it } from 'vitest'
import type { Agent } from '../api/types.ts'
import { isMember, membershipsAfter } from './agent-model.ts'
import { durationOf, linesOf, minutesOf } from './forms.ts'
import {
  ACTIONS,
  actionOf,
  conditionOn,
  FIELDS,
  isComplete,
  isWhole,
  opsOf,
  sentAction,
  skillsOf,
  withOp,
} from './rule-model.ts'
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

describe('the skills that a rule asks for', () => {
  const asked = { type: 'require_skills', skills: [{ name: 'Law', level: 4 }, { name: 'tax' }] }

  it('have a level each, the lowest where none is said', () => {
    expect(skillsOf(asked)).toEqual([
      { name: 'Law', level: 4 },
      { name: 'tax', level: 1 },
    ])
    expect(skillsOf({ type: 'stop' })).toEqual([])
  })

  it('are sent as they were while nobody edits them, and without rows that are not filled', () => {
    expect(sentAction(asked)).toEqual(asked)
    expect(sentAction({ type: 'stop' })).toEqual({ type: 'stop' })
    const begun = [
      { name: ' Law ', level: 2 },
      { name: ' ', level: 1 },
    ]
    expect(sentAction({ ...asked, skills: begun }).skills).toEqual([{ name: 'Law', level: 2 }])
  })

  it('are there, and each of them once', () => {
    expect(isWhole(asked)).toBe(true)
    expect(isWhole({ ...asked, skills: [] })).toBe(false)
    expect(isWhole({ ...asked, skills: [{ name: 'Law' }, { name: 'law', level: 2 }] })).toBe(false)
  })
})
