import { describe, expect, it } from 'vitest'
import type { DirectoryPlan } from '../testing/directory.ts'
import { actorOf, agentAuthority, creation, keyWith, Story, types } from '../testing/story.ts'
import type { RuleAction, RuleEffectFacts } from './facts.ts'

const TEAM: DirectoryPlan = {
  departments: { general: {}, billing: {} },
  agents: {
    ana: { in: ['billing'] },
    bob: { in: ['general'] },
    zoe: { in: ['billing'], status: 'suspended' },
  },
}
const ALONE: DirectoryPlan = {
  departments: { general: {}, billing: {} },
  agents: { ana: { in: ['general'] } },
}

const rule = (ruleId: string, ...actions: RuleAction[]): RuleEffectFacts => ({
  ruleId,
  version: 3,
  ruleName: `rule ${ruleId}`,
  actions,
})

describe('a new ticket', () => {
  it('begins with created, its first responsibility and its message, at one moment', () => {
    const story = new Story(TEAM).create({ priority: 'high', tags: ['a', 'a'] })
    expect(types(story.entries)).toEqual(['created', 'responsibility.changed', 'message.added'])
    expect(new Set(story.entries.map(({ at }) => at)).size).toBe(1)
    expect(story.entries[0]?.details).toEqual({
      channel: 'email',
      number: '42',
      priority: 'high',
      tags: ['a'],
      contactId: 'c1',
    })
    expect(story.entries[1]).toMatchObject({ revision: 1, to: { departmentId: 'general', agentId: null } })
    expect(story.entries[1]).not.toHaveProperty('from')
    expect(story.ticket).toMatchObject({ status: 'new', priority: 'high', tags: ['a'], sequence: 3 })
  })

  it('never names the contact', () => {
    const story = new Story(TEAM).create()
    expect(JSON.stringify(story.entries)).not.toContain('Carla')
  })

  it('belongs to the default department and to nobody when several agents work', () => {
    const story = new Story(TEAM).create()
    expect(story.holder).toBe('general/-')
    expect(story.cause).toEqual({ type: 'default_department' })
    expect(story.ticket.responsibility.actor).toEqual({ type: 'system' })
  })

  it('belongs to the department of the address that it was sent to', () => {
    const story = new Story(TEAM).create({ departmentId: 'billing', departmentBy: 'inbound_address' })
    expect(story.holder).toBe('billing/-')
    expect(story.cause).toEqual({ type: 'inbound_address' })
  })

  it('belongs to the default department when the address is of one that is gone', () => {
    const story = new Story(TEAM).create({ departmentId: 'gone', departmentBy: 'inbound_address' })
    expect(story.holder).toBe('general/-')
    expect(story.cause).toEqual({ type: 'default_department' })
  })

  it('belongs to the department that its creator names', () => {
    const story = new Story(TEAM).create({ departmentId: 'billing' }, agentAuthority('bob'))
    expect(story.holder).toBe('billing/-')
    expect(story.ticket.responsibility).toMatchObject({ cause: { type: 'assign' }, actor: actorOf('bob') })
  })

  it('is refused for an unknown department that its creator names', () => {
    const refusal = new Story(TEAM).refused(creation({ departmentId: 'gone' }), 'bob')
    expect(refusal).toMatchObject({ reason: 'unknown-reference', errors: [{ field: 'departmentId' }] })
  })

  it('is the only agent’s at once, in every department', () => {
    const story = new Story(ALONE).create({ departmentId: 'billing', departmentBy: 'inbound_address' })
    expect(story.holder).toBe('billing/ana')
    expect(story.cause).toEqual({ type: 'solo_account' })
    expect(story.ticket.responsibility.revision).toBe(1)
  })

  it('keeps the values of its custom fields out of the timeline', () => {
    const story = new Story(TEAM).create({ fields: { plan: 'gold' } })
    expect(story.ticket.fields).toEqual({ plan: 'gold' })
    expect(story.entries.find(({ type }) => type === 'fields.changed')?.details).toEqual({ fields: ['plan'] })
    expect(JSON.stringify(story.entries)).not.toContain('gold')
  })

  it('starts no clock when a machine wrote it, until a person writes', () => {
    const story = new Story(TEAM).create({ automatic: true })
    expect(story.ticket).toMatchObject({ unclaimedSince: null, waitingSince: null })
    expect(story.entries[0]?.details?.automatic).toBe(true)
    const at = story.now.toISOString()
    story.expect({ type: 'contact_reply', messageId: 'm2' }, { actor: { type: 'contact', id: 'c1' } })
    expect(story.ticket).toMatchObject({ status: 'new', unclaimedSince: at, waitingSince: at })
  })

  it('names the ticket that it follows', () => {
    const story = new Story(TEAM).create({ followUpOf: 't0' })
    expect(story.entries[0]?.details?.followUpOf).toBe('t0')
  })

  it('may be created by active agents, keys with the scope, and contacts', () => {
    expect(new Story(TEAM).do(creation(), 'bob').refusal).toBeUndefined()
    expect(new Story(TEAM).do(creation(), keyWith('tickets:write')).refusal).toBeUndefined()
    expect(new Story(TEAM).refused(creation(), keyWith('tickets:read')).reason).toBe('forbidden')
    expect(new Story(TEAM).refused(creation(), 'zoe').reason).toBe('forbidden')
    expect(new Story(TEAM).refused(creation(), 'ghost').reason).toBe('forbidden')
  })

  it('is not created twice under one id', () => {
    const story = new Story(TEAM).create()
    expect(story.refused(creation(), 'bob')).toMatchObject({
      reason: 'already-exists',
      current: { revision: 1 },
    })
  })

  it('does not exist before it is created', () => {
    expect(new Story(TEAM).refused({ type: 'claim' }, 'bob').reason).toBe('not-found')
  })
})

