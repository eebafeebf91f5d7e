import { describe, expect, it } from 'vitest'
import type { Who } from './access.ts'
import { type AgentInput, createAgent, setPresence, updateAgent, withAgent } from './agents.ts'
import { exampleAccount, exampleAgent, exampleTeam, NOW, refusal, WHO } from './examples.ts'
import type { DirectoryState } from './model.ts'

const create = (input: AgentInput, who = WHO.owner, state = exampleTeam()) =>
  createAgent(state, who, { name: 'Nina', email: 'nina@example.com', ...input }, { id: 'nina', now: NOW })
const update = (id: string, input: AgentInput, who = WHO.owner, state = exampleTeam()) =>
  updateAgent(state, who, id, input, Object.keys(input))
const remove = (state: DirectoryState, who: Who, id: string) =>
  updateAgent(state, who, id, { status: 'removed' }, ['status'])
const find = (state: DirectoryState, id: string) => state.agents.find((one) => one.id === id)

describe('a new agent', () => {
  it('is active, offline and without a limit, in the language and zone of the account', () => {
    expect(find(create({ role: '', locale: '', timeZone: '' }), 'nina')).toEqual({
      ...exampleAgent('nina'),
      name: 'Nina',
    })
  })

  it('has skills, capacity and memberships', () => {
    const given = {
      capacity: 0,
      skills: [{ name: 'German', level: 5 }],
      memberships: [{ departmentId: 'billing', weight: 3 }, { departmentId: 'support' }],
    }
    expect(find(create(given), 'nina')).toMatchObject(given)
  })

  it.each<[string, AgentInput, string]>([
    ['without a name', { name: '' }, 'name'],
    ['without an address', { email: 'nina' }, 'email'],
    ['with another role', { role: 'boss' }, 'role'],
    ['with no language', { locale: '??' }, 'locale'],
    ['with no zone', { timeZone: 'Mars' }, 'timeZone'],
    ['with a negative capacity', { capacity: -1 }, 'capacity'],
    ['with half a capacity', { capacity: 1.5 }, 'capacity'],
    ['with a skill of level 0', { skills: [{ name: 'x', level: 0 }] }, 'skills[0].level'],
    ['with a skill of level 6', { skills: [{ name: 'x', level: 6 }] }, 'skills[0].level'],
    ['with a skill without a name', { skills: [{ name: '', level: 1 }] }, 'skills[0].name'],
    [
      'with a skill twice',
      {
        skills: [
          { name: 'x', level: 1 },
          { name: 'X', level: 2 },
        ],
      },
      'skills[1].name',
    ],
    [
      'twice in a department',
      { memberships: [{ departmentId: 'support' }, { departmentId: 'support' }] },
      'memberships[1].departmentId',
    ],
    ['in no department', { memberships: [{ departmentId: '' }] }, 'memberships[0].departmentId'],
    ...[-1, 0, 1.5, 101].map((weight): [string, AgentInput, string] => [
      `with a weight of ${weight}`,
      { memberships: [{ departmentId: 'support', weight }] },
      'memberships[0].weight',
    ]),
    ...[-1, 0, 2.5, 6].map((level): [string, AgentInput, string] => [
      `with a skill at level ${level}`,
      { skills: [{ name: 'German', level }] },
      'skills[0].level',
    ]),
    ['with another status', { status: 'asleep' }, 'status'],
    ['who is removed', { status: 'removed' }, 'status'],
  ])('%s is refused', (_, input, field) => {
    expect(refusal(() => create(input))).toMatchObject({ reason: 'invalid-request', fields: [field] })
  })

  it('is refused for a department that is not there', () => {
    expect(refusal(() => create({ memberships: [{ departmentId: 'gone' }] }))).toMatchObject({
      reason: 'unknown-reference',
      fields: ['memberships[0].departmentId'],
    })
  })

  it('has an address of their own, but for those who were removed', () => {
    expect(refusal(() => create({ email: 'Anna@example.com' }))).toMatchObject({
      reason: 'already-exists',
      fields: ['email'],
    })
    const without = remove(exampleTeam(), WHO.owner, 'anna')
    expect(find(create({ email: 'anna@example.com' }, WHO.owner, without), 'nina')).toBeDefined()
  })
})

