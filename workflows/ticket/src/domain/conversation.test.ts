import { REOPEN_POLICIES } from '@onus/workflows-contract'
import { describe, expect, it } from 'vitest'
import type { DirectoryPlan } from '../testing/directory.ts'
import { CONTACT_AUTHORITY, keyWith, Story, SYSTEM_AUTHORITY, types } from '../testing/story.ts'

type Department = DirectoryPlan['departments'][string]

const team = (billing: Department = {}): DirectoryPlan => ({
  departments: { billing, sales: {} },
  agents: {
    ana: { in: ['billing'] },
    bob: { in: ['billing'] },
    boss: { role: 'admin' },
  },
})
const started = (billing?: Department): Story => new Story(team(billing)).create()
const reply = (story: Story, automatic?: boolean) =>
  story.expect(
    { type: 'contact_reply', messageId: 'r', ...(automatic ? { automatic } : {}) },
    CONTACT_AUTHORITY,
  )
const answer = (story: Story, by: string) => story.expect({ type: 'answer', messageId: 'a' }, by)

describe('an answer', () => {
  it('of a member takes over an unassigned ticket and makes it answered', () => {
    const story = started()
    const entries = answer(story, 'ana')
    expect(types(entries)).toEqual(['message.added', 'responsibility.changed', 'status.changed'])
    expect(entries[0]?.details).toEqual({ messageId: 'a', authorType: 'agent', kind: 'public' })
    expect(story.holder).toBe('billing/ana')
    expect(story.cause).toEqual({ type: 'answer' })
    expect(story.ticket).toMatchObject({ status: 'answered', waitingSince: null, unclaimedSince: null })
  })

  it('to somebody else’s ticket does not take it', () => {
    const story = started()
    story.expect({ type: 'claim' }, 'ana')
    expect(types(answer(story, 'bob'))).toEqual(['message.added', 'status.changed'])
    expect(story.holder).toBe('billing/ana')
  })

  it('to somebody else’s ticket is refused where only the owner answers', () => {
    const story = started({ onlyOwnerAnswers: true })
    answer(story, 'ana')
    expect(story.refused({ type: 'answer', messageId: 'b' }, 'bob')).toMatchObject({
      reason: 'only-owner-answers',
      current: { agentId: 'ana' },
    })
    answer(story, 'ana')
    expect(
      started({ onlyOwnerAnswers: true }).refused({ type: 'answer', messageId: 'b' }, 'boss').reason,
    ).toBe('only-owner-answers')
  })

  it('of an admin who is no member takes nothing over', () => {
    const story = started()
    answer(story, 'boss')
    expect(story.holder).toBe('billing/-')
    expect(story.ticket.status).toBe('answered')
  })

  it('leaves resolved resolved; what was postponed comes back as answered', () => {
    const story = started()
    story.expect({ type: 'resolve' }, 'ana')
    answer(story, 'ana')
    expect(story.ticket.status).toBe('resolved')
    const later = started()
    later.expect({ type: 'postpone', until: '2026-03-03T09:00:00Z' }, 'ana')
    answer(later, 'ana')
    expect(later.ticket.status).toBe('postponed')
    later.at('2026-03-03T09:00:00Z').tick()
    expect(later.ticket.status).toBe('answered')
  })

  it.each(['close', 'spam', 'delete'] as const)('needs a reopening after %s', (end) => {
    const story = started()
    story.expect({ type: end }, 'boss')
    expect(story.refused({ type: 'answer', messageId: 'a' }, 'boss').reason).toBe('wrong-status')
  })
})

describe('a note', () => {
  it.each(['claim', 'resolve', 'close', 'spam'] as const)('changes nothing else after %s', (type) => {
    const plan = team()
    plan.agents.boss = { role: 'admin', in: ['billing'] }
    const story = new Story(plan).create()
    story.expect({ type }, 'boss')
    const before = story.ticket
    const [entry, ...more] = story.expect({ type: 'note', messageId: 'n' }, 'boss')
    expect(more).toEqual([])
    expect(entry?.details).toEqual({ messageId: 'n', authorType: 'agent', kind: 'note' })
    expect(story.ticket).toEqual({ ...before, sequence: 5, commandNumber: 3, updatedAt: entry?.at })
  })
})

