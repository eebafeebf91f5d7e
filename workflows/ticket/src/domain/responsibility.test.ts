import type { Command } from '@onus/workflows-contract'
import { describe, expect, it } from 'vitest'
import type { DirectoryPlan } from '../testing/directory.ts'
import { actorOf, CONTACT_AUTHORITY, keyWith, Story, types } from '../testing/story.ts'

const team = (): DirectoryPlan => ({
  departments: { billing: {}, sales: {} },
  agents: {
    ana: { in: ['billing'] },
    bob: { in: ['billing'] },
    cem: { in: ['sales'] },
    boss: { role: 'admin' },
  },
})
const started = (plan = team()): Story => new Story(plan).create()
/** A ticket that ana holds. */
const held = (plan = team()): Story => {
  const story = started(plan)
  story.expect({ type: 'claim' }, 'ana')
  return story
}

describe('claim', () => {
  it('takes an unassigned ticket', () => {
    const story = started()
    const [entry] = story.expect({ type: 'claim' }, 'ana')
    expect(story.holder).toBe('billing/ana')
    expect(entry).toMatchObject({
      type: 'responsibility.changed',
      actor: actorOf('ana'),
      cause: { type: 'claim' },
      from: { departmentId: 'billing', agentId: null },
      to: { departmentId: 'billing', agentId: 'ana' },
      revision: 2,
    })
    expect(story.ticket.unclaimedSince).toBeNull()
  })

  it('tells everybody who comes later who was first, and when', () => {
    const story = held()
    const { since } = story.ticket.responsibility
    const refusal = story.refused({ type: 'claim' }, 'bob')
    expect(refusal).toMatchObject({ reason: 'already-claimed', current: { agentId: 'ana', revision: 2 } })
    expect(refusal.detail).toBe(`Ticket 42 is already Ana's since ${since}.`)
    expect(story.refused({ type: 'claim' }, 'ana').detail).toContain('already yours')
  })

  it('is for members: an admin who is none cannot be responsible', () => {
    expect(started().refused({ type: 'claim' }, 'boss').reason).toBe('unknown-reference')
    expect(started().refused({ type: 'claim' }, 'cem').reason).toBe('not-found')
    expect(started().refused({ type: 'claim' }, keyWith('tickets:write')).reason).toBe('forbidden')
  })

  it('takes a ticket whose holder was suspended and not yet swept', () => {
    const story = held()
    story.plan = { ...team(), agents: { ...team().agents, ana: { in: ['billing'], status: 'suspended' } } }
    const entries = story.expect({ type: 'claim' }, 'bob')
    expect(entries.map(({ cause }) => cause.type)).toEqual(['membership_change', 'claim'])
    expect(story.holder).toBe('billing/bob')
  })
})

describe('assign', () => {
  it('gives it to a member', () => {
    const story = started()
    story.expect({ type: 'assign', agentId: 'bob' }, 'ana')
    expect(story.holder).toBe('billing/bob')
    expect(story.ticket.responsibility).toMatchObject({ cause: { type: 'assign' }, actor: actorOf('ana') })
  })

  it.each(['cem', 'ghost', 'boss'])('refuses %s, who is no member', (agentId) => {
    expect(started().refused({ type: 'assign', agentId }, 'ana')).toMatchObject({
      reason: 'unknown-reference',
      errors: [{ field: 'agentId' }],
    })
  })

  it('to who holds it already changes nothing', () => {
    expect(held().expect({ type: 'assign', agentId: 'ana' }, 'bob')).toEqual([])
  })

  it('to oneself from somebody else is a take-over and needs that right', () => {
    expect(held().refused({ type: 'assign', agentId: 'bob' }, 'bob').reason).toBe('forbidden')
    const plan = team()
    plan.departments.billing = { membersMayTakeOver: true }
    expect(held(plan).do({ type: 'assign', agentId: 'bob' }, 'bob').refusal).toBeUndefined()
  })
})

