import {
  type Entry,
  type Holder,
  mayNotify,
  NOTICE_CHANNELS,
  NOTICE_EVENTS,
  type NoticeChannel,
  type NoticeInput,
  noticeActors,
} from '@onus/workflows-contract'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Candidate, type PlanFacts, type PlannedNotice, planNotices } from './plan.ts'

const AT = '2026-03-02T10:00:00.000Z'
const SYSTEM = { type: 'system' } as const
const CONTACT = { type: 'contact', id: 'c1' } as const
const agent = (id: string) => ({ type: 'agent', id, name: id.toUpperCase() }) as const

const entry = (over: Partial<Entry>): Entry => ({
  sequence: 1,
  at: AT,
  type: 'message.added',
  actor: SYSTEM,
  cause: { type: 'update' },
  ...over,
})
const reply = (over: Partial<Entry> = {}) =>
  entry({
    actor: CONTACT,
    cause: { type: 'reply' },
    details: { messageId: 'm1', authorType: 'contact', kind: 'public' },
    ...over,
  })
const moved = (to: Holder, over: Partial<Entry> = {}) =>
  entry({ type: 'responsibility.changed', cause: { type: 'assign' }, to, ...over })
const reopened = (over: Partial<Entry> = {}) => entry({ type: 'reopened', cause: { type: 'reply' }, ...over })
const status = (from: string, to: string) => entry({ type: 'status.changed', from, to })
const overdue = (then: string) =>
  entry({ type: 'claim.overdue', cause: { type: 'claim_timeout' }, details: { then } })
const rule = (...notify: object[]) =>
  entry({ type: 'rule.applied', cause: { type: 'rule', ruleId: 'r', version: 1 }, details: { notify } })
const created = (over: Partial<Entry> = {}) =>
  entry({ type: 'created', actor: CONTACT, cause: { type: 'created' }, ...over })

const command = (entries: Entry[], before: Holder | null, after: Holder): NoticeInput => ({
  accountId: 'acc',
  ticketId: 't1',
  sequence: 5,
  commandType: 'assign',
  entries,
  before,
  after,
})
const chat = (...[entries, before, after]: Parameters<typeof command>): NoticeInput => ({
  ...command(entries, before, after),
  channel: 'chat',
})
const at = (departmentId: string, agentId: string | null = null): Holder => ({ departmentId, agentId })

const person = (agentId: string, over: Partial<Candidate> = {}): Candidate => ({
  agentId,
  canSee: true,
  online: false,
  timeZone: 'UTC',
  rules: [],
  hasDevice: true,
  ...over,
})
const MEMBERS: Record<string, string[]> = { support: ['ann', 'bob', 'cyd'], billing: ['cyd', 'dan'] }
const facts = (
  people: Record<string, Partial<Candidate> | undefined> = {},
  over: Partial<PlanFacts> = {},
) => ({
  now: new Date(AT),
  slack: true,
  membersOf: (id: string) => MEMBERS[id] ?? [],
  admins: () => ['adi'],
  agentByEmail: (email: string) => /^(\w+)@acme\.example$/.exec(email)?.[1],
  candidate: (id: string) => person(id, people[id]),
  ...over,
})

/** `agent event`, for those who are told on a channel. */
const told = (plan: PlannedNotice[], channel: NoticeChannel = 'in_app') =>
  plan
    .filter((line) => line.channel === channel && line.state === 'planned')
    .map((line) => `${line.agentId} ${line.event}`)
    .sort()

it('tells who stands in for somebody of what is theirs', () => {
  const standsInFor = (id: string) => (id === 'ann' ? 'bob' : null)
  const input = command([moved(at('support', 'ann'))], at('support'), at('support', 'ann'))
  expect(told(planNotices(input, facts({}, { standsInFor })))).toEqual([
    'ann ticket_assigned',
    'bob ticket_assigned',
  ])
})