describe('a contact’s reply', () => {
  it('leaves new and open as they are', () => {
    const story = started()
    expect(types(reply(story))).toEqual(['message.added'])
    expect(story.ticket.status).toBe('new')
    answer(story, 'ana')
    reply(story)
    expect(types(reply(story))).toEqual(['message.added'])
    expect(story.ticket.status).toBe('open')
  })

  it('opens answered and postponed, without a reopening', () => {
    const story = started()
    answer(story, 'ana')
    const [, status, ...more] = reply(story)
    expect(status).toMatchObject({
      type: 'status.changed',
      from: 'answered',
      to: 'open',
      cause: { type: 'reply' },
    })
    expect(more).toEqual([])
    story.expect({ type: 'postpone', until: '2026-03-09T09:00:00Z' }, 'ana')
    expect(types(reply(story))).toEqual(['message.added', 'status.changed'])
    expect(story.ticket).toMatchObject({ status: 'open', postponed: null })
    expect(story.holder).toBe('billing/ana')
  })

  it('by a machine only adds its message', () => {
    for (const end of ['resolve', 'close'] as const) {
      const story = started()
      answer(story, 'ana')
      story.expect({ type: end }, 'boss')
      const [entry, ...more] = reply(story, true)
      expect(more).toEqual([])
      expect(entry).toMatchObject({ cause: { type: 'auto_reply' }, details: { automatic: true } })
      expect(story.ticket).toMatchObject({ waitingSince: null })
      expect(story.holder).toBe('billing/ana')
    }
  })

  it('to spam stays spam, to a deleted ticket is refused', () => {
    const story = started()
    story.expect({ type: 'spam' }, 'ana')
    expect(types(reply(story))).toEqual(['message.added'])
    expect(story.ticket).toMatchObject({ status: 'spam', waitingSince: null })
    story.expect({ type: 'delete' }, 'boss')
    expect(story.refused({ type: 'contact_reply', messageId: 'r' }, CONTACT_AUTHORITY).reason).toBe(
      'wrong-status',
    )
  })

  it('may be written in the contact’s name, and says by whom', () => {
    const story = started()
    const [entry] = story.expect({ type: 'contact_reply', messageId: 'r' }, keyWith('contact:write'))
    expect(entry).toMatchObject({
      actor: { type: 'contact', id: 'c1' },
      details: { authorType: 'contact', writtenBy: { type: 'api_client', id: 'k1' } },
    })
    expect(story.refused({ type: 'contact_reply', messageId: 'r' }, 'ana').reason).toBe('forbidden')
    expect(story.do({ type: 'contact_reply', messageId: 'r' }, 'boss').refusal).toBeUndefined()
  })

  it('starts the waiting again, from the first message that nobody answered', () => {
    const story = started()
    answer(story, 'ana')
    const first = story.now.toISOString()
    reply(story)
    reply(story)
    expect(story.ticket.waitingSince).toBe(first)
  })
})