describe('transfer', () => {
  it('without a name assigns nobody', () => {
    const story = held()
    const [entry] = story.expect({ type: 'transfer', departmentId: 'sales' }, 'ana')
    expect(story.holder).toBe('sales/-')
    expect(entry).toMatchObject({
      from: { departmentId: 'billing', agentId: 'ana' },
      cause: { type: 'transfer' },
    })
  })

  it('with a name assigns that member', () => {
    const story = held()
    story.expect({ type: 'transfer', departmentId: 'sales', agentId: 'cem' }, 'ana')
    expect(story.holder).toBe('sales/cem')
  })

  it('keeps its note as a message of the ticket', () => {
    const story = held()
    const entries = story.expect({ type: 'transfer', departmentId: 'sales', noteMessageId: 'n1' }, 'ana')
    expect(entries[1]).toMatchObject({ type: 'message.added', details: { messageId: 'n1', kind: 'note' } })
  })

  it('answers although the ticket leaves the caller’s sight', () => {
    const story = held()
    expect(story.do({ type: 'transfer', departmentId: 'sales' }, 'ana').refusal).toBeUndefined()
    expect(story.refused({ type: 'release' }, 'ana').reason).toBe('not-found')
  })

  it('to the same department needs a name', () => {
    expect(held().refused({ type: 'transfer', departmentId: 'billing' }, 'ana').reason).toBe(
      'same-department',
    )
    const story = held()
    story.expect({ type: 'transfer', departmentId: 'billing', agentId: 'bob' }, 'ana')
    expect(story.holder).toBe('billing/bob')
    expect(story.ticket.lastTransfer).toBeNull()
  })

  it('refuses departments and agents that do not fit, by field', () => {
    expect(held().refused({ type: 'transfer', departmentId: 'gone' }, 'ana')).toMatchObject({
      reason: 'unknown-reference',
      errors: [{ field: 'departmentId' }],
    })
    expect(held().refused({ type: 'transfer', departmentId: 'sales', agentId: 'bob' }, 'ana')).toMatchObject({
      reason: 'unknown-reference',
      errors: [{ field: 'agentId' }],
    })
  })

  it('gives the other department its own time to claim', () => {
    const story = started()
    const at = story.wait(600).now.toISOString()
    story.expect({ type: 'transfer', departmentId: 'sales' }, 'ana')
    expect(story.ticket.unclaimedSince).toBe(at)
  })
})

describe('release', () => {
  it('puts it back in its department', () => {
    const story = held()
    story.expect({ type: 'release' }, 'ana')
    expect(story.holder).toBe('billing/-')
    expect(story.ticket).toMatchObject({ lastAgentId: 'ana', unclaimedSince: story.ticket.updatedAt })
  })

  it('is for what is one’s own; an admin may release anything that somebody holds', () => {
    expect(held().refused({ type: 'release' }, 'bob').reason).toBe('forbidden')
    expect(held().do({ type: 'release' }, 'boss').refusal).toBeUndefined()
    expect(started().refused({ type: 'release' }, 'boss').reason).toBe('not-assigned')
  })
})

describe('take_over', () => {
  const takeOver: Command = { type: 'take_over', reason: 'Ana is ill' }
  const allowed = (): DirectoryPlan => ({ ...team(), departments: { billing: { membersMayTakeOver: true } } })

  it('takes it from another agent, with a reason', () => {
    const story = held(allowed())
    const [entry] = story.expect(takeOver, 'bob')
    expect(story.holder).toBe('billing/bob')
    expect(entry).toMatchObject({ cause: { type: 'take_over' }, reason: 'Ana is ill' })
    expect(story.ticket.responsibility.reason).toBe('Ana is ill')
  })

  it('needs the right', () => {
    expect(held().refused(takeOver, 'bob').reason).toBe('forbidden')
    const plan = team()
    plan.agents.boss = { role: 'admin', in: ['billing'] }
    expect(held(plan).do(takeOver, 'boss').refusal).toBeUndefined()
  })

  it('needs a reason', () => {
    expect(held(allowed()).refused({ type: 'take_over', reason: ' ' }, 'bob')).toMatchObject({
      reason: 'invalid-request',
      errors: [{ field: 'reason' }],
    })
  })

  it('needs somebody else who holds it', () => {
    expect(started(allowed()).refused(takeOver, 'bob').reason).toBe('not-assigned')
    expect(held(allowed()).refused(takeOver, 'ana').reason).toBe('already-claimed')
  })

  it('makes no one responsible who is no member', () => {
    expect(held().refused(takeOver, 'boss').reason).toBe('unknown-reference')
  })
})