describe('roles', () => {
  it.each([
    ['an owner makes an owner', WHO.owner, 'owner', undefined],
    ['an admin makes an admin', WHO.admin, 'admin', undefined],
    ['an admin makes no owner', WHO.admin, 'owner', 'forbidden'],
    ['a key makes an agent', WHO.client('setup:write'), 'agent', undefined],
    ['a key makes no admin', WHO.client('setup:write'), 'admin', 'forbidden'],
  ] as const)('%s', (_, who, role, reason) => {
    expect(refusal(() => create({ role }, who)).reason).toBe(reason)
    expect(refusal(() => update('anna', { role }, who)).reason).toBe(reason)
  })

  it('refuses before it validates', () => {
    expect(refusal(() => create({ role: 'owner', email: 'x' }, WHO.admin)).reason).toBe('forbidden')
  })

  it.each([
    ['an admin', WHO.admin, 'olga'],
    ['a key', WHO.client('setup:write'), 'adam'],
  ] as const)('%s changes nobody above', (_, who, id) => {
    expect(refusal(() => update(id, { name: 'x' }, who)).reason).toBe('forbidden')
    expect(refusal(() => remove(exampleTeam(), who, id)).reason).toBe('forbidden')
  })

  it.each<[string, () => unknown]>([
    ['made an agent', () => update('olga', { role: 'agent' })],
    ['suspended', () => update('olga', { status: 'suspended' })],
    ['removed', () => remove(exampleTeam(), WHO.owner, 'olga')],
  ])('the last owner is not %s', (_, work) => {
    expect(refusal(work).reason).toBe('last-owner')
  })

  it('an owner can go when another one stays', () => {
    const two = update('adam', { role: 'owner' })
    expect(find(update('olga', { role: 'agent' }, WHO.owner, two), 'olga')?.role).toBe('agent')
  })
})

describe('a change of an agent', () => {
  it('touches only what it names', () => {
    const before = find(exampleTeam(), 'anna')
    const state = updateAgent(exampleTeam(), WHO.admin, 'anna', { name: 'Ann', capacity: 3, email: 'x' }, [
      'name',
      'capacity',
    ])
    expect(find(state, 'anna')).toEqual({ ...before, name: 'Ann', capacity: 3 })
  })

  it('takes a limit away', () => {
    const limited = update('anna', { capacity: 3 })
    const state = updateAgent(limited, WHO.owner, 'anna', {}, ['capacity'])
    expect(find(state, 'anna')).not.toHaveProperty('capacity')
  })

  it('sets who leaves offline', () => {
    const online = setPresence(exampleTeam(), find(exampleTeam(), 'anna')!, 'online')
    expect(find(update('anna', { status: 'suspended' }, WHO.owner, online), 'anna')?.presence).toBe('offline')
  })

  it('brings a suspended agent back, a removed one never', () => {
    const suspended = update('anna', { status: 'suspended' })
    expect(find(update('anna', { status: 'active' }, WHO.owner, suspended), 'anna')?.status).toBe('active')
    const removed = update('anna', { status: 'removed' })
    expect(refusal(() => update('anna', { status: 'active' }, WHO.owner, removed)).reason).toBe(
      'wrong-status',
    )
    expect(find(remove(removed, WHO.owner, 'anna'), 'anna')?.status).toBe('removed')
  })

  it('is refused for an agent who is not there', () => {
    expect(refusal(() => update('gone', {})).reason).toBe('not-found')
  })

  it('knows three kinds of presence', () => {
    const anna = find(exampleTeam(), 'anna')!
    expect(find(setPresence(exampleTeam(), anna, 'away'), 'anna')?.presence).toBe('away')
    expect(refusal(() => setPresence(exampleTeam(), anna, 'asleep')).fields).toEqual(['presence'])
  })
})

describe('the only active agent', () => {
  const departments = exampleTeam().departments
  const solo = { ...exampleAccount(), departments }
  const everywhere = [{ departmentId: 'support' }, { departmentId: 'billing' }]

  it('becomes a member of every department when a second one is made', () => {
    expect(find(create({}, WHO.owner, solo), 'olga')?.memberships).toEqual(everywhere)
  })

  it('or when one comes back', () => {
    const suspended = { ...solo, agents: [...solo.agents, exampleAgent('anna', { status: 'suspended' })] }
    const state = update('anna', { status: 'active' }, WHO.owner, suspended)
    expect(find(state, 'olga')?.memberships).toEqual(everywhere)
    expect(find(state, 'anna')?.memberships).toEqual([])
  })

  it('stays as they are when the second one is not active, or is the third', () => {
    expect(find(create({ status: 'suspended' }, WHO.owner, solo), 'olga')?.memberships).toHaveLength(1)
    expect(find(create({}), 'olga')?.memberships).toHaveLength(1)
  })

  it('keeps the weights that they had', () => {
    const weighted = withAgent(solo, {
      ...solo.agents[0]!,
      memberships: [{ departmentId: 'billing', weight: 7 }],
    })
    expect(find(create({}, WHO.owner, weighted), 'olga')?.memberships).toEqual([
      { departmentId: 'billing', weight: 7 },
      { departmentId: 'support' },
    ])
  })
})
