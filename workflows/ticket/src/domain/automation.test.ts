import type { Authority, Command, Entry } from '@onus/workflows-contract'
import { describe, expect, it } from 'vitest'
import type { DirectoryPlan } from '../testing/directory.ts'
import { type RulePlan, rulesOf } from '../testing/rules.ts'
import { CONTACT_AUTHORITY, creation, Story, types } from '../testing/story.ts'
import { MAX_DEPTH } from './automation.ts'
import type { RuleAction } from './facts.ts'

const TEAM: DirectoryPlan = {
  departments: { billing: {}, sales: {} },
  agents: {
    ana: { in: ['billing'] },
    bob: { in: ['billing', 'sales'] },
    zoe: { in: ['billing'], status: 'suspended' },
  },
}
const ALONE: DirectoryPlan = { departments: { billing: {}, sales: {} }, agents: { ana: { in: ['billing'] } } }

const storyWith = (rules: RulePlan[], plan: DirectoryPlan = TEAM): Story => {
  const story = new Story(plan).create()
  story.automation = rulesOf(rules)
  return story
}
const on = (trigger: string, ...actions: RuleAction[]): RulePlan => ({ id: 'r1', on: trigger, do: actions })
const tag = (...tags: string[]): RuleAction => ({ type: 'add_tags', tags })
const reply = { type: 'contact_reply', messageId: 'r' } as const
const answer = { type: 'answer', messageId: 'a' } as const
const applied = (entries: readonly Entry[]) => entries.filter(({ type }) => type === 'rule.applied')

describe('an event asks the rules that wait for it', () => {
  it.each<[string, () => [Command, string | Authority]]>([
    ['customer_replied', () => [reply, CONTACT_AUTHORITY]],
    ['agent_answered', () => [answer, 'ana']],
    ['responsibility_changed', () => [{ type: 'claim' }, 'ana']],
    ['status_changed', () => [{ type: 'resolve' }, 'ana']],
    ['tags_changed', () => [{ type: 'update', tags: ['a'] }, 'ana']],
  ])('%s', (trigger, command) => {
    const story = storyWith([on(trigger, tag('seen'))])
    const [what, by] = command()
    const entries = story.expect(what, by)
    expect(story.ticket.tags).toContain('seen')
    const cause = { type: 'rule', ruleId: 'r1', version: 1, ruleName: 'rule r1' }
    expect(entries.slice(-2)).toMatchObject([
      { type: 'rule.applied', actor: { type: 'system' }, cause, details: { trigger, actions: ['add_tags'] } },
      { type: 'tags.changed', actor: { type: 'system' }, cause },
    ])
  })

  it('ticket_reopened, and what else a reply to a resolved ticket is', () => {
    const story = storyWith([
      { ...on('ticket_reopened', tag('reopened')), id: 'r1' },
      { ...on('customer_replied', tag('replied')), id: 'r2' },
      { ...on('status_changed', tag('changed')), id: 'r3' },
    ])
    story.expect({ type: 'resolve' }, 'ana')
    story.expect(reply, CONTACT_AUTHORITY)
    expect(story.ticket.tags).toEqual(['changed', 'reopened', 'replied'])
  })

  it('what a machine writes is no reply, and a first message is no reply either', () => {
    const story = new Story(TEAM)
    story.automation = rulesOf([on('customer_replied', tag('seen'))])
    story.create()
    story.expect({ ...reply, automatic: true }, CONTACT_AUTHORITY)
    expect(story.ticket.tags).toEqual([])
  })

  it('the first responsibility is a change of it', () => {
    const story = new Story(TEAM)
    story.automation = rulesOf([on('responsibility_changed', tag('seen'))])
    story.create()
    expect(story.ticket.tags).toEqual(['seen'])
  })

  it('and sees the ticket as the event left it', () => {
    const seen: unknown[] = []
    const look: RulePlan = {
      ...on('tags_changed', tag('x')),
      when: (values) => {
        seen.push({ ...values })
        return false
      },
    }
    const story = storyWith([look])
    story.expect({ type: 'update', tags: ['a'], fields: { plan: 'gold' } }, 'ana')
    expect(seen).toEqual([
      {
        channel: 'email',
        number: '42',
        departmentId: 'billing',
        agentId: null,
        tags: ['a'],
        priority: 'normal',
        status: 'new',
        'fields.plan': 'gold',
      },
    ])
  })

  it('about the message that it is, or else about the contact’s last one', () => {
    const story = storyWith([])
    const asked: unknown[] = []
    story.automation = {
      events: new Set(['customer_replied', 'agent_answered', 'tags_changed']),
      times: [],
      evaluate: ({ trigger, messageId }) => {
        asked.push([trigger, messageId])
        return []
      },
    }
    story.expect({ ...reply, messageId: 'm2' }, CONTACT_AUTHORITY)
    story.expect(answer, 'ana')
    story.expect({ type: 'update', tags: ['a'] }, 'ana')
    expect(asked).toEqual([
      ['customer_replied', 'm2'],
      ['agent_answered', 'a'],
      ['tags_changed', 'm2'],
    ])
  })

  it('and nothing is asked when no rule waits for it', () => {
    const story = storyWith([])
    story.automation = {
      events: new Set(['ticket_reopened']),
      times: [],
      evaluate: () => {
        throw new Error('was asked')
      },
    }
    expect(types(story.expect({ type: 'claim' }, 'ana'))).toEqual(['responsibility.changed'])
  })
})