describe('return', () => {
  const transferred = (plan = team()): Story => {
    const story = held(plan)
    story.expect({ type: 'transfer', departmentId: 'sales' }, 'ana')
    return story
  }

  it('sends it back to whoever transferred it', () => {
    const story = transferred()
    const entries = story.expect({ type: 'return', noteMessageId: 'n1' }, 'cem')
    expect(story.holder).toBe('billing/ana')
    expect(story.cause).toEqual({ type: 'return' })
    expect(types(entries)).toEqual(['responsibility.changed', 'message.added'])
  })

  it('sends it to their department and nobody when they may no longer have it', () => {
    const story = transferred()
    story.plan = { ...team(), agents: { ...team().agents, ana: { in: ['sales'] } } }
    story.expect({ type: 'return' }, 'cem')
    expect(story.holder).toBe('billing/-')
  })

  it('sends it to the department and nobody when no agent had transferred it', () => {
    const story = held()
    story.expect({ type: 'transfer', departmentId: 'sales' }, keyWith('tickets:write'))
    story.expect({ type: 'return' }, 'cem')
    expect(story.holder).toBe('billing/-')
  })

  it('works once for one transfer', () => {
    const story = transferred()
    story.expect({ type: 'return' }, 'cem')
    expect(story.refused({ type: 'return' }, 'ana').reason).toBe('nothing-to-return')
    expect(started().refused({ type: 'return' }, 'ana').reason).toBe('nothing-to-return')
  })

  it('has nowhere to go when the department is gone, or when the ticket is there already', () => {
    const story = transferred()
    story.plan = { departments: { sales: {} }, agents: team().agents }
    expect(story.refused({ type: 'return' }, 'cem').reason).toBe('nothing-to-return')
    const back = transferred()
    back.plan = {
      ...team(),
      agents: { ...team().agents, ana: { in: ['billing'] }, cem: { in: ['sales', 'billing'] } },
    }
    back.expect({ type: 'transfer', departmentId: 'billing' }, 'cem')
    back.expect({ type: 'return' }, 'ana')
    expect(back.holder).toBe('sales/cem')
  })
})

describe('the only agent', () => {
  const alone = (): DirectoryPlan => ({ departments: { billing: {}, sales: {} }, agents: { ana: {} } })

  it.each<[string, Command]>([
    ['release', { type: 'release' }],
    ['transfer', { type: 'transfer', departmentId: 'sales' }],
  ])('gets a ticket back at once after %s', (_, command) => {
    const story = new Story(alone()).create()
    const entries = story.expect(command, 'ana')
    expect(entries.map(({ cause }) => cause.type)).toEqual([command.type, 'solo_account'])
    expect(story.ticket.responsibility.agentId).toBe('ana')
    expect(entries[0]?.at).toBe(entries[1]?.at)
  })

  it('keeps what is assigned when a second one joins; new tickets are nobody’s', () => {
    const story = new Story(alone()).create()
    story.plan = { ...alone(), agents: { ana: { in: ['billing'] }, bob: {} } }
    expect(story.recheck('solo_account')).toEqual([])
    expect(story.holder).toBe('billing/ana')
    expect(new Story(story.plan).create().holder).toBe('billing/-')
  })

  it('gets the open unassigned tickets when one is left', () => {
    const story = started()
    story.plan = { ...team(), agents: { ana: { in: ['sales'] } } }
    story.recheck('solo_account')
    expect(story.holder).toBe('billing/ana')
    expect(story.cause).toEqual({ type: 'solo_account' })
  })

  it('gets what others held when they leave', () => {
    const story = held()
    story.plan = { ...team(), agents: { ana: { in: ['billing'], status: 'removed' }, bob: {} } }
    const entries = story.recheck()
    expect(entries.map(({ cause }) => cause.type)).toEqual(['membership_change', 'solo_account'])
    expect(story.holder).toBe('billing/bob')
  })

  it('does not get what is done with', () => {
    const story = started()
    story.expect({ type: 'close' }, 'boss')
    story.plan = { ...team(), agents: { ana: { in: ['billing'] } } }
    expect(story.recheck('solo_account')).toEqual([])
  })
})

