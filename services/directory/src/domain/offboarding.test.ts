import { describe, expect, it } from 'vitest'
import { updateAgent } from './agents.ts'
import { exampleAgent, exampleTeam, NOW, refusal, WHO } from './examples.ts'
import type { DirectoryState, OffboardingState } from './model.ts'
import {
  controlOffboarding,
  followStatus,
  latestOffboarding,
  planOffboarding,
  reportOffboarding,
  shownState,
  startOffboarding,
} from './offboarding.ts'

const actor = { type: 'agent', id: 'olga', name: 'Olga' } as const
const begin = (id = 'o1') => ({ id, now: NOW, startedBy: actor })
const start = (id: string, input: object = {}, state = exampleTeam(), who = WHO.owner) =>
  startOffboarding(state, who, id, { successors: [], ...input }, begin())
const find = (state: DirectoryState, id: string) => state.agents.find((one) => one.id === id)!
const control = (action: string, state: DirectoryState, who = WHO.owner) =>
  controlOffboarding(state, who, 'anna', action)
const report = (state: OffboardingState, of: DirectoryState) =>
  reportOffboarding(of, { agentId: 'anna', offboardingId: 'o1', state, now: NOW })
const shown = (state: DirectoryState) => shownState(latestOffboarding(state, 'anna')!)

describe('an off-boarding', () => {
  it('marks the agent first, and keeps its plan', () => {
    const state = start('anna', { successors: [{ departmentId: 'support', agentId: 'adam' }] })
    expect(find(state, 'anna')).toMatchObject({ status: 'removed', presence: 'offline' })
    expect(latestOffboarding(state, 'anna')).toMatchObject({
      id: 'o1',
      status: 'removed',
      startedBy: actor,
      wanted: 'running',
      successors: [{ departmentId: 'support', agentId: 'adam' }],
      previous: { status: 'active', memberships: [{ departmentId: 'support' }, { departmentId: 'billing' }] },
    })
    expect(find(start('anna', { status: 'suspended' }), 'anna').status).toBe('suspended')
  })

  it.each<[string, object, string, string]>([
    ['a status', { status: 'active' }, 'invalid-request', 'status'],
    [
      'a successor of no department',
      { successors: [{ departmentId: 'x', policy: 'nobody' }] },
      'unknown-reference',
      'successors[0].departmentId',
    ],
    [
      'a successor who is no member',
      { successors: [{ departmentId: 'billing', agentId: 'adam' }] },
      'unknown-reference',
      'successors[0].agentId',
    ],
    [
      'a successor who is unknown',
      { successors: [{ departmentId: 'support', agentId: 'x' }] },
      'unknown-reference',
      'successors[0].agentId',
    ],
    [
      'a successor who left',
      { successors: [{ departmentId: 'support', agentId: 'lee' }] },
      'unknown-reference',
      'successors[0].agentId',
    ],
    [
      'who leaves as successor',
      { successors: [{ departmentId: 'support', agentId: 'anna' }] },
      'unknown-reference',
      'successors[0].agentId',
    ],
    [
      'a policy',
      { successors: [{ departmentId: 'support', policy: 'x' }] },
      'invalid-request',
      'successors[0].policy',
    ],
    [
      'an agent and a policy',
      { successors: [{ departmentId: 'support', agentId: 'adam', policy: 'nobody' }] },
      'invalid-request',
      'successors[0]',
    ],
    [
      'a department twice',
      { successors: [{ departmentId: 'support' }, { departmentId: 'support' }] },
      'invalid-request',
      'successors[1].departmentId',
    ],
  ])('is refused for %s that does not fit', (_, input, reason, field) => {
    const state = exampleTeam()
    const lee = exampleAgent('lee', { status: 'suspended', memberships: [{ departmentId: 'support' }] })
    const withLee = { ...state, agents: [...state.agents, lee] }
    expect(refusal(() => start('anna', input, withLee))).toMatchObject({ reason, fields: [field] })
    expect(
      refusal(() => planOffboarding(withLee, WHO.owner, 'anna', { successors: [], ...input })).fields,
    ).toEqual([field])
  })

  it('is not for those above, nor for the last owner, nor twice', () => {
    expect(refusal(() => start('olga', {}, exampleTeam(), WHO.admin)).reason).toBe('forbidden')
    expect(refusal(() => start('olga')).reason).toBe('last-owner')
    expect(refusal(() => start('anna', {}, start('anna'))).reason).toBe('in-use')
    expect(refusal(() => start('anna', {}, report('completed', start('anna')))).reason).toBe('wrong-status')
    expect(refusal(() => start('nobody')).reason).toBe('not-found')
  })

  it('of somebody who is suspended can remove them', () => {
    const suspended = report('completed', start('anna', { status: 'suspended' }))
    expect(find(start('anna', {}, suspended), 'anna').status).toBe('removed')
  })

  it('can be paused and resumed while it runs, and shows what is wanted at once', () => {
    const running = start('anna')
    const paused = control('pause', running)
    expect(shown(paused)).toBe('paused')
    expect(refusal(() => control('pause', paused)).reason).toBe('wrong-status')
    expect(shown(control('resume', paused))).toBe('running')
    expect(refusal(() => control('resume', running)).reason).toBe('wrong-status')
    const done = report('completed', running)
    expect(latestOffboarding(done, 'anna')?.finishedAt).toBe(NOW)
    expect(refusal(() => control('pause', done)).reason).toBe('wrong-status')
    expect(refusal(() => control('burn', running)).reason).toBe('invalid-request')
    expect(refusal(() => controlOffboarding(running, WHO.owner, 'adam', 'pause')).reason).toBe('not-found')
  })

  it('is taken back: the agent is active and a member where that still is a department', () => {
    const left = start('anna')
    const smaller = { ...left, departments: left.departments.filter(({ id }) => id !== 'billing') }
    for (const state of [smaller, control('pause', smaller), report('completed', smaller)]) {
      const back = control('undo', state, WHO.admin)
      expect(find(back, 'anna')).toMatchObject({
        status: 'active',
        memberships: [{ departmentId: 'support' }],
      })
      expect(latestOffboarding(back, 'anna')?.undoneBy?.id).toBe('adam')
      expect(shown(back)).toBe('undoing')
      expect(shown(report('undone', back))).toBe('undone')
      expect(refusal(() => control('undo', back)).reason).toBe('wrong-status')
    }
  })

  it('is not taken back while somebody else has the e-mail address', () => {
    const left = start('anna')
    const nina = exampleAgent('nina', { email: 'anna@example.com' })
    const taken = { ...left, agents: [...left.agents, nina] }
    expect(refusal(() => control('undo', taken))).toMatchObject({
      reason: 'already-exists',
      fields: ['email'],
    })
  })

  it('hears only reports of its own', () => {
    const running = start('anna')
    const other = { agentId: 'anna', offboardingId: 'o0', state: 'completed', now: NOW } as const
    expect(reportOffboarding(running, other)).toBe(running)
    expect(report('running', running)).toBe(running)
  })
})