describe('who is told of what', () => {
  const cases: [name: string, input: NoticeInput, expected: string[]][] = [
    [
      'a new ticket in a department: everybody there',
      command([created(), moved(at('support')), reply()], null, at('support')),
      ['ann ticket_new', 'bob ticket_new', 'cyd ticket_new'],
    ],
    [
      'a ticket that is assigned when it is created: only that agent',
      command([created(), moved(at('support', 'ann')), reply()], null, at('support', 'ann')),
      ['ann ticket_assigned'],
    ],
    [
      'an assignment by a colleague',
      command([moved(at('support', 'ann'), { actor: agent('bob') })], at('support'), at('support', 'ann')),
      ['ann ticket_assigned'],
    ],
    [
      'a claim: nobody',
      command([moved(at('support', 'ann'), { actor: agent('ann') })], at('support'), at('support', 'ann')),
      [],
    ],
    [
      'a take-over: nobody but the taker could be told',
      command(
        [moved(at('support', 'ann'), { actor: agent('ann') })],
        at('support', 'bob'),
        at('support', 'ann'),
      ),
      [],
    ],
    [
      'a transfer without an agent: the other department, without who did it',
      command([moved(at('billing'), { actor: agent('cyd') })], at('support', 'ann'), at('billing')),
      ['dan ticket_new'],
    ],
    [
      'a transfer with an agent: only that agent',
      command([moved(at('billing', 'dan'), { actor: agent('ann') })], at('support'), at('billing', 'dan')),
      ['dan ticket_assigned'],
    ],
    [
      'a transfer of a ticket that keeps its agent: they are told',
      command(
        [moved(at('billing', 'cyd'), { actor: agent('ann') })],
        at('support', 'cyd'),
        at('billing', 'cyd'),
      ),
      ['cyd ticket_assigned'],
    ],
    [
      'a release: nobody',
      command([moved(at('support'), { actor: agent('ann') })], at('support', 'ann'), at('support')),
      [],
    ],
    [
      'the contact replies on somebody’s ticket: that agent',
      command([reply()], at('support', 'ann'), at('support', 'ann')),
      ['ann contact_replied'],
    ],
    ['the contact replies on nobody’s ticket: nobody', command([reply()], at('support'), at('support')), []],
    [
      'a reply that reopens and stays with its agent',
      command([reply(), reopened()], at('support', 'ann'), at('support', 'ann')),
      ['ann ticket_reopened_mine', 'bob ticket_reopened_department', 'cyd ticket_reopened_department'],
    ],
    [
      'a reply that reopens to the department',
      command([reply(), reopened(), moved(at('support'))], at('support', 'ann'), at('support')),
      ['ann ticket_reopened_department', 'bob ticket_reopened_department', 'cyd ticket_reopened_department'],
    ],
    [
      'a reply that reopens and is given to another agent',
      command([reply(), reopened(), moved(at('support', 'bob'))], at('support', 'ann'), at('support', 'bob')),
      ['ann ticket_reopened_department', 'bob ticket_assigned', 'cyd ticket_reopened_department'],
    ],
    [
      'a reopening by hand by the holder: only the colleagues',
      command([reopened({ actor: agent('ann') })], at('support', 'ann'), at('support', 'ann')),
      ['bob ticket_reopened_department', 'cyd ticket_reopened_department'],
    ],
    [
      'nobody claims it, a warning: the department',
      command([overdue('warn')], at('support'), at('support')),
      ['ann claim_overdue', 'bob claim_overdue', 'cyd claim_overdue'],
    ],
    [
      'nobody claimed it in time: the department and the admins',
      command([overdue('notify')], at('support'), at('support')),
      ['adi claim_overdue', 'ann claim_overdue', 'bob claim_overdue', 'cyd claim_overdue'],
    ],
    [
      'nobody claimed it and somebody else gets it: only them',
      command([overdue('redistribute'), moved(at('support', 'bob'))], at('support'), at('support', 'bob')),
      ['bob ticket_assigned'],
    ],
    [
      'nobody claimed it and it moves on: who gets it, once, and the admins',
      command([overdue('escalate'), moved(at('billing'))], at('support'), at('billing')),
      ['adi claim_overdue', 'cyd ticket_new', 'dan ticket_new'],
    ],
    [
      'a new chat: it rings',
      chat([created(), moved(at('support')), reply()], null, at('support')),
      ['ann chat_ringing', 'bob chat_ringing', 'cyd chat_ringing'],
    ],
    [
      'a chat that is somebody’s when it is created rings nowhere',
      chat([created(), moved(at('support', 'ann')), reply()], null, at('support', 'ann')),
      ['ann ticket_assigned'],
    ],
    [
      'a chat that moves on rings there',
      chat([moved(at('billing'), { actor: agent('cyd') })], at('support', 'cyd'), at('billing')),
      ['dan chat_ringing'],
    ],
    [
      'a message on somebody’s chat: that agent',
      chat([reply()], at('support', 'ann'), at('support', 'ann')),
      ['ann chat_message'],
    ],
    [
      'a message on a chat that still rings: the department',
      chat([reply()], at('support'), at('support')),
      ['ann chat_message', 'bob chat_message', 'cyd chat_message'],
    ],
    [
      'a chat that nobody took in time',
      chat([overdue('notify')], at('support'), at('support')),
      ['adi claim_overdue', 'ann chat_missed', 'bob chat_missed', 'cyd chat_missed'],
    ],
    [
      'a chat that nobody has taken yet',
      chat([overdue('warn')], at('support'), at('support')),
      ['ann claim_overdue', 'bob claim_overdue', 'cyd claim_overdue'],
    ],
    [
      'a chat that is closed and was nobody’s',
      chat([status('open', 'closed')], at('support'), at('support')),
      ['ann chat_missed', 'bob chat_missed', 'cyd chat_missed'],
    ],
    [
      'a chat that was resolved before: nobody',
      chat([status('resolved', 'closed')], at('support'), at('support')),
      [],
    ],
    [
      'a chat that is closed and was somebody’s: nobody',
      chat([status('open', 'closed')], at('support', 'ann'), at('support', 'ann')),
      [],
    ],
    [
      'a rule that names an agent',
      command([rule({ agentId: 'dan', text: 'Look' })], at('support'), at('support')),
      ['dan rule'],
    ],
    [
      'a rule that names a department, one agent of it and their address: each once',
      command(
        [
          rule({ departmentId: 'billing', text: 'Look' }, { agentId: 'dan', text: 'You too' }),
          rule({ email: 'dan@acme.example', text: 'And by mail' }),
        ],
        at('support'),
        at('support'),
      ),
      ['cyd rule', 'dan rule'],
    ],
    [
      'a rule, an assignment and a reply at once: the strongest',
      command(
        [reply(), rule({ agentId: 'ann', text: 'Look' }), moved(at('support', 'ann'))],
        at('support'),
        at('support', 'ann'),
      ),
      ['ann ticket_assigned'],
    ],
    [
      'an automatic reply: nobody',
      command(
        [reply({ details: { authorType: 'contact', automatic: true } })],
        at('support', 'ann'),
        at('support', 'ann'),
      ),
      [],
    ],
    [
      'a new ticket by a machine: nobody',
      command(
        [created({ details: { automatic: true } }), moved(at('support', 'ann'))],
        null,
        at('support', 'ann'),
      ),
      [],
    ],
    [
      'off-boarding: nobody for each ticket',
      command(
        [moved(at('support', 'bob'), { cause: { type: 'offboarding', offboardingId: 'o1' } })],
        at('support', 'ann'),
        at('support', 'bob'),
      ),
      [],
    ],
    [
      'off-boarding: the successor, once of all',
      command(
        [
          moved(at('support', 'bob'), {
            cause: { type: 'offboarding', offboardingId: 'o1' },
            details: { summary: { tickets: 12 } },
          }),
        ],
        at('support', 'ann'),
        at('support', 'bob'),
      ),
      ['bob ticket_assigned'],
    ],
    [
      'spam: nobody',
      command(
        [created(), moved(at('support')), entry({ type: 'status.changed', to: 'spam' })],
        null,
        at('support'),
      ),
      [],
    ],
    [
      'a reply on a ticket that is spam: nobody',
      { ...command([reply()], at('support', 'ann'), at('support', 'ann')), status: 'spam' },
      [],
    ],
    [
      'a note: nobody',
      command(
        [entry({ actor: agent('bob'), details: { messageId: 'm', authorType: 'agent', kind: 'note' } })],
        at('support', 'ann'),
        at('support', 'ann'),
      ),
      [],
    ],
  ]
  it.each(cases)('%s', (_name, input, expected) => {
    expect(told(planNotices(input, facts()))).toEqual(expected)
    if (expected.length) expect(mayNotify(input)).toBe(true)
  })

  it('starts nothing for a command that only its doer could be told of', () => {
    const claim = command(
      [moved(at('support', 'ann'), { actor: agent('ann') })],
      at('support'),
      at('support', 'ann'),
    )
    expect(mayNotify(claim)).toBe(false)
    expect(mayNotify(command([reply()], at('support'), at('support')))).toBe(false)
  })
})

