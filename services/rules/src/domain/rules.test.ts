import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { exampleRule, exampleRules, FACTS, refusal, SAVE, storedRules } from './examples.ts'
import { emptyRules, type RulesState } from './model.ts'
import { brokenBecause, referencesOf } from './references.ts'
import {
  createRule,
  deleteRule,
  findRule,
  lastVersion,
  type RuleInput,
  setOrder,
  updateRule,
} from './rules.ts'

const create = (more: RuleInput) => refusal(() => exampleRules(more))
const order = (state: RulesState) => state.rules.map(({ id }) => id)
const update = (state: RulesState, id: string, input: RuleInput, mask = Object.keys(input)) =>
  updateRule(state, id, input, mask, SAVE)

describe('a new rule', () => {
  it('is active, without notes, always, at the end', () => {
    const [, rule] = exampleRules({}, { conditions: undefined, name: ' Second ' }).rules
    expect(rule).toEqual({
      id: 'r2',
      active: true,
      name: 'Second',
      notes: '',
      trigger: { type: 'ticket_created' },
      conditions: [],
      actions: [{ type: 'stop' }],
      version: 1,
      updatedAt: SAVE.now,
      updatedBy: SAVE.by,
    })
  })

  it('can be made inactive', () => {
    expect(exampleRules({ active: false }).rules[0]?.active).toBe(false)
  })

  it.each<[string, RuleInput, string]>([
    ['without a name', { name: ' ' }, 'name'],
    ['with a long name', { name: 'x'.repeat(201) }, 'name'],
    ['with a name of two lines', { name: 'a\nb' }, 'name'],
    ['with long notes', { notes: 'x'.repeat(10_001) }, 'notes'],
    ['without a trigger', { trigger: undefined }, 'trigger'],
    ['with a text for a trigger', { trigger: 'ticket_created' }, 'trigger'],
    ['with an unknown trigger', { trigger: { type: 'full_moon' } }, 'trigger.type'],
    ['with a time that does not wait', { trigger: { type: 'older_than' } }, 'trigger.after'],
    ['that waits for no time', { trigger: { type: 'due_in', after: 'PT0S' } }, 'trigger.after'],
    ['that waits for words', { trigger: { type: 'due_in', after: '2 hours' } }, 'trigger.after'],
    ['with a trigger that waits', { trigger: { type: 'ticket_created', after: 'PT1H' } }, 'trigger.after'],
    ['with a trigger of more', { trigger: { type: 'ticket_created', when: 'x' } }, 'trigger.when'],
    ['without actions', { actions: [] }, 'actions'],
    ['with actions left out', { actions: undefined }, 'actions'],
    ['with one action for a list', { actions: { type: 'stop' } }, 'actions'],
    ['with text for an action', { actions: ['stop'] }, 'actions[0]'],
    ['with an unknown action', { actions: [{ type: 'stop' }, { type: 'dance' }] }, 'actions[1].type'],
    ['with an action of an object', { actions: [{ type: 'constructor' }] }, 'actions[0].type'],
    ['with an unknown parameter', { actions: [{ type: 'stop', now: true }] }, 'actions[0].now'],
    ['that transfers nowhere', { actions: [{ type: 'transfer' }] }, 'actions[0].departmentId'],
    ['that assigns nobody', { actions: [{ type: 'assign', agentId: null }] }, 'actions[0].agentId'],
    [
      'with another priority',
      { actions: [{ type: 'set_priority', priority: 'huge' }] },
      'actions[0].priority',
    ],
    ['with no tags', { actions: [{ type: 'add_tags', tags: [] }] }, 'actions[0].tags'],
    ['with one tag for a list', { actions: [{ type: 'add_tags', tags: 'x' }] }, 'actions[0].tags'],
    ['with an empty tag', { actions: [{ type: 'remove_tags', tags: ['x', ''] }] }, 'actions[0].tags[1]'],
    ['with a number for a tag', { actions: [{ type: 'add_tags', tags: [1] }] }, 'actions[0].tags[0]'],
    ['that releases somebody', { actions: [{ type: 'release', agentId: 'anna' }] }, 'actions[0].agentId'],
    ['that sets no status', { actions: [{ type: 'set_status' }] }, 'actions[0].status'],
    ['that makes it new', { actions: [{ type: 'set_status', status: 'new' }] }, 'actions[0].status'],
    [
      'that postpones for ever',
      { actions: [{ type: 'set_status', status: 'postponed' }] },
      'actions[0].status',
    ],
    ['that postpones for no time', { actions: [{ type: 'postpone', for: 'P0D' }] }, 'actions[0].for'],
    ['that postpones for a number', { actions: [{ type: 'postpone', for: 60 }] }, 'actions[0].for'],
    ['that postpones for words', { actions: [{ type: 'postpone', for: 'tomorrow' }] }, 'actions[0].for'],
    ['that needs nothing', { actions: [{ type: 'require_skills', skills: [] }] }, 'actions[0].skills'],
    ['that needs a word', { actions: [{ type: 'require_skills', skills: ['x'] }] }, 'actions[0].skills[0]'],
    [
      'that needs level 6',
      { actions: [{ type: 'require_skills', skills: [{ name: 'French', level: 6 }] }] },
      'actions[0].skills[0].level',
    ],
    [
      'that needs a skill without a name',
      { actions: [{ type: 'require_skills', skills: [{ level: 2 }] }] },
      'actions[0].skills[0].name',
    ],
    [
      'that needs a skill twice',
      { actions: [{ type: 'require_skills', skills: [{ name: 'a' }, { name: 'A', level: 2 }] }] },
      'actions[0].skills[1].name',
    ],
    ['with an empty note', { actions: [{ type: 'add_note', body: ' ' }] }, 'actions[0].body'],
    [
      'with a note of a book',
      { actions: [{ type: 'add_note', body: 'x'.repeat(20_001) }] },
      'actions[0].body',
    ],
    ['that answers nothing', { actions: [{ type: 'answer' }] }, 'actions[0].template'],
    ['that notifies nobody', { actions: [{ type: 'notify', text: 'x' }] }, 'actions[0]'],
    [
      'that notifies two',
      { actions: [{ type: 'notify', agentId: 'anna', email: 'a@b.example', text: 'x' }] },
      'actions[0]',
    ],
    ['that notifies without text', { actions: [{ type: 'notify', agentId: 'anna' }] }, 'actions[0].text'],
    [
      'that notifies with a book',
      { actions: [{ type: 'notify', agentId: 'anna', text: 'x'.repeat(3001) }] },
      'actions[0].text',
    ],
    ...['Billing', '#', 'two words', 'https://slack.com', 5].map(
      (slackChannel): [string, RuleInput, string] => [
        `that notifies the channel ${slackChannel}`,
        { actions: [{ type: 'notify', slackChannel, text: 'x' }] },
        'actions[0].slackChannel',
      ],
    ),
    ...[
      'lead',
      'lead@',
      '@x.example',
      'a..b@x.example',
      'a@x',
      'Lead <a@x.example>',
      'a@x.example,b@x.example',
    ].map((email): [string, RuleInput, string] => [
      `that notifies the address ${email}`,
      { actions: [{ type: 'notify', email, text: 'x' }] },
      'actions[0].email',
    ]),
    ['that calls no webhook', { actions: [{ type: 'webhook' }] }, 'actions[0].webhookId'],
    [
      'that decides twice the status',
      {
        actions: [
          { type: 'set_status', status: 'resolved' },
          { type: 'postpone', for: 'P1D' },
        ],
      },
      'actions[1].type',
    ],
    [
      'that decides twice whose it is',
      {
        actions: [
          { type: 'transfer', departmentId: 'billing' },
          { type: 'assign', agentId: 'anna' },
        ],
      },
      'actions[1].type',
    ],
    [
      'that decides twice how urgent it is',
      { actions: ['low', 'high'].map((priority) => ({ type: 'set_priority', priority })) },
      'actions[1].type',
    ],
  ])('%s is refused', (_, input, field) => {
    expect(create(input)).toMatchObject({ reason: 'invalid-request', fields: [field] })
  })

  it('is told of everything that is wrong', () => {
    expect(create({ name: '', trigger: {}, conditions: [[{}]], actions: [] }).fields).toEqual([
      'name',
      'trigger.type',
      'conditions[0][0].field',
      'conditions[0][0].op',
      'actions',
    ])
  })

  it.each<[string, object, string]>([
    ['a department that is not there', { type: 'transfer', departmentId: 'gone' }, 'actions[0].departmentId'],
    ['an agent who is not there', { type: 'assign', agentId: 'gone' }, 'actions[0].agentId'],
    ['a suspended agent', { type: 'assign', agentId: 'sue' }, 'actions[0].agentId'],
    ['a removed agent', { type: 'transfer', departmentId: 'support', agentId: 'rob' }, 'actions[0].agentId'],
    ['a template that is not there', { type: 'answer', template: 'gone' }, 'actions[0].template'],
    ['a webhook that is not there', { type: 'webhook', webhookId: 'gone' }, 'actions[0].webhookId'],
    ['to notify who is not there', { type: 'notify', agentId: 'gone', text: 'x' }, 'actions[0].agentId'],
    ['to notify nowhere', { type: 'notify', departmentId: 'gone', text: 'x' }, 'actions[0].departmentId'],
    [
      'an agent who is no member',
      { type: 'transfer', departmentId: 'billing', agentId: 'bob' },
      'actions[0].agentId',
    ],
  ])('may not name %s', (_, action, field) => {
    expect(create({ actions: [action] })).toMatchObject({ reason: 'unknown-reference', fields: [field] })
  })

  it('takes every action of the contract', () => {
    const actions = [
      { type: 'transfer', departmentId: 'billing' },
      { type: 'postpone', for: 'P1DT12H' },
      { type: 'set_priority', priority: 'high' },
      { type: 'add_tags', tags: ['a'] },
      { type: 'remove_tags', tags: ['b'] },
      { type: 'require_skills', skills: [{ name: 'French', level: 3 }, { name: 'Law' }] },
      { type: 'add_note', body: 'Seen by a rule' },
      { type: 'answer', template: 'hello' },
      { type: 'notify', agentId: 'anna', text: 'Look' },
      { type: 'notify', departmentId: 'support', text: 'Look' },
      { type: 'notify', slackChannel: '#billing-team', text: 'Look' },
      { type: 'notify', slackChannel: 'C0123456789', text: 'Look' },
      { type: 'notify', email: "o'neil+lead@mail.example.com", text: 'Look' },
      { type: 'webhook', webhookId: 'hook' },
      { type: 'stop' },
    ]
    expect(exampleRules({ actions }).rules[0]?.actions).toEqual(actions)
    const others = [{ type: 'release' }, { type: 'set_status', status: 'resolved' }]
    expect(exampleRules({ actions: others }).rules[0]?.actions).toEqual(others)
  })

  it.each([
    'customer_replied',
    'agent_answered',
    'responsibility_changed',
    'status_changed',
    'tags_changed',
    'ticket_reopened',
  ])('can wait for %s', (type) => {
    expect(exampleRules({ trigger: { type } }).rules[0]?.trigger).toEqual({ type })
    expect(create({ trigger: { type, after: 'PT1H' } }).fields).toEqual(['trigger.after'])
  })

  it.each(['unclaimed_for', 'unanswered_for', 'older_than', 'status_older_than', 'due_in'])(
    'can wait for a time: %s',
    (type) => {
      const trigger = { type, after: 'P1DT2H30M' }
      expect(exampleRules({ trigger }).rules[0]?.trigger).toEqual(trigger)
      for (const after of [undefined, null, '', 'PT', 'P', '-P1D', 'P0D', '1 day', 60, 'P11Y', 'P1D T2H']) {
        expect(create({ trigger: { type, after } }).fields).toEqual(['trigger.after'])
      }
    },
  )

  it('takes null for what is not given', () => {
    const [rule] = exampleRules({
      actions: [{ type: 'transfer', departmentId: 'billing', agentId: null }],
    }).rules
    expect(rule?.actions).toEqual([{ type: 'transfer', departmentId: 'billing' }])
  })

  it.each([
    [1, []],
    [2, ['position']],
    [-1, ['position']],
    [0, []],
    [undefined, []],
  ])('first of all at %s', (position, fields) => expect(create({ position }).fields).toEqual(fields))

  it('takes no place that another rule has', () => {
    const state = exampleRules({}, {})
    const at = (position: number) => refusal(() => createRule(state, 'x', exampleRule({ position }), SAVE))
    expect(at(2)).toMatchObject({ reason: 'invalid-request', fields: ['position'] })
    expect(at(2).messages[0]).toContain('/rules/order')
    expect(at(3).fields).toEqual([])
    expect(at(4).fields).toEqual(['position'])
  })
})