describe('a change of the status', () => {
  const update = (status: string, state: DirectoryState, id = 'o2') =>
    followStatus(state, updateAgent(state, WHO.owner, 'anna', { status }, ['status']), 'anna', begin(id))

  it('is an off-boarding to nobody', () => {
    const state = update('suspended', exampleTeam())
    expect(latestOffboarding(state, 'anna')).toMatchObject({ id: 'o2', status: 'suspended', successors: [] })
  })

  it('goes on with one that is at work, and stops it when they come back', () => {
    const suspended = start('anna', { status: 'suspended' })
    expect(latestOffboarding(update('removed', suspended), 'anna')).toMatchObject({
      id: 'o1',
      status: 'removed',
    })
    const back = update('active', suspended)
    expect(shown(back)).toBe('stopped')
    expect(shown(update('active', report('completed', suspended)))).toBe('completed')
    expect(latestOffboarding(update('suspended', back, 'o3'), 'anna')?.id).toBe('o3')
  })

  it('of somebody who delegated ends that', () => {
    const state = exampleTeam()
    const delegation = {
      id: 'd',
      toAgentId: 'adam',
      from: NOW,
      until: '2027-01-01T00:00:00.000Z',
      mode: 'tickets',
    } as const
    const agents = state.agents.map((one) => (one.id === 'anna' ? { ...one, delegation } : one))
    expect(find(update('removed', { ...state, agents }), 'anna')).not.toHaveProperty('delegation')
  })
})