describe('on which channels', () => {
  const reopening = command([reply(), reopened()], at('support', 'ann'), at('support', 'ann'))

  it.each(NOTICE_CHANNELS)('tells of an assignment on %s by default', (channel) => {
    const input = command([moved(at('support', 'ann'))], at('support'), at('support', 'ann'))
    expect(told(planNotices(input, facts()), channel)).toEqual(['ann ticket_assigned'])
  })

  it.each(['email', 'slack'] as const)(
    'tells the holder on %s of the reply, since reopenings are off there',
    (channel) => {
      const plan = planNotices(reopening, facts())
      expect(told(plan, channel)).toEqual(['ann contact_replied'])
      const ann = plan.filter((line) => line.agentId === 'ann' && line.channel === channel)
      expect(ann.map(({ event, state, reason }) => [event, state, reason])).toEqual([
        ['ticket_reopened_mine', 'suppressed', 'preference'],
        ['contact_replied', 'planned', undefined],
        ['ticket_reopened_department', 'suppressed', 'preference'],
      ])
    },
  )

  it('tells of the strongest event once a person turned it on, and says what it stood for', () => {
    const rules = [{ event: 'ticket_reopened_mine', channel: 'email', when: 'always' }]
    const plan = planNotices(reopening, facts({ ann: { rules } }))
    expect(told(plan, 'email')).toEqual(['ann ticket_reopened_mine'])
    expect(plan).toContainEqual({
      agentId: 'ann',
      channel: 'email',
      event: 'contact_replied',
      state: 'suppressed',
      reason: 'coalesced',
    })
  })

  it('plans nothing on a channel that cannot reach them', () => {
    const input = command([moved(at('support', 'ann'))], at('support'), at('support', 'ann'))
    const plan = planNotices(input, facts({ ann: { hasDevice: false } }, { slack: false }))
    expect(plan.map((line) => line.channel)).toEqual(['email', 'in_app'])
  })
})

