import type { Entry } from '@onus/workflows-contract'
import { describe, expect, it } from 'vitest'
import { compileRules } from '../evaluate.ts'
import { exampleRules, FACTS } from '../examples.ts'
import type { RuleInput } from '../rules.ts'
import { waitsFor } from '../waiting.ts'
import type { PastTexts } from './past.ts'
import { type Surroundings, simulate } from './simulate.ts'

const SURROUNDINGS: Surroundings = {
  ...FACTS,
  settings: { defaultDepartmentId: 'support', reopenWindow: 'P7D', timeZone: 'UTC' },
  department: (id: string) =>
    ['support', 'billing'].includes(id)
      ? {
          id,
          name: id,
          reopenPolicy: 'keep',
          onlyOwnerAnswers: false,
          membersMayTakeOver: false,
        }
      : undefined,
  agent: (id: string) =>
    ['anna', 'bob'].includes(id)
      ? {
          id,
          name: id,
          role: 'agent',
          status: 'active',
          presence: 'online',
          leave: [],
          capacity: null,
          skills: [],
        }
      : undefined,
  isMember: (agentId: string, departmentId: string) => agentId === 'anna' || departmentId === 'support',
  soloAgentId: null,
  membersOf: () => [],
} as never

const AT = (minute: number) => `2026-03-02T10:${String(minute).padStart(2, '0')}:00.000Z`
const UNTIL = '2026-03-03T00:00:00.000Z'
const CONTACT = { type: 'contact' as const, id: 'c' }
const agent = (id: string) => ({ type: 'agent' as const, id, name: id })
const SUPPORT = { departmentId: 'support', agentId: null }
const BILLING = { departmentId: 'billing', agentId: null }
const held = (departmentId: string, agentId: string | null) => ({ departmentId, agentId })

type Happened = Omit<Entry, 'sequence'>
const created = (
  more: object = {},
  cause: Entry['cause'] = { type: 'default_department' },
  to = SUPPORT as object,
): Happened[] => [
  {
    at: AT(0),
    type: 'created',
    actor: CONTACT,
    cause: { type: 'created' },
    details: { channel: 'email', number: '1', priority: 'normal', tags: [], contactId: 'c', ...more },
  },
  {
    at: AT(0),
    type: 'responsibility.changed',
    actor: { type: 'system' },
    cause,
    to: to as never,
    revision: 1,
  },
  {
    at: AT(0),
    type: 'message.added',
    actor: CONTACT,
    cause: { type: 'created' },
    details: { messageId: 'm1', authorType: 'contact', kind: 'public' },
  },
]
const moved = (
  minute: number,
  type: string,
  actor: Entry['actor'],
  from: object,
  to: object,
  more: object = {},
): Happened => ({
  at: AT(minute),
  type: 'responsibility.changed',
  actor,
  cause: { type, ...more } as Entry['cause'],
  from: from as never,
  to: to as never,
  revision: 2,
})
const replied = (minute: number, id: string): Happened => ({
  at: AT(minute),
  type: 'message.added',
  actor: CONTACT,
  cause: { type: 'reply' },
  details: { messageId: id, authorType: 'contact', kind: 'public' },
})

const past = (...happened: Happened[]) => ({
  accountId: 'acme',
  ticketId: 't1',
  entries: happened.map((entry, at) => ({ sequence: at + 1, ...entry })),
})
const run = (entries: Happened[], rules: RuleInput[], texts: PastTexts | null = null, until = UNTIL) => {
  const state = exampleRules(...rules)
  const draft = { compiled: compileRules(state), waiting: waitsFor(state) }
  return simulate(past(...entries), draft, SURROUNDINGS, texts, until)!
}
const toBilling: RuleInput = {
  conditions: [[{ field: 'channel', op: 'is', value: 'email' }]],
  actions: [{ type: 'transfer', departmentId: 'billing' }],
}
const claim = moved(5, 'claim', agent('anna'), SUPPORT, held('support', 'anna'))