describe('a reopening', () => {
  const resolved = (policy: string, end: 'resolve' | 'close' = 'resolve'): Story => {
    const story = started({ reopenPolicy: policy })
    answer(story, 'ana')
    story.expect({ type: end }, 'boss')
    return story
  }
  const away = (story: Story): void => {
    story.plan = {
      ...story.plan,
      agents: { ...story.plan.agents, ana: { in: ['billing'], presence: 'away' } },
    }
  }
  const gone = (story: Story): void => {
    story.plan = { ...story.plan, agents: { ...story.plan.agents, ana: { in: ['sales'] } } }
  }

  it.each(['resolve', 'close'] as const)('after %s has its status, its event and its policy', (end) => {
    const story = resolved('keep', end)
    const entries = reply(story)
    expect(types(entries)).toEqual(['message.added', 'status.changed', 'reopened'])
    expect(entries[2]).toMatchObject({
      cause: { type: 'reply' },
      details: { policy: 'keep', outcome: 'kept', previousStatus: end === 'resolve' ? 'resolved' : 'closed' },
    })
    expect(story.ticket).toMatchObject({ status: 'open', resolvedAt: null })
  })

  it.each<[string, string, (story: Story) => void, string]>([
    ['keep', 'kept', () => {}, 'billing/ana'],
    ['keep', 'kept', away, 'billing/ana'],
    ['keep', 'not_member', gone, 'billing/-'],
    ['keep_if_available', 'kept', () => {}, 'billing/ana'],
    ['keep_if_available', 'away', away, 'billing/-'],
    ['keep_if_available', 'not_member', gone, 'billing/-'],
    ['department', 'policy', () => {}, 'billing/-'],
    ['redistribute', 'policy', () => {}, 'billing/-'],
  ])('with %s: %s', (policy, outcome, change, holder) => {
    const story = resolved(policy)
    change(story)
    const entries = reply(story)
    expect(story.holder).toBe(holder)
    expect(entries.find(({ type }) => type === 'reopened')?.details).toMatchObject({ policy, outcome })
    const moved = entries.filter(({ type }) => type === 'responsibility.changed')
    expect(moved.map(({ cause }) => cause)).toEqual(
      outcome === 'kept' ? [] : [{ type: 'reopen_policy', policy, outcome }],
    )
    expect(story.ticket.lastAgentId).toBe(outcome === 'kept' ? null : 'ana')
  })

  it.each([...REOPEN_POLICIES])(
    'with %s of a ticket that nobody held changes no responsibility',
    (reopenPolicy) => {
      const story = started({ reopenPolicy })
      story.expect({ type: 'resolve' }, 'ana')
      const entries = reply(story)
      expect(types(entries)).toEqual(['message.added', 'status.changed', 'reopened'])
      expect(entries[2]?.details?.outcome).toBe('unassigned')
      expect(story.ticket.unclaimedSince).toBe(story.ticket.updatedAt)
    },
  )

  it('an unknown policy is the default one', () => {
    const story = resolved('unheard_of')
    expect(reply(story)[2]?.details).toMatchObject({ policy: 'keep_if_available', outcome: 'kept' })
  })

  it('gives it to whom the distribution chooses, and says why', () => {
    const story = resolved('redistribute')
    const candidates = [{ agentId: 'bob', outcome: 'chosen' as const, reason: 'free' }]
    Object.assign(story.plan.departments.billing ?? {}, { distribution: { strategy: 'weighted', on: [] } })
    story.choose = () => ({ agentId: 'bob', candidates })
    const entries = reply(story)
    expect(story.holder).toBe('billing/bob')
    expect(entries.at(-1)?.details).toEqual({ candidates, occasion: 'reopened' })
  })

  it('by hand follows the same policy', () => {
    const story = resolved('department')
    const entries = story.expect({ type: 'reopen' }, 'bob')
    expect(types(entries)).toEqual(['status.changed', 'reopened', 'responsibility.changed'])
    expect(entries[0]).toMatchObject({ cause: { type: 'reopen' }, actor: { id: 'bob' } })
    expect(story.holder).toBe('billing/-')
  })

  it('is the only agent’s when nobody else is left', () => {
    const story = resolved('department')
    story.plan = { departments: { billing: { reopenPolicy: 'department' } }, agents: { bob: {} } }
    reply(story)
    expect(story.holder).toBe('billing/bob')
    expect(story.cause).toEqual({ type: 'solo_account' })
  })

  it('of spam by hand is none', () => {
    const story = started()
    story.expect({ type: 'spam' }, 'ana')
    expect(types(story.expect({ type: 'reopen' }, 'ana'))).toEqual(['status.changed'])
    expect(story.ticket.status).toBe('open')
  })

  it('by hand needs something that is done with', () => {
    for (const end of ['claim', 'note'] as const) {
      const story = started()
      story.expect(end === 'claim' ? { type: 'claim' } : { type: 'note', messageId: 'n' }, 'ana')
      expect(story.refused({ type: 'reopen' }, 'ana').reason).toBe('wrong-status')
    }
    const deleted = started()
    deleted.expect({ type: 'delete' }, 'boss')
    expect(deleted.refused({ type: 'reopen' }, 'boss').reason).toBe('wrong-status')
  })

  it('of a closed ticket by the system is a reopening as well', () => {
    const story = resolved('keep', 'close')
    expect(types(story.expect({ type: 'contact_reply', messageId: 'r' }, SYSTEM_AUTHORITY))).toContain(
      'reopened',
    )
  })
})
