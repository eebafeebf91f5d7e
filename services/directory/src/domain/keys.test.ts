import { describe, expect, it } from 'vitest'
import { exampleTeam, NOW, refusal, WHO } from './examples.ts'
import {
  createKey,
  deleteKey,
  hashOfKey,
  hintOfKey,
  keySecret,
  type NewKey,
  refuseRevoked,
  visibleKeys,
} from './keys.ts'
import { keyPrincipal } from './principal.ts'

const create = (input: Partial<NewKey>, who = WHO.owner, state = exampleTeam()) =>
  createKey(state, who, { name: 'k', scopes: [], ...input }, { id: 'new', hint: 'onus_', now: NOW })

describe('a secret', () => {
  it('is the same for the same key, and another for another one', () => {
    const secrets = [
      keySecret('internal', 'acme', 'k1'),
      keySecret('internal', 'acme', 'k2'),
      keySecret('internal', 'other', 'k1'),
      keySecret('another', 'acme', 'k1'),
    ]
    expect(new Set(secrets).size).toBe(4)
    expect(keySecret('internal', 'acme', 'k1')).toBe(secrets[0])
    expect(secrets[0]).toMatch(/^onus_[\w-]{43}$/)
    expect(hashOfKey(secrets[0]!)).toMatch(/^[0-9a-f]{64}$/)
    expect(hintOfKey(secrets[0]!)).toBe(secrets[0]!.slice(0, 9))
  })
})

describe('a new key', () => {
  it('acts as its agent, with the rights of a contact on top if asked for', () => {
    expect(create({ agentId: 'anna', scopes: ['contact:write'] }).apiKeys.at(-1)).toMatchObject({
      agentId: 'anna',
      scopes: ['contact:write'],
    })
  })

  it('without an agent may do what it names', () => {
    const scopes = ['tickets:read', 'setup:read', 'tickets:read']
    expect(create({ scopes }).apiKeys.at(-1)).toEqual({
      id: 'new',
      name: 'k',
      scopes: ['tickets:read', 'setup:read'],
      createdAt: NOW,
      hint: 'onus_',
    })
  })

  it.each<[string, Partial<NewKey>, string]>([
    ['without a name', { name: '', agentId: 'anna' }, 'name'],
    ['without an agent and scopes', {}, 'scopes'],
    ['with another scope', { scopes: ['tickets:read', 'everything'] }, 'scopes[1]'],
    ['of an agent with a scope that needs none', { agentId: 'anna', scopes: ['setup:write'] }, 'scopes[0]'],
  ])('%s is refused', (_, input, field) => {
    expect(refusal(() => create(input))).toMatchObject({ reason: 'invalid-request', fields: [field] })
  })

  it.each(['gone', 'anna'])('is for active agents: not for %s', (agentId) => {
    const state = exampleTeam()
    state.agents = state.agents.map((one) => (one.id === 'anna' ? { ...one, status: 'suspended' } : one))
    expect(refusal(() => create({ agentId }, WHO.owner, state))).toMatchObject({
      reason: 'unknown-reference',
      fields: ['agentId'],
    })
  })

  it.each([
    ['an agent for themselves', WHO.agent, { agentId: 'anna' }, undefined],
    [
      'an agent for themselves with more rights',
      WHO.agent,
      { agentId: 'anna', scopes: ['contact:write'] },
      'forbidden',
    ],
    ['an agent for another', WHO.agent, { agentId: 'adam' }, 'forbidden'],
    ['an agent without an agent', WHO.agent, { scopes: ['tickets:read'] }, 'forbidden'],
    ['an admin for an agent', WHO.admin, { agentId: 'anna' }, undefined],
    ['an admin for themselves', WHO.admin, { agentId: 'adam' }, undefined],
    ['an admin for an owner', WHO.admin, { agentId: 'olga' }, 'forbidden'],
    ['an owner for an owner', WHO.owner, { agentId: 'olga' }, undefined],
    ['a key for an agent', WHO.client('setup:write'), { agentId: 'anna' }, 'forbidden'],
    [
      'a key with its own scope',
      WHO.client('setup:write', 'tickets:read'),
      { scopes: ['tickets:read'] },
      undefined,
    ],
    ['a key with another scope', WHO.client('setup:write'), { scopes: ['tickets:read'] }, 'forbidden'],
  ] as const)('%s', (_, who, input, reason) => {
    expect(refusal(() => create(input as Partial<NewKey>, who)).reason).toBe(reason)
  })
})

describe('keys that are there', () => {
  const state = create({ agentId: 'anna' }, WHO.owner, create({ scopes: ['setup:read'] }))
  state.apiKeys = state.apiKeys.map((key, at) => ({ ...key, id: ['olga', 'client', 'anna'][at]! }))

  it('are seen by who sets up, and by those they act as', () => {
    const seen = (who: typeof WHO.owner) => visibleKeys(state, who).map(({ id }) => id)
    expect(seen(WHO.owner)).toEqual(['olga', 'client', 'anna'])
    expect(seen(WHO.admin)).toEqual(['olga', 'client', 'anna'])
    expect(seen(WHO.agent)).toEqual(['anna'])
  })

  it.each([
    ['olga', WHO.owner, undefined],
    ['olga', WHO.admin, 'forbidden'],
    ['olga', WHO.agent, 'not-found'],
    ['client', WHO.admin, undefined],
    ['client', WHO.agent, 'not-found'],
    ['client', WHO.client('setup:write'), undefined],
    ['client', WHO.client('setup:read'), 'forbidden'],
    ['olga', WHO.client('setup:write'), 'forbidden'],
    ['anna', WHO.agent, undefined],
    ['anna', WHO.admin, undefined],
    ['gone', WHO.owner, 'not-found'],
  ] as const)('%s is deleted by %o: %s', (id, who, reason) => {
    expect(refusal(() => deleteKey(state, who, id)).reason).toBe(reason)
  })

  it('never come back', () => {
    const after = deleteKey(state, WHO.owner, 'client')
    expect(after.apiKeys.map(({ id }) => id)).toEqual(['olga', 'anna'])
    expect(refusal(() => refuseRevoked(after, 'client')).reason).toBe('already-exists')
    expect(keyPrincipal(after, 'client')).toBeNull()
  })

  it('stand for their agent while they are active, or for themselves', () => {
    expect(keyPrincipal(state, 'anna')).toMatchObject({
      type: 'agent',
      id: 'anna',
      role: 'agent',
      apiKeyId: 'anna',
    })
    expect(keyPrincipal(state, 'client')).toMatchObject({ type: 'api_client', id: 'client', role: '' })
    const agents = state.agents.map((one) =>
      one.id === 'anna' ? { ...one, status: 'removed' as const } : one,
    )
    expect(keyPrincipal({ ...state, agents }, 'anna')).toBeNull()
    expect(keyPrincipal({ ...state, deletedAt: NOW }, 'client')).toBeNull()
  })
})