describe('actions', () => {
  const after = (actions: RuleAction[], plan = TEAM, prepare = (_: Story) => {}) => {
    const story = storyWith([], plan)
    prepare(story)
    story.automation = rulesOf([on('tags_changed', ...actions)])
    const entries = story.expect({ type: 'update', tags: ['go'] }, 'ana')
    return { story, entries, skipped: applied(entries)[0]?.details?.skipped }
  }
  const claimed = (story: Story) => story.expect({ type: 'claim' }, 'ana')

  it('transfer: to nobody, whoever held it, and it can be returned', () => {
    const { story, entries } = after([{ type: 'transfer', departmentId: 'sales' }], TEAM, claimed)
    expect(story.holder).toBe('sales/-')
    expect(entries.at(-1)).toMatchObject({ revision: 3, from: { agentId: 'ana' }, cause: { type: 'rule' } })
    expect(story.ticket.lastTransfer).toMatchObject({ by: { type: 'system' }, from: { agentId: 'ana' } })
  })

  it('transfer with an agent who is a member there; else nothing of the rule', () => {
    expect(after([{ type: 'transfer', departmentId: 'sales', agentId: 'bob' }]).story.holder).toBe(
      'sales/bob',
    )
    const { story, skipped } = after([{ type: 'transfer', departmentId: 'sales', agentId: 'ana' }, tag('x')])
    expect(story.holder).toBe('billing/-')
    expect(story.ticket.tags).toEqual(['go'])
    expect(skipped).toEqual([{ type: 'transfer', reason: 'agent_not_member' }])
  })

  it('transfer to where it is leaves it with the one who has it', () => {
    const { story, entries } = after([{ type: 'transfer', departmentId: 'billing' }], TEAM, claimed)
    expect(story.holder).toBe('billing/ana')
    expect(applied(entries)).toEqual([])
  })

  it('assign and release', () => {
    expect(after([{ type: 'assign', agentId: 'bob' }]).story.holder).toBe('billing/bob')
    expect(after([{ type: 'assign', agentId: 'zoe' }]).skipped).toEqual([
      { type: 'assign', reason: 'agent_gone' },
    ])
    expect(after([{ type: 'release' }], TEAM, claimed).story.holder).toBe('billing/-')
  })

  it('do not take a ticket from the only agent', () => {
    const { story, skipped } = after([{ type: 'release' }], ALONE)
    expect(story.holder).toBe('billing/ana')
    expect(skipped).toEqual([{ type: 'release', reason: 'solo_account' }])
    expect(after([{ type: 'transfer', departmentId: 'sales' }], ALONE).story.holder).toBe('sales/ana')
  })

  it('set_status along the ways that there are; opening a resolved ticket is a reopening', () => {
    expect(after([{ type: 'set_status', status: 'resolved' }]).story.ticket.status).toBe('resolved')
    const resolved = (story: Story) => story.expect({ type: 'resolve' }, 'ana')
    const { story, entries } = after([{ type: 'set_status', status: 'open' }], TEAM, resolved)
    expect(story.ticket.status).toBe('open')
    expect(types(entries)).toContain('reopened')
    expect(after([{ type: 'set_status', status: 'answered' }], TEAM, resolved).skipped).toEqual([
      { type: 'set_status', reason: 'wrong_status' },
    ])
  })

  it('postpone for a time, from now on', () => {
    const { story } = after([{ type: 'postpone', for: 'P1D' }])
    const { status, postponed, updatedAt } = story.ticket
    expect(status).toBe('postponed')
    expect(Date.parse(postponed?.until ?? '') - Date.parse(updatedAt)).toBe(86_400_000)
    expect(after([{ type: 'postpone', for: 'soon' }]).skipped).toEqual([
      { type: 'postpone', reason: 'invalid' },
    ])
  })

  it('require_skills are kept with the ticket', () => {
    const skills = [{ name: 'French', level: 3 }]
    const { story, entries } = after([{ type: 'require_skills', skills }])
    expect(story.ticket.requiredSkills).toEqual(skills)
    expect(types(entries)).toEqual(['tags.changed', 'rule.applied'])
  })

  it('add_note and answer write messages that entries name', () => {
    const story = storyWith([
      on(
        'tags_changed',
        { type: 'add_note', body: 'Look' },
        { type: 'answer', body: 'Hi', html: '<p>Hi</p>' },
      ),
    ])
    const { messages = [], entries } = story.do({ type: 'update', tags: ['go'] }, 'ana')
    expect(messages.map(({ messageId: _, ...rest }) => rest)).toEqual([
      { author: { type: 'system' }, kind: 'note', body: 'Look' },
      { author: { type: 'system' }, kind: 'public', body: 'Hi', html: '<p>Hi</p>' },
    ])
    const named = entries.flatMap(({ type, details }) => (type === 'message.added' ? [details] : []))
    expect(named).toEqual(messages.map(({ messageId, kind }) => ({ messageId, authorType: 'system', kind })))
    expect(messages[0]?.messageId).toMatch(/^t1-5-1-[0-9a-f]{12}$/)
    expect(messages[1]?.messageId).toMatch(/^t1-5-2-[0-9a-f]{12}$/)
  })

  it('an answer claims nothing, and the contact waits on for a person', () => {
    const { story } = after([{ type: 'answer', body: 'We have it' }])
    expect(story.holder).toBe('billing/-')
    expect(story.ticket).toMatchObject({ status: 'new' })
    expect(story.ticket.waitingSince).not.toBeNull()
  })

  it('no answer goes to a machine, and not to one that hides it for ever', () => {
    const welcome = on('ticket_created', { type: 'answer', body: 'Welcome' })
    const story = new Story(TEAM)
    story.automation = rulesOf([welcome])
    const created = story.expect(creation({ automatic: true }), CONTACT_AUTHORITY)
    expect(applied(created)[0]?.details).toMatchObject({
      actions: [],
      skipped: [{ type: 'answer', reason: 'automatic_message' }],
    })
    const busy = storyWith([on('customer_replied', { type: 'answer', body: 'Thanks' })])
    const answers = Array.from({ length: 7 }, () => busy.expect(reply, CONTACT_AUTHORITY)).map(
      (entries) => applied(entries)[0]?.details?.actions,
    )
    expect(answers.map((actions) => (actions as string[]).length)).toEqual([1, 1, 1, 1, 1, 0, 0])
    busy.wait(86_400)
    expect(applied(busy.expect(reply, CONTACT_AUTHORITY))[0]?.details?.actions).toEqual(['answer'])
  })

  it('notify and webhook are said in the entry, for those who carry them out', () => {
    const { entries } = after([
      { type: 'notify', departmentId: 'sales', text: 'Look' },
      { type: 'webhook', webhookId: 'w1' },
    ])
    expect(applied(entries)[0]?.details).toMatchObject({
      notify: [{ departmentId: 'sales', text: 'Look' }],
      webhooks: ['w1'],
    })
    expect(after([{ type: 'notify', agentId: 'zoe', text: 'Look' }]).skipped).toEqual([
      { type: 'notify', reason: 'agent_gone' },
    ])
  })

  it('what is as the rule wants it is no news', () => {
    expect(types(after([{ type: 'set_priority', priority: 'normal' }, tag('go')]).entries)).toEqual([
      'tags.changed',
    ])
    expect(after([{ type: 'dance' }]).skipped).toEqual([{ type: 'dance', reason: 'unknown_action' }])
  })
})