describe('a change', () => {
  const state = exampleRules({ name: 'one' }, { name: 'two' })

  it('is a new version with its author', () => {
    const by = { type: 'agent', id: 'adam', name: 'Adam' } as const
    const after = updateRule(state, 'r1', { name: 'uno', notes: 'x' }, ['name'], {
      ...SAVE,
      by,
      now: 'later',
    })
    expect(after.rules[0]).toEqual({
      ...state.rules[0],
      name: 'uno',
      version: 2,
      updatedBy: by,
      updatedAt: 'later',
    })
    expect(after.rules[1]).toBe(state.rules[1])
  })

  it('that changes nothing is none', () => {
    expect(update(state, 'r1', { name: 'one', active: true })).toBe(state)
    expect(update(state, 'r1', {}, [])).toBe(state)
  })

  it('without a mask changes what is given', () => {
    expect(updateRule(state, 'r1', { name: 'uno' }, undefined, SAVE).rules[0]).toMatchObject({
      name: 'uno',
      version: 2,
    })
  })

  it('checks the rule as it becomes', () => {
    expect(refusal(() => update(state, 'r1', { actions: [] })).fields).toEqual(['actions'])
    expect(refusal(() => update(state, 'r1', { trigger: undefined }, ['trigger'])).fields).toEqual([
      'trigger',
    ])
    expect(refusal(() => update(state, 'r1', {}, ['version'])).fields).toEqual(['version'])
    expect(refusal(() => update(state, 'gone', { name: 'x' })).reason).toBe('not-found')
  })

  it('keeps the place', () => {
    expect(update(state, 'r1', { position: 1, name: 'x' }).rules[0]?.version).toBe(2)
    expect(refusal(() => update(state, 'r1', { position: 2 })).fields).toEqual(['position'])
    expect(refusal(() => update(state, 'r1', { position: 3 })).fields).toEqual(['position'])
    expect(refusal(() => update(state, 'r1', { position: 0 })).fields).toEqual(['position'])
  })

  it('can turn off and rename a broken rule, and not turn it on', () => {
    const broken = storedRules({ actions: [{ type: 'transfer', departmentId: 'gone' }] })
    const off = update(broken, 'r1', { active: false })
    expect(off.rules[0]).toMatchObject({ active: false, version: 2 })
    expect(update(broken, 'r1', { name: 'x' }).rules[0]?.name).toBe('x')
    expect(refusal(() => update(off, 'r1', { active: true })).reason).toBe('unknown-reference')
    const conditions = [[{ field: 'subject', op: 'exists' }]]
    expect(refusal(() => update(broken, 'r1', { conditions })).reason).toBe('unknown-reference')
  })
})

