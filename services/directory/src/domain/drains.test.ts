import { describe, expect, it } from 'vitest'
import { drainsOf } from './drains.ts'
import { exampleAgent, exampleDepartment, exampleTeam } from './examples.ts'
import type { Agent, Department, DirectoryState, Hours } from './model.ts'

const distribution = { strategy: 'round_robin', on: ['new'] } as Department['distribution']

/** Support distributes, billing does not; anna is in both. */
function before(anna: Partial<Agent> = {}): DirectoryState {
  const team = exampleTeam()
  return {
    ...team,
    departments: team.departments.map((one) => (one.id === 'support' ? { ...one, distribution } : one)),
    agents: team.agents.map((one) => (one.id === 'anna' ? { ...one, ...anna } : one)),
  }
}
const woken = (was: DirectoryState, is: DirectoryState) =>
  drainsOf(was, { ...is, version: was.version + 1 }).map(({ input }) => input.departmentId)
const withAnna = (state: DirectoryState, change: Partial<Agent>): DirectoryState => ({
  ...state,
  agents: state.agents.map((one) => (one.id === 'anna' ? { ...one, ...change } : one)),
})
const withSupport = (state: DirectoryState, change: Partial<Department>): DirectoryState => ({
  ...state,
  departments: state.departments.map((one) => (one.id === 'support' ? { ...one, ...change } : one)),
})
const hours: Hours = { timeZone: 'UTC', mon: { intervals: [{ from: '09:00', to: '17:00' }] }, holidays: [] }
const time = { from: '2026-03-01T00:00:00.000Z', until: '2026-03-08T00:00:00.000Z' }

describe('a backlog is looked at again when somebody', () => {
  it.each<[string, Partial<Agent>, Partial<Agent>]>([
    ['comes online', {}, { presence: 'online' }],
    ['comes back', { presence: 'away' }, { presence: 'online' }],
    ['has more room', { capacity: 2 }, { capacity: 3 }],
    ['has no limit any more', { capacity: 2 }, { capacity: undefined }],
    ['joins', { memberships: [] }, { memberships: [{ departmentId: 'support' }] }],
    ['is active again', { status: 'suspended' }, { status: 'active' }],
    ['has another schedule', {}, { schedule: hours }],
    ['is not on leave any more', { leave: [time] }, { leave: [] }],
    [
      'is not stood in for any more',
      { delegation: { id: 'd1', toAgentId: 'adam', ...time, mode: 'tickets' } },
      { delegation: undefined },
    ],
    ['learns something', {}, { skills: [{ name: 'German', level: 2 }] }],
  ])('%s', (_, was, is) => {
    const state = before(was)
    expect(woken(state, withAnna(state, is))).toEqual(['support'])
  })

  it('is new', () => {
    const state = before()
    const agents = [...state.agents, exampleAgent('new', { memberships: [{ departmentId: 'support' }] })]
    expect(woken(state, { ...state, agents })).toEqual(['support'])
  })
})

describe('a backlog is left alone when', () => {
  it.each<[string, Partial<Agent>, Partial<Agent>]>([
    ['somebody goes', { presence: 'online' }, { presence: 'away' }],
    ['somebody has less room', {}, { capacity: 3 }],
    ['somebody is called otherwise', {}, { name: 'Anna B.' }],
    ['somebody leaves the department', {}, { memberships: [{ departmentId: 'billing' }] }],
    ['somebody is suspended', { presence: 'online' }, { status: 'suspended', presence: 'offline' }],
    ['somebody counts for more', {}, { memberships: [{ departmentId: 'support', weight: 3 }] }],
  ])('%s', (_, was, is) => {
    const state = before(was)
    expect(woken(state, withAnna(state, is))).toEqual([])
  })

  it('somebody comes online where nothing is distributed', () => {
    const state = withSupport(before(), { distribution: { strategy: 'manual', on: [] } })
    expect(woken(state, withAnna(state, { presence: 'online' }))).toEqual([])
  })
})

describe('a department', () => {
  it('looks at its backlog when distribution is turned on, or for more, or the hours change', () => {
    const manual = withSupport(before(), { distribution: { strategy: 'manual', on: [] } })
    expect(woken(manual, withSupport(manual, { distribution }))).toEqual(['support'])
    const state = before()
    const more = { ...distribution, on: ['new', 'transferred'] } as Department['distribution']
    expect(woken(state, withSupport(state, { distribution: more }))).toEqual(['support'])
    expect(woken(state, withSupport(state, { hours }))).toEqual(['support'])
    expect(woken(state, withSupport(state, { name: 'Help' }))).toEqual([])
    expect(woken(state, manual)).toEqual([])
  })

  it('that is new has none', () => {
    const state = before()
    const departments = [...state.departments, exampleDepartment('new', { distribution })]
    expect(woken(state, { ...state, departments })).toEqual([])
  })
})