describe('rules that set each other off', () => {
  const pingPong: RulePlan[] = [
    {
      id: 'there',
      version: 4,
      on: 'responsibility_changed',
      when: ({ departmentId }) => departmentId === 'billing',
      do: [{ type: 'transfer', departmentId: 'sales' }],
    },
    {
      id: 'back',
      on: 'responsibility_changed',
      when: ({ departmentId }) => departmentId === 'sales',
      do: [{ type: 'transfer', departmentId: 'billing' }],
    },
  ]

  it('go on until there is nothing to do', () => {
    const story = storyWith([
      { id: 'r1', on: 'tags_changed', do: [{ type: 'set_priority', priority: 'high' }, tag('urgent')] },
      {
        id: 'r2',
        on: 'tags_changed',
        when: ({ tags }) => (tags as string[]).includes('urgent'),
        do: [{ type: 'assign', agentId: 'bob' }],
      },
      { id: 'r3', on: 'responsibility_changed', do: [tag('given')] },
    ])
    const entries = story.expect({ type: 'update', tags: ['go'] }, 'ana')
    expect(story.ticket).toMatchObject({ tags: ['go', 'urgent', 'given'], priority: 'high' })
    expect(story.holder).toBe('billing/bob')
    expect(applied(entries).map(({ details }) => details?.ruleId)).toEqual(['r1', 'r2', 'r3'])
  })

  it('without end are stopped, once, and it is said which would have been next', () => {
    const story = storyWith(pingPong)
    const entries = story.expect({ type: 'transfer', departmentId: 'sales' }, 'ana')
    expect(applied(entries)).toHaveLength(MAX_DEPTH)
    expect(entries.filter(({ type }) => type === 'rule.loop_stopped')).toHaveLength(1)
    expect(entries.at(-1)).toMatchObject({
      type: 'rule.loop_stopped',
      actor: { type: 'system' },
      cause: { type: 'rule', ruleId: 'back', version: 1 },
      details: { ruleId: 'back', version: 1, ruleName: 'rule back', depth: MAX_DEPTH },
    })
    expect(story.holder).toBe('sales/-')
    const revisions = story.entries.flatMap(({ revision }) => revision ?? [])
    expect(revisions).toEqual(revisions.map((_, index) => index + 1))
  })

  it('on a new ticket are stopped too', () => {
    const story = new Story(TEAM)
    story.automation = rulesOf(pingPong)
    story.create()
    expect(story.entries.at(-1)?.type).toBe('rule.loop_stopped')
  })

  it('and would change nothing at the limit are no loop', () => {
    let acted = 0
    const story = storyWith([
      {
        id: 'r1',
        on: 'tags_changed',
        when: () => {
          acted += 1
          return true
        },
        do: [{ type: 'add_tags', tags: ['x'] }],
      },
    ])
    const entries = story.expect({ type: 'update', tags: ['go'] }, 'ana')
    expect(types(entries)).toEqual(['tags.changed', 'rule.applied', 'tags.changed'])
    expect(acted).toBe(2)
  })
})