describe('a deleted rule', () => {
  it('leaves no gap, and its history', () => {
    const state = update(exampleRules({}, {}, {}), 'r2', { name: 'x' })
    const after = deleteRule(state, 'r2')
    expect(findRule(after, 'r3').position).toBe(2)
    expect(lastVersion(after, 'r2')).toBe(2)
    expect(lastVersion(after, 'r3')).toBe(1)
    expect(refusal(() => findRule(after, 'r2')).reason).toBe('not-found')
    expect(refusal(() => deleteRule(after, 'r2')).reason).toBe('not-found')
    expect(refusal(() => lastVersion(after, 'gone')).reason).toBe('not-found')
  })
})

describe('the order', () => {
  const state = exampleRules({}, {}, {})

  it.each([
    [['r3', 'r1'], ['ids']],
    [['r3', 'r1', 'r2', 'r4'], ['ids[3]']],
    [
      ['r3', 'r1', 'r3'],
      ['ids[2]', 'ids'],
    ],
    [[], ['ids']],
  ])('%j is refused', (ids, fields) => {
    expect(refusal(() => setOrder(state, ids))).toMatchObject({ reason: 'invalid-request', fields })
  })

  it('says whom it leaves out', () => {
    expect(refusal(() => setOrder(state, ['r1'])).messages[0]).toContain('"A rule" (r2) and 1 more')
  })

  it('is no new version of any rule', () => {
    expect(setOrder(state, ['r3', 'r1', 'r2']).rules).toEqual([
      state.rules[2],
      state.rules[0],
      state.rules[1],
    ])
  })

  it('is the given one, for any permutation, and anything else is refused', () => {
    const ids = ['r1', 'r2', 'r3']
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...ids, 'r4'), { maxLength: 5 }), (given) => {
        const isPermutation = given.length === 3 && ids.every((id) => given.includes(id))
        const refused = refusal(() => setOrder(state, given)).reason
        expect(refused).toBe(isPermutation ? undefined : 'invalid-request')
        if (isPermutation) expect(order(setOrder(state, given))).toEqual(given)
      }),
    )
  })

  it('stays 1 to n whatever happens, and versions only grow', () => {
    const steps = fc.oneof(
      fc.record({ type: fc.constant('create' as const), position: fc.integer({ min: -1, max: 6 }) }),
      fc.record({ type: fc.constant('delete' as const), at: fc.nat(5) }),
      fc.record({ type: fc.constant('rename' as const), at: fc.nat(5), name: fc.constantFrom('a', 'b') }),
      fc.record({ type: fc.constant('order' as const), by: fc.nat(5) }),
    )
    fc.assert(
      fc.property(fc.array(steps, { maxLength: 30 }), (all) => {
        let state = emptyRules('acme')
        const versions = new Map<string, number>()
        all.forEach((step, number) => {
          const id = 'at' in step ? (state.rules[step.at]?.id ?? 'gone') : `r${number}`
          const before = state
          try {
            if (step.type === 'create') state = createRule(state, id, exampleRule(step), SAVE)
            else if (step.type === 'delete') state = deleteRule(state, id)
            else if (step.type === 'rename') state = update(state, id, { name: step.name })
            else
              state = setOrder(
                state,
                order(state).toSorted((a, b) => (a + step.by < b + step.by ? 1 : -1)),
              )
          } catch {
            expect(state).toBe(before)
          }
          const ids = order(state)
          expect(new Set(ids).size).toBe(ids.length)
          ids.forEach((one, at) => {
            expect(findRule(state, one).position).toBe(at + 1)
          })
          for (const { id: one, version } of state.rules) {
            expect(version - (versions.get(one) ?? 0)).toBeLessThanOrEqual(1)
            expect(version).toBeGreaterThanOrEqual(versions.get(one) ?? 1)
            versions.set(one, version)
          }
          for (const [one, version] of versions) expect(lastVersion(state, one)).toBe(version)
        })
      }),
    )
  })
})

