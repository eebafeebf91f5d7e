import { describe, expect, it } from 'vitest'
import { actorOf, type Permission, type RuleCaller, requirePermission } from './access.ts'
import { refusal } from './examples.ts'

const caller = (type: RuleCaller['type'], ...scopes: string[]): RuleCaller => ({
  type,
  id: 'x',
  name: 'X',
  scopes,
})

describe('the table of who may do what with rules', () => {
  it.each<[string, RuleCaller, { role: string; status: string } | undefined, string[]]>([
    ['an owner', caller('agent'), { role: 'owner', status: 'active' }, ['', '', 'forbidden']],
    ['an admin', caller('agent'), { role: 'admin', status: 'active' }, ['', '', 'forbidden']],
    ['an agent', caller('agent'), { role: 'agent', status: 'active' }, ['', 'forbidden', 'forbidden']],
    [
      'a suspended admin',
      caller('agent'),
      { role: 'admin', status: 'suspended' },
      Array(2).fill('unauthenticated').concat('forbidden'),
    ],
    ['a stranger', caller('agent'), undefined, Array(2).fill('unauthenticated').concat('forbidden')],
    ['a key that reads', caller('api_client', 'setup:read'), undefined, ['', 'forbidden', 'forbidden']],
    ['a key that writes', caller('api_client', 'setup:write'), undefined, ['', '', 'forbidden']],
    [
      'a key for tickets',
      caller('api_client', 'tickets:write'),
      undefined,
      ['forbidden', 'forbidden', 'forbidden'],
    ],
    ['an operator', caller('operator'), undefined, ['forbidden', 'forbidden', 'forbidden']],
    ['a service of ours', caller('system'), undefined, ['', 'forbidden', '']],
  ])('%s', (_, who, agent, expected) => {
    const outcomes = (['read', 'write', 'evaluate'] as Permission[]).map(
      (permission) => refusal(() => requirePermission(who, permission, agent, 'do this')).reason ?? '',
    )
    expect(outcomes).toEqual(expected)
  })

  it('names the author', () => {
    expect(actorOf(caller('api_client'))).toEqual({ type: 'api_client', id: 'x', name: 'X' })
    expect(actorOf(caller('operator'))).toEqual({ type: 'system', name: 'X' })
  })
})