describe('rules of several events at once', () => {
  const both: RulePlan[] = [
    { id: 'first', on: 'ticket_reopened', do: [{ type: 'set_priority', priority: 'urgent' }] },
    { id: 'second', on: 'customer_replied', do: [{ type: 'set_priority', priority: 'low' }, tag('second')] },
  ]
  const afterReply = (rules: RulePlan[]) => {
    const story = storyWith(rules)
    story.automation = undefined
    story.expect({ type: 'resolve' }, 'ana')
    story.automation = rulesOf(rules)
    story.expect(reply, CONTACT_AUTHORITY)
    return story.ticket
  }

  it('have one winner for a field, by their own order', () => {
    expect(afterReply(both)).toMatchObject({ priority: 'urgent', tags: ['second'] })
    expect(afterReply([...both].reverse())).toMatchObject({ priority: 'low', tags: ['second'] })
  })

  it('end with stop', () => {
    const stop: RulePlan = { id: 'stop', on: 'status_changed', do: [{ type: 'stop' }] }
    expect(afterReply([both[0] as RulePlan, stop, both[1] as RulePlan])).toMatchObject({
      priority: 'urgent',
      tags: [],
    })
  })
})

describe('rules by time', () => {
  const HOUR = 3600
  const timed = (type: string, after: string, more: Partial<RulePlan> = {}): RulePlan => ({
    id: 'timed',
    on: type,
    after,
    do: [tag('due')],
    ...more,
  })

  it.each([
    ['unclaimed_for', (story: Story) => story.expect({ type: 'claim' }, 'ana')],
    ['unanswered_for', (story: Story) => story.expect(answer, 'ana')],
    ['older_than', (story: Story) => story.expect({ type: 'close' }, { actor: { type: 'system' } })],
    ['status_older_than', (story: Story) => story.expect(answer, 'ana')],
  ])('%s: once, when its time has come', (type) => {
    const story = storyWith([timed(type, 'PT2H')])
    const dueAt = story.ruleDueAt
    expect(dueAt).toBe(new Date(Date.parse(story.ticket.createdAt) + 2 * HOUR * 1000).toISOString())
    expect(story.tick()).toEqual([])
    const [entry] = story.at(dueAt ?? '').tick()
    expect(entry).toMatchObject({
      type: 'rule.applied',
      details: {
        trigger: type,
        actions: ['add_tags'],
        timer: { type, since: story.ticket.createdAt, dueAt },
      },
    })
    expect(entry?.details?.timer).not.toHaveProperty('late')
    story.wait(10 * HOUR)
    expect(story.tick()).toEqual([])
    expect(story.ruleDueAt).toBeUndefined()
  })

  it('does not wait for what is over', () => {
    for (const [type, end] of [
      ['unclaimed_for', { type: 'claim' }],
      ['unanswered_for', answer],
    ] as const) {
      const story = storyWith([timed(type, 'PT2H')])
      story.expect(end, 'ana')
      expect(story.ruleDueAt).toBeUndefined()
    }
    const closed = storyWith([timed('older_than', 'PT2H')])
    closed.expect({ type: 'close' }, { actor: { type: 'system' } })
    expect(closed.ruleDueAt).toBeUndefined()
  })

  it('due_in: so long before the due time, and anew for another one', () => {
    const story = storyWith([timed('due_in', 'PT1H')])
    expect(story.ruleDueAt).toBeUndefined()
    story.expect({ type: 'update', dueAt: '2026-03-03T12:00:00Z' }, 'ana')
    expect(story.ruleDueAt).toBe('2026-03-03T11:00:00.000Z')
    expect(applied(story.at('2026-03-03T11:00:00.000Z').tick())).toHaveLength(1)
    story.expect({ type: 'update', dueAt: '2026-03-04T12:00:00Z', tags: [] }, 'ana')
    expect(story.ruleDueAt).toBe('2026-03-04T11:00:00.000Z')
    story.expect({ type: 'update', dueAt: null }, 'ana')
    expect(story.ticket.dueAt).toBeUndefined()
    expect(story.ruleDueAt).toBeUndefined()
  })

  it('counts in the hours of the department, wherever the ticket is', () => {
    const day = { intervals: [{ from: '09:00', to: '17:00' }] }
    const hours = { timeZone: 'UTC', mon: day, tue: day, holidays: [] }
    const story = storyWith([timed('unclaimed_for', 'PT10H')], {
      ...TEAM,
      departments: { billing: { hours }, sales: {} },
    })
    expect(story.ruleDueAt).toBe('2026-03-03T11:00:00.000Z')
    story.expect({ type: 'transfer', departmentId: 'sales' }, 'ana')
    expect(story.ruleDueAt).toBe('2026-03-02T19:01:00.000Z')
  })

  it('begins anew with a new spell, and with a new version of the rule', () => {
    const story = storyWith([timed('unclaimed_for', 'PT1H', { do: [{ type: 'add_note', body: 'Hurry' }] })])
    story.wait(2 * HOUR)
    expect(applied(story.tick())).toHaveLength(1)
    story.expect({ type: 'claim' }, 'ana')
    story.expect({ type: 'release' }, 'ana')
    story.wait(2 * HOUR)
    expect(applied(story.tick())).toHaveLength(1)
    expect(story.ticket.firedRules).toHaveLength(1)
    story.automation = rulesOf([
      timed('unclaimed_for', 'PT3H', { version: 2, do: [{ type: 'add_note', body: 'Hurry' }] }),
    ])
    story.wait(HOUR)
    expect(applied(story.tick())).toHaveLength(1)
  })

  it('that does not match has its turn when something changes so that it does; that is not late', () => {
    const vip = ({ tags }: Readonly<Record<string, unknown>>) => (tags as string[]).includes('vip')
    const story = storyWith([timed('older_than', 'PT1H', { when: vip })])
    story.wait(2 * HOUR)
    expect(story.tick()).toEqual([])
    story.expect({ type: 'note', messageId: 'n' }, 'ana')
    story.wait(HOUR)
    const entries = story.expect({ type: 'update', tags: ['vip'] }, 'ana')
    expect(applied(entries)).toHaveLength(1)
    expect(applied(entries)[0]?.details?.timer).not.toHaveProperty('late')
  })

  it('that comes late says so', () => {
    const story = storyWith([timed('unclaimed_for', 'PT1H')])
    story.wait(2 * HOUR)
    expect(story.tick()[0]?.details?.timer).toMatchObject({ late: true })
  })

  it('has had its turn also when it found nothing to change', () => {
    const story = storyWith([
      timed('older_than', 'PT1H', { do: [{ type: 'set_priority', priority: 'normal' }] }),
    ])
    story.wait(2 * HOUR)
    expect(story.tick()[0]?.details).toMatchObject({
      actions: [],
      skipped: [{ type: 'set_priority', reason: 'no_change' }],
    })
    story.expect({ type: 'update', priority: 'high' }, 'ana')
    expect(story.ticket.priority).toBe('high')
  })

  it('lets a ticket that is postponed wait for its own time', () => {
    const story = storyWith([timed('unanswered_for', 'PT1H')])
    story.expect({ type: 'postpone', until: '2026-03-05T09:00:00Z' }, 'ana')
    expect(story.ruleDueAt).toBeUndefined()
    expect(applied(story.at('2026-03-05T09:00:00.000Z').tick())).toHaveLength(1)
  })

  it('is asked anew after a change of the rules, by a recheck', () => {
    const story = storyWith([])
    story.wait(2 * HOUR)
    story.automation = rulesOf([timed('older_than', 'PT1H')])
    const [entry] = applied(story.recheck('settings'))
    // The rule is new, not late.
    expect(entry?.details?.timer).not.toHaveProperty('late')
  })
})

describe('departments that escalate to each other', () => {
  it('send a ticket round once', () => {
    const timeout = (toDepartmentId: string) => ({ then: 'escalate', after: 'PT1H', toDepartmentId })
    const story = storyWith([], {
      ...TEAM,
      departments: {
        billing: { claimTimeout: timeout('sales') },
        sales: { claimTimeout: timeout('billing') },
      },
    })
    story.wait(3600)
    story.tick()
    expect(story.holder).toBe('sales/-')
    story.wait(3600)
    expect(story.tick()).toMatchObject([
      {
        type: 'claim.overdue',
        details: { then: 'notify', notEscalated: 'came_from_there', toDepartmentId: 'billing' },
      },
    ])
    expect(story.holder).toBe('sales/-')
    story.expect({ type: 'claim' }, 'bob')
    story.expect({ type: 'release' }, 'bob')
    story.wait(3600)
    story.tick()
    expect(story.holder).toBe('billing/-')
  })
})