describe('a rule that names something', () => {
  const conditions = [
    [{ field: 'departmentId', op: 'in', value: ['support', 'billing'] }],
    [
      { field: 'agentId', op: 'is_not', value: 'bob' },
      { field: 'subject', op: 'is', value: 'support' },
    ],
  ]
  const actions = [
    { type: 'transfer', departmentId: 'billing', agentId: 'anna' },
    { type: 'add_tags', tags: ['x'] },
  ]
  const references = referencesOf({ conditions, actions })

  it('says what and where', () => {
    expect(references).toEqual([
      { kind: 'department', id: 'support', path: 'conditions[0][0].value' },
      { kind: 'department', id: 'billing', path: 'conditions[0][0].value' },
      { kind: 'agent', id: 'bob', path: 'conditions[1][0].value' },
      { kind: 'department', id: 'billing', path: 'actions[0].departmentId' },
      { kind: 'agent', id: 'anna', path: 'actions[0].agentId', memberOf: 'billing' },
    ])
  })

  it('is broken when any of it has gone, and says why', () => {
    expect(brokenBecause(references, FACTS)).toBeNull()
    const without = {
      ...FACTS,
      department: (id: string) => (id === 'billing' ? undefined : FACTS.department(id)),
    }
    expect(brokenBecause(references, without)).toBe(
      'conditions[0][0].value: There is no department "billing".',
    )
    const suspended = {
      ...FACTS,
      agent: (id: string) => ({ name: id, status: id === 'bob' ? 'suspended' : 'active' }),
    }
    expect(brokenBecause(references, suspended)).toBe('conditions[1][0].value: "bob" is suspended.')
    expect(brokenBecause(references, { ...FACTS, isMember: () => false })).toBe(
      'actions[0].agentId: "anna" is no member of "billing".',
    )
  })
})