describe('preferences', () => {
  const input = command([created(), moved(at('support'))], null, at('support'))
  const email = (when: string, departmentId?: string) => ({
    event: 'ticket_new',
    channel: 'email',
    departmentId,
    when,
  })
  const ann = (candidate: Partial<Candidate>) =>
    told(planNotices(input, facts({ ann: candidate })), 'email').includes('ann ticket_new')

  it.each([
    ['always', false, true],
    ['always', true, true],
    ['not_online', false, true],
    ['not_online', true, false],
    ['never', false, false],
  ])('%s, online: %s', (when, online, expected) => {
    expect(ann({ rules: [email(when)], online })).toBe(expected)
  })

  it('puts the department’s own rule before the general one, in any order', () => {
    expect(ann({ rules: [email('never'), email('always', 'support')] })).toBe(true)
    expect(ann({ rules: [email('always', 'support'), email('never')] })).toBe(true)
    expect(ann({ rules: [email('always'), email('never', 'support')] })).toBe(false)
    expect(ann({ rules: [email('never', 'billing')] })).toBe(true)
  })

  it('leaves the other channels and events alone', () => {
    const plan = planNotices(input, facts({ ann: { rules: [email('never')] } }))
    expect(told(plan, 'slack')).toContain('ann ticket_new')
  })

  const quietHours = { from: '09:00', to: '11:30' }
  const linesOf = (candidate: Partial<Candidate>, given = input) =>
    planNotices(given, facts({ ann: candidate }))
      .filter((line) => line.agentId === 'ann')
      .map(({ channel, event, state, reason, digestAt }) =>
        [channel, event, state, reason ?? digestAt?.toISOString()].filter(Boolean).join(' '),
      )

  it('keeps quiet in quiet hours, but for the feed', () => {
    expect(linesOf({ quietHours })).toEqual([
      'email ticket_new suppressed quiet_hours',
      'slack ticket_new suppressed quiet_hours',
      'push ticket_new suppressed quiet_hours',
      'in_app ticket_new planned',
    ])
  })

  it('holds what a digest is for, until after the quiet hours', () => {
    const digest = { every: 'PT30M' }
    const held = (time: string) => [
      `email ticket_new planned 2026-03-02T${time}:00.000Z`,
      `slack ticket_new planned 2026-03-02T${time}:00.000Z`,
      `push ticket_new planned 2026-03-02T${time}:00.000Z`,
      'in_app ticket_new planned',
    ]
    expect(linesOf({ digest })).toEqual(held('10:30'))
    expect(linesOf({ digest, quietHours })).toEqual(held('11:30'))
    expect(linesOf({ digest, quietHours, timeZone: 'Asia/Tokyo' })).toEqual(held('10:30'))
  })

  it('lets a chat ring in spite of a digest, and not in the night', () => {
    const ringing = chat([created(), moved(at('support'))], null, at('support'))
    const push = (candidate: Partial<Candidate>) =>
      linesOf(candidate, ringing).filter((line) => line.startsWith('push chat_ringing'))
    expect(push({ digest: { every: 'PT1H' } })).toEqual(['push chat_ringing planned'])
    expect(push({ digest: { every: 'PT1H' }, quietHours })).toEqual([
      'push chat_ringing planned 2026-03-02T11:30:00.000Z',
    ])
  })
})