describe('rules on a new ticket', () => {
  const withRules = (...rules: RuleEffectFacts[]): Story => {
    const story = new Story(TEAM)
    story.rules = rules
    return story.create({ tags: ['old'] })
  }

  it('transfer: its department, nobody, and one entry that names rule and version', () => {
    const story = withRules(rule('r1', { type: 'transfer', departmentId: 'billing' }))
    expect(story.holder).toBe('billing/-')
    expect(story.cause).toEqual({ type: 'rule', ruleId: 'r1', version: 3, ruleName: 'rule r1' })
    expect(types(story.entries)).toEqual([
      'created',
      'responsibility.changed',
      'message.added',
      'rule.applied',
    ])
    expect(story.entries[3]?.details).toEqual({
      ruleId: 'r1',
      version: 3,
      ruleName: 'rule r1',
      trigger: 'ticket_created',
      actions: ['transfer'],
    })
    expect(story.ticket.lastTransfer).toBeNull()
  })

  it('transfer with an agent, and assign by another rule', () => {
    expect(withRules(rule('r1', { type: 'transfer', departmentId: 'billing', agentId: 'ana' })).holder).toBe(
      'billing/ana',
    )
    const story = withRules(
      rule('r1', { type: 'assign', agentId: 'ana' }),
      rule('r2', { type: 'transfer', departmentId: 'billing' }),
    )
    expect(story.holder).toBe('billing/ana')
    expect(story.cause).toMatchObject({ type: 'rule', ruleId: 'r1' })
  })

  it('set_priority, add_tags, remove_tags: what changed, and nothing that did not', () => {
    const story = withRules(
      rule(
        'r1',
        { type: 'set_priority', priority: 'urgent' },
        { type: 'add_tags', tags: ['new', 'old'] },
        { type: 'remove_tags', tags: ['old', 'never'] },
        { type: 'stop' },
      ),
    )
    expect(story.ticket).toMatchObject({ priority: 'urgent', tags: ['new'] })
    const changes = story.entries.filter(({ cause }) => cause.type === 'rule')
    expect(changes.map(({ type, from, to, details }) => ({ type, from, to, details }))).toMatchObject([
      { type: 'rule.applied' },
      { type: 'priority.changed', from: 'normal', to: 'urgent' },
      { type: 'tags.changed', details: { added: ['new'], removed: [] } },
      { type: 'tags.changed', details: { added: [], removed: ['old'] } },
    ])
    expect(story.cause).toEqual({ type: 'default_department' })
  })

  it('a rule that names what is gone does nothing at all, and the next one counts', () => {
    const story = withRules(
      rule('r1', { type: 'transfer', departmentId: 'gone' }, { type: 'add_tags', tags: ['half'] }),
      rule('r2', { type: 'assign', agentId: 'zoe' }),
      rule('r3', { type: 'transfer', departmentId: 'billing' }),
    )
    expect(story.holder).toBe('billing/-')
    expect(story.ticket.tags).toEqual(['old'])
    const applied = story.entries.filter(({ type }) => type === 'rule.applied')
    expect(applied.map(({ details }) => [details?.actions, details?.skipped])).toEqual([
      [[], [{ type: 'transfer', reason: 'department_gone' }]],
      [[], [{ type: 'assign', reason: 'agent_gone' }]],
      [['transfer'], undefined],
    ])
  })

  it('an agent who is no member of the department is not assigned', () => {
    const story = withRules(rule('r1', { type: 'assign', agentId: 'ana' }))
    expect(story.holder).toBe('general/-')
    expect(story.entries.at(-1)?.details).toMatchObject({
      actions: [],
      skipped: [{ type: 'assign', reason: 'agent_not_member' }],
    })
  })

  it('actions that a new ticket does not know are left alone', () => {
    const story = withRules(rule('r1', { type: 'webhook', webhookId: 'w' }), {
      ...rule('r2'),
      actions: [{ type: 'add_tags', tags: 'no list' }],
    })
    expect(story.ticket.tags).toEqual(['old'])
  })

  it('do not take a ticket from the only agent, only to another department', () => {
    const story = new Story(ALONE)
    story.rules = [rule('r1', { type: 'transfer', departmentId: 'billing' })]
    story.create()
    expect(story.holder).toBe('billing/ana')
    expect(story.cause).toEqual({ type: 'solo_account' })
    expect(types(story.entries)).toContain('rule.applied')
  })
})