describe('somebody who leaves', () => {
  const without = (status: string): DirectoryPlan => ({
    ...team(),
    agents: { ...team().agents, ana: { in: ['billing'], status } },
  })

  it.each(['suspended', 'removed'])('keeps no ticket when %s', (status) => {
    const story = held()
    story.plan = without(status)
    const [entry] = story.recheck()
    expect(story.holder).toBe('billing/-')
    expect(entry).toMatchObject({ actor: { type: 'system' }, cause: { type: 'membership_change' } })
  })

  it('keeps no ticket of a department that they left', () => {
    const story = held()
    story.plan = { ...team(), agents: { ...team().agents, ana: { in: ['sales'] } } }
    story.recheck()
    expect(story.holder).toBe('billing/-')
  })

  it('is named with who started it when it is an off-boarding', () => {
    const story = held()
    story.plan = without('removed')
    const startedBy = { type: 'agent', id: 'boss', name: 'Boss' } as const
    story.expect(
      { type: 'recheck', because: 'offboarding', offboardingId: 'o1', startedBy },
      { actor: { type: 'system' } },
    )
    expect(story.cause).toEqual({ type: 'offboarding', offboardingId: 'o1', startedBy })
  })

  it('may do nothing any more', () => {
    const story = held()
    story.plan = without('suspended')
    expect(story.refused({ type: 'release' }, 'ana').reason).toBe('not-found')
  })

  it('loses even a closed ticket', () => {
    const story = held()
    story.expect({ type: 'close' }, 'boss')
    story.plan = without('removed')
    story.recheck()
    expect(story.ticket.status).toBe('closed')
    expect(story.holder).toBe('billing/-')
  })

  it('changes nothing for the others', () => {
    const story = held()
    expect(story.recheck()).toEqual([])
    expect(story.recheck('settings')).toEqual([])
  })
})

describe('every command', () => {
  it('is refused on a stale revision, with the current one', () => {
    const story = held()
    expect(story.refused({ type: 'release' }, 'ana', { expectedRevision: 1 })).toMatchObject({
      reason: 'stale-revision',
      current: { revision: 2, agentId: 'ana' },
    })
    expect(story.do({ type: 'release' }, 'ana', { expectedRevision: 2 }).refusal).toBeUndefined()
  })

  it('is asked for permission before anything else', () => {
    const story = held()
    const bad: Command = { type: 'transfer', departmentId: 'gone', agentId: 'ghost' }
    expect(story.refused(bad, 'cem', { expectedRevision: 9 }).reason).toBe('not-found')
    expect(story.refused({ type: 'delete' }, 'ana', { expectedRevision: 9 }).reason).toBe('forbidden')
  })

  const handed: Command[] = [
    { type: 'claim' },
    { type: 'assign', agentId: 'bob' },
    { type: 'transfer', departmentId: 'sales' },
    { type: 'release' },
    { type: 'return' },
    { type: 'take_over', reason: 'x' },
  ]
  it.each(handed)('$type does not move a ticket that is done with', (command) => {
    for (const end of ['close', 'spam', 'delete'] as const) {
      const plan = team()
      plan.agents.boss = { role: 'owner', in: ['billing'] }
      const story = started(plan)
      story.expect({ type: end }, 'boss')
      expect(story.refused(command, 'boss')).toMatchObject({
        reason: 'wrong-status',
        current: { revision: 1 },
      })
    }
  })

  it('of the system’s own is nobody else’s', () => {
    expect(held().refused({ type: 'tick' }, 'boss').reason).toBe('forbidden')
    expect(held().refused({ type: 'claim' }, CONTACT_AUTHORITY).reason).toBe('not-found')
  })
})