describe('every cell of the table', () => {
  const EVERYWHERE = ['email', 'slack', 'push', 'in_app']
  const NOISY = ['push', 'in_app']
  const mine = [at('support', 'ann'), at('support', 'ann')] as const
  const cells: [event: string, input: NoticeInput, on: string[]][] = [
    ['ticket_assigned', command([moved(mine[1])], at('support'), mine[1]), EVERYWHERE],
    ['contact_replied', command([reply()], ...mine), EVERYWHERE],
    ['ticket_new', command([created(), moved(at('support'))], null, at('support')), EVERYWHERE],
    ['ticket_reopened_department', command([reopened()], at('support'), at('support')), NOISY],
    ['ticket_reopened_mine', command([reopened()], ...mine), NOISY],
    ['chat_ringing', chat([created(), moved(at('support'))], null, at('support')), NOISY],
    ['chat_message', chat([reply()], ...mine), NOISY],
    ['chat_missed', chat([status('open', 'closed')], at('support'), at('support')), NOISY],
    ['claim_overdue', command([overdue('notify')], at('support'), at('support')), EVERYWHERE],
  ]
  const isTold = (event: string, channel: NoticeChannel, input: NoticeInput, ann: Partial<Candidate>) =>
    told(planNotices(input, facts({ ann })), channel).includes(`ann ${event}`)

  it('is there', () => {
    expect(cells.map(([event]) => event).sort()).toEqual([...NOTICE_EVENTS].sort())
  })

  it.each(cells.flatMap((cell) => NOTICE_CHANNELS.map((channel) => [...cell, channel] as const)))(
    '%s %#: default, always, not online, never, and for one department',
    (event, input, on, channel) => {
      const rule = (when: string, departmentId?: string) => ({ event, channel, when, departmentId })
      const say = (ann: Partial<Candidate>) => isTold(event, channel, input, ann)
      expect(say({ rules: [] })).toBe(on.includes(channel))
      expect(say({ rules: [rule('always')] })).toBe(true)
      expect(say({ rules: [rule('not_online')], online: false })).toBe(true)
      expect(say({ rules: [rule('not_online')], online: true })).toBe(false)
      expect(say({ rules: [rule('never')] })).toBe(false)
      expect(say({ rules: [rule('never'), rule('always', 'support')] })).toBe(true)
      expect(say({ rules: [rule('always'), rule('never', 'support')] })).toBe(false)
      expect(say({ rules: [rule('always', 'support'), rule('never', 'billing')] })).toBe(true)
    },
  )
})