describe('a ticket of the past, with other rules', () => {
  it('is as it was where no rule has anything to say', () => {
    const outcome = run([...created(), claim, replied(9, 'm2')], [])
    expect(outcome).toMatchObject({ loops: [], before: 'anna', after: 'anna', unknown: [] })
    expect(outcome.differs).toBeUndefined()
    expect(outcome.notices).toEqual([
      { event: 'ticket_new', departmentId: 'support' },
      { event: 'contact_replied', agentId: 'anna' },
    ])
  })

  it('would have been another department’s from the beginning', () => {
    const outcome = run([...created(), claim], [toBilling])
    expect(outcome.differs).toEqual({ ruleId: 'r1', at: AT(0), from: null, to: BILLING, actual: SUPPORT })
    // Nobody of Support could have claimed it in Billing.
    expect(outcome).toMatchObject({ before: 'anna', after: null })
    expect(outcome.notices).toEqual([{ event: 'ticket_new', departmentId: 'billing' }])
  })

  it('goes on as it went after people did what the rule would have done', () => {
    const transfer = moved(3, 'transfer', agent('bob'), SUPPORT, BILLING)
    const later = moved(5, 'claim', agent('anna'), BILLING, held('billing', 'anna'))
    const outcome = run([...created(), transfer, later], [toBilling])
    expect(outcome.differs?.at).toBe(AT(0))
    expect(outcome).toMatchObject({ before: 'anna', after: 'anna' })
  })

  it('would have stayed where it was without the rule of then', () => {
    const cause = { type: 'rule', ruleId: 'old', version: 3 } as const
    const outcome = run(created({}, cause, BILLING), [])
    expect(outcome.differs).toMatchObject({ ruleId: 'old', to: SUPPORT, actual: BILLING })
  })

  it('keeps whom distribution chose', () => {
    const outcome = run(created({}, { type: 'distribution' }, held('support', 'bob')), [])
    expect(outcome.differs).toBeUndefined()
    expect(outcome.after).toBe('bob')
  })

  it('is asked about at every event', () => {
    const rules: RuleInput[] = [
      {
        trigger: { type: 'customer_replied' },
        conditions: [[{ field: 'agentId', op: 'is', value: 'anna' }]],
        actions: [{ type: 'release' }, { type: 'add_tags', tags: ['again'] }],
      },
      {
        trigger: { type: 'tags_changed' },
        conditions: [[{ field: 'tags', op: 'contains', value: 'again' }]],
        actions: [{ type: 'transfer', departmentId: 'billing' }],
      },
    ]
    expect(run([...created(), claim, replied(9, 'm2')], rules).differs).toEqual({
      ruleId: 'r2',
      at: AT(9),
      from: held('support', 'anna'),
      to: BILLING,
      actual: held('support', 'anna'),
    })
  })

  it('is asked about in time', () => {
    const rule: RuleInput = {
      trigger: { type: 'unclaimed_for', after: 'PT2M' },
      actions: [{ type: 'assign', agentId: 'bob' }],
    }
    const outcome = run([...created(), claim], [rule])
    expect(outcome.differs).toMatchObject({ at: AT(2), to: held('support', 'bob'), actual: SUPPORT })
    expect(
      run([...created(), moved(1, 'claim', agent('anna'), SUPPORT, held('support', 'anna'))], [rule]).differs,
    ).toBeUndefined()
    // After the last thing that happened, and not beyond the end of the period.
    const later = { ...rule, trigger: { type: 'unclaimed_for', after: 'PT3H' } }
    expect(run(created(), [later]).differs?.at).toBe('2026-03-02T13:00:00.000Z')
    expect(run(created(), [later], null, AT(30)).differs).toBeUndefined()
  })

  it('tells of loops, and ends', () => {
    const swap = (from: string, to: string): RuleInput => ({
      trigger: { type: 'responsibility_changed' },
      conditions: [[{ field: 'departmentId', op: 'is', value: from }]],
      actions: [{ type: 'transfer', departmentId: to }],
    })
    const outcome = run([...created(), claim], [swap('support', 'billing'), swap('billing', 'support')])
    expect(outcome.loops.length).toBeGreaterThan(0)
    expect(outcome.loops[0]).toMatchObject({ at: AT(0) })
  })

  it('counts the notices of rules by whom they tell', () => {
    const actions = [
      { type: 'notify', slackChannel: '#billing', text: 'x' },
      { type: 'notify', email: 'lead@acme.example', text: 'x' },
    ]
    expect(run(created(), [{ actions }]).notices).toEqual([
      { event: 'ticket_new', departmentId: 'support' },
      { event: 'rule', slackChannel: '#billing' },
      { event: 'rule', email: 'lead@acme.example' },
    ])
  })

  it('is asked for what customers wrote, where that is still kept', () => {
    const rule = (field: string, value: string): RuleInput => ({
      conditions: [[{ field, op: 'contains', value }]],
      actions: [{ type: 'transfer', departmentId: 'billing' }],
    })
    const texts: PastTexts = {
      values: { subject: 'An invoice', 'contact.email': 'jo@x.example', 'fields.plan': 'gold' },
      messages: new Map([['m1', { body: 'Pay me', from: 'jo@x.example', to: [], cc: [] }]]),
    }
    for (const [field, value] of [
      ['subject', 'invoice'],
      ['body', 'pay'],
      ['from', 'jo@'],
      ['contact.email', 'x.example'],
      ['fields.plan', 'gold'],
    ] as const) {
      expect(run(created(), [rule(field, value)], texts).differs?.ruleId).toBe('r1')
      const gone = run(created(), [rule(field, value)])
      expect(gone.differs).toBeUndefined()
      expect(gone.unknown).toEqual([{ ruleId: 'r1', field, reason: 'the ticket is gone' }])
    }
    expect(run(created(), [{ ...rule('body', 'pay') }], { ...texts, messages: new Map() }).unknown).toEqual([
      { ruleId: 'r1', field: 'body', reason: 'the message is gone' },
    ])
  })

  it('does not guess at presence, nor at the opposite', () => {
    const rule: RuleInput = {
      conditions: [[{ field: 'agentPresence', op: 'is_not', value: 'online' }]],
      actions: [{ type: 'transfer', departmentId: 'billing' }],
    }
    const outcome = run(created(), [rule])
    expect(outcome.differs).toBeUndefined()
    expect(outcome.unknown).toMatchObject([{ field: 'agentPresence' }])
  })

  it('that does not begin at its beginning is left out', () => {
    expect(
      simulate(
        past(claim),
        { compiled: compileRules(exampleRules()), waiting: waitsFor(exampleRules()) },
        SURROUNDINGS,
        null,
        UNTIL,
      ),
    ).toBeNull()
  })
})
