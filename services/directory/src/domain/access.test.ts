import { describe, expect, it } from 'vitest'
import { actorOf, allows, mayActFor, type Permission, reaches, recognise } from './access.ts'
import { exampleTeam, refusal, WHO } from './examples.ts'

describe('the table of who may do what', () => {
  const ALL: Permission[] = ['read', 'read_setup', 'setup', 'own', 'owner', 'account', 'system']
  it.each([
    ['owner', WHO.owner, ['read', 'read_setup', 'setup', 'own', 'owner']],
    ['admin', WHO.admin, ['read', 'read_setup', 'setup', 'own']],
    ['agent', WHO.agent, ['read', 'own']],
    ['a key without an agent that may read', WHO.client('setup:read'), ['read', 'read_setup']],
    ['one that may set up', WHO.client('setup:write'), ['read', 'read_setup', 'setup']],
    ['one for tickets', WHO.client('tickets:read', 'tickets:write', 'contact:write'), []],
    ['operator', WHO.operator, ['account']],
    ['our own services', WHO.system, ['read', 'system']],
  ] as const)('%s', (_, who, allowed) => {
    expect(ALL.filter((permission) => allows(who, permission))).toEqual(allowed)
  })

  it('lets nobody reach above themselves', () => {
    const reach = (who: Parameters<typeof reaches>[0]) =>
      (['owner', 'admin', 'agent'] as const).filter((role) => reaches(who, role))
    expect(reach(WHO.owner)).toEqual(['owner', 'admin', 'agent'])
    expect(reach(WHO.admin)).toEqual(['admin', 'agent'])
    expect(reach(WHO.agent)).toEqual(['agent'])
    expect(reach(WHO.client('setup:write'))).toEqual(['agent'])
    expect(reach(WHO.system)).toEqual([])
  })

  it('lets everybody act for themselves, and who sets up for those below', () => {
    const [olga, adam, anna] = exampleTeam().agents
    expect(mayActFor(WHO.agent, anna!)).toBe(true)
    expect(mayActFor(WHO.agent, adam!)).toBe(false)
    expect(mayActFor(WHO.admin, anna!)).toBe(true)
    expect(mayActFor(WHO.admin, olga!)).toBe(false)
    expect(mayActFor(WHO.owner, adam!)).toBe(true)
    expect(mayActFor(WHO.client('setup:read'), anna!)).toBe(false)
  })
})

describe('a caller', () => {
  const claimed = (more: object) => ({
    type: 'agent' as const,
    accountId: 'acme',
    id: 'anna',
    name: 'whoever',
    scopes: [],
    ...more,
  })

  it('has the name and role that the directory has now', () => {
    expect(recognise(exampleTeam(), claimed({ role: 'owner' }))).toMatchObject({
      name: 'anna',
      role: 'agent',
    })
  })

  it.each(['suspended', 'removed'] as const)('who is %s is nobody', (status) => {
    const team = exampleTeam()
    const agents = team.agents.map((one) => (one.id === 'anna' ? { ...one, status } : one))
    expect(refusal(() => recognise({ ...team, agents }, claimed({}))).reason).toBe('unauthenticated')
  })

  it.each([
    ['of another account', { accountId: 'other' }],
    ['who never was', { id: 'nobody' }],
    ['whose key is gone', { apiKeyId: 'gone' }],
    ['that is a key which is gone', { type: 'api_client', id: 'gone', apiKeyId: 'gone' }],
    ['that says it is a key, by a key that acts as an agent', { type: 'api_client', apiKeyId: 'key' }],
    ['that is a key without saying which', { type: 'api_client' }],
  ])('%s is nobody', (_, more) => {
    expect(refusal(() => recognise(exampleTeam(), claimed(more) as never)).reason).toBe('unauthenticated')
  })

  it('of a deleted account is nobody', () => {
    const deleted = { ...exampleTeam(), deletedAt: '2026-01-01T00:00:00.000Z' }
    expect(refusal(() => recognise(deleted, claimed({}))).reason).toBe('unauthenticated')
  })

  it('that is a key has the scopes of the key, not those it says', () => {
    const team = exampleTeam()
    const key = { ...team.apiKeys[0]!, id: 'client', agentId: undefined, scopes: ['setup:read'] }
    const who = recognise(
      { ...team, apiKeys: [key] },
      claimed({ type: 'api_client', id: 'client', apiKeyId: 'client', scopes: ['setup:write'] }),
    )
    expect(who.scopes).toEqual(['setup:read'])
  })

  it('is named as an actor', () => {
    expect(actorOf(WHO.agent)).toEqual({ type: 'agent', id: 'anna', name: 'anna' })
    expect(actorOf(WHO.client())).toEqual({ type: 'api_client', id: 'client', name: 'client' })
    expect(actorOf(WHO.operator)).toEqual({ type: 'system', name: 'operator' })
  })
})