describe('a rule', () => {
  const told_ = (entries: Entry[], people = {}) =>
    planNotices(command(entries, at('support'), at('support')), facts(people))

  it('is heard in spite of preferences, quiet hours and digests', () => {
    const plan = told_([rule({ agentId: 'ann', text: 'Fire' })], {
      ann: { quietHours: { from: '00:00', to: '23:59' }, digest: { every: 'P1D' } },
    })
    expect(
      plan.map(({ channel, event, state, digestAt, text }) => [channel, event, state, digestAt, text]),
    ).toEqual(NOTICE_CHANNELS.map((channel) => [channel, 'rule', 'planned', undefined, 'Fire']))
  })

  it('has its say in the notice that stands for it', () => {
    const entries = [moved(at('support', 'ann')), rule({ agentId: 'ann', text: 'Fire' })]
    const plan = planNotices(command(entries, at('support'), at('support', 'ann')), facts())
    const mail = plan.filter(({ channel }) => channel === 'email')
    expect(mail).toMatchObject([
      { event: 'ticket_assigned', state: 'planned', text: 'Fire' },
      { event: 'rule', state: 'suppressed', reason: 'coalesced' },
    ])
  })

  it('that names somebody in three ways, an assignment and a reply together are one notice on a channel', () => {
    const entries = [
      reply(),
      moved(at('support', 'ann')),
      rule({ agentId: 'ann', text: 'You' }, { departmentId: 'support', text: 'All' }),
      rule({ email: 'ann@acme.example', text: 'Your address' }),
    ]
    const facts_ = facts({}, { agentByEmail: (email) => (email.startsWith('ann@') ? 'ann' : undefined) })
    const plan = planNotices(command(entries, at('support'), at('support', 'ann')), facts_)
    const hers = plan.filter(({ agentId }) => agentId === 'ann')
    const sent = hers.filter(({ state }) => state === 'planned')
    expect(sent.map(({ channel, event }) => [channel, event])).toEqual(
      NOTICE_CHANNELS.map((channel) => [channel, 'ticket_assigned']),
    )
    expect(sent.find(({ channel }) => channel === 'email')?.text).toBe('You\nAll\nYour address')
    expect(
      hers.filter(({ state }) => state !== 'planned').every(({ reason }) => reason === 'coalesced'),
    ).toBe(true)
  })

  it('does not tell who may not see the ticket', () => {
    const plan = told_([rule({ agentId: 'dan', text: 'Fire' })], { dan: { canSee: false } })
    expect(plan.every(({ reason }) => reason === 'not_visible')).toBe(true)
  })

  it('writes to a Slack channel and to an address once each', () => {
    const plan = told_([
      rule({ slackChannel: '#ops', text: 'Fire' }, { email: 'Boss@elsewhere.example', text: 'Fire' }),
      rule({ slackChannel: '#ops', text: 'Water' }, { email: 'boss@elsewhere.example', text: 'Fire' }),
    ])
    expect(plan).toEqual([
      {
        event: 'rule',
        channel: 'slack',
        agentId: '',
        target: { type: 'slack_channel', address: '#ops' },
        state: 'planned',
        text: 'Fire\nWater',
      },
      {
        event: 'rule',
        channel: 'email',
        agentId: '',
        target: { type: 'email', address: 'Boss@elsewhere.example' },
        state: 'planned',
        text: 'Fire',
      },
    ])
  })

  it('takes no nonsense from an entry', () => {
    expect(told_([rule({ text: 'Fire' }, { agentId: 'ann' }, { agentId: 7, text: 'x' })])).toEqual([])
    expect(told_([entry({ type: 'rule.applied', details: { notify: 'x' } })])).toEqual([])
  })
})

it('says in the ledger who was not told because they did it, or may not see it', () => {
  const input = command([moved(at('support'), { actor: agent('ann') })], at('billing'), at('support'))
  const plan = planNotices(input, facts({ bob: { canSee: false } }))
  const reasons = (id: string) =>
    new Set(plan.filter((line) => line.agentId === id).map((line) => line.reason))
  expect(reasons('ann')).toEqual(new Set(['own_action']))
  expect(reasons('bob')).toEqual(new Set(['not_visible']))
  expect(told(plan)).toEqual(['cyd ticket_new'])
})

const PEOPLE = ['ann', 'bob', 'cyd', 'dan', 'eve']
const anyHolder = fc.record({
  departmentId: fc.constantFrom('support', 'billing'),
  agentId: fc.option(fc.constantFrom(...PEOPLE), { nil: null }),
})
const anyActor = fc.oneof(
  fc.constant(SYSTEM),
  fc.constant(CONTACT),
  fc.constantFrom(...PEOPLE).map((id) => agent(id)),
)
const anyEntry = fc.record({
  sequence: fc.nat(),
  at: fc.constant(AT),
  type: fc.constantFrom<Entry['type']>(
    'created',
    'message.added',
    'responsibility.changed',
    'status.changed',
    'reopened',
    'claim.overdue',
    'tags.changed',
    'rule.applied',
  ),
  actor: anyActor,
  cause: fc.constantFrom<Entry['cause']>({ type: 'assign' }, { type: 'reply' }, { type: 'claim_timeout' }),
  details: fc.record(
    {
      authorType: fc.constantFrom('contact', 'agent'),
      then: fc.constantFrom('warn', 'notify', 'escalate'),
      notify: fc.array(
        fc.oneof(
          fc.record({ text: fc.string(), agentId: fc.constantFrom(...PEOPLE) }),
          fc.record({ text: fc.string(), departmentId: fc.constantFrom('support', 'billing') }),
          fc.record({ text: fc.string(), email: fc.constantFrom('ann@acme.example', 'x@other.example') }),
          fc.record({ text: fc.string(), slackChannel: fc.constantFrom('#ops', '#OPS') }),
        ),
        { maxLength: 4 },
      ),
    },
    { requiredKeys: ['authorType'] },
  ),
})
const anyRule = fc.record({
  event: fc.constantFrom(...NOTICE_EVENTS),
  channel: fc.constantFrom(...NOTICE_CHANNELS),
  departmentId: fc.option(fc.constantFrom('support', 'billing'), { nil: undefined }),
  when: fc.constantFrom('always', 'not_online', 'never'),
})
const anyPerson = fc.record({
  canSee: fc.boolean(),
  online: fc.boolean(),
  hasDevice: fc.boolean(),
  timeZone: fc.constantFrom('UTC', 'Asia/Kathmandu', 'America/St_Johns'),
  quietHours: fc.option(fc.record({ from: fc.constant('22:00'), to: fc.constant('08:00') }), {
    nil: undefined,
  }),
  digest: fc.option(fc.record({ every: fc.constantFrom('PT1H', 'P1D') }), { nil: undefined }),
  rules: fc.array(anyRule, { maxLength: 6 }),
})

it('holds for every command, directory and set of preferences', () => {
  fc.assert(
    fc.property(
      fc.array(anyEntry, { minLength: 1, maxLength: 6 }),
      fc.option(anyHolder, { nil: null }),
      anyHolder,
      fc.array(anyPerson, { minLength: PEOPLE.length, maxLength: PEOPLE.length }),
      fc.dictionary(fc.constantFrom('support', 'billing'), fc.uniqueArray(fc.constantFrom(...PEOPLE))),
      fc.constantFrom('email' as const, 'chat' as const),
      (entries, before, after, people, members, ticketChannel) => {
        const input = { ...command(entries, before, after), channel: ticketChannel }
        const candidate = (id: string) => {
          const traits = people[PEOPLE.indexOf(id)]
          return traits && { ...traits, agentId: id }
        }
        const plan = planNotices(input, facts({}, { candidate, membersOf: (id) => members[id] ?? [] }))
        const planned = plan.filter((line) => line.state === 'planned')
        const place = (line: PlannedNotice) => line.agentId || line.target?.address.toLowerCase()
        const places = planned.map((line) => `${place(line)} ${line.channel}`)
        expect(new Set(places).size).toBe(places.length)
        const actors = noticeActors(input)
        for (const line of planned) {
          expect(actors.has(line.agentId)).toBe(false)
          if (line.agentId) expect(candidate(line.agentId)?.canSee).toBe(true)
          if (line.channel === 'in_app') expect(line.digestAt).toBeUndefined()
        }
        for (const line of plan) expect(line.state === 'suppressed').toBe(line.reason !== undefined)
        const lines = plan.map((line) => `${place(line)} ${line.channel} ${line.event}`)
        expect(new Set(lines).size).toBe(lines.length)
        if (planned.length) expect(mayNotify(input)).toBe(true)
      },
    ),
    { numRuns: 2000 },
  )
}, 60_000)
