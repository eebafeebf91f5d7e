import { describe, expect, it } from 'vitest'
import { compileRules, evaluate } from './evaluate.ts'
import { exampleRule, exampleRules, FACTS, refusal } from './examples.ts'
import type { Condition } from './model.ts'

const fits = (condition: Condition, values: object): boolean =>
  evaluate(
    compileRules(exampleRules({ conditions: [[condition]] })),
    'ticket_created',
    values as Record<string, unknown>,
    FACTS,
  ).effects.length === 1

const TICKET = {
  channel: 'email',
  subject: 'Broken Öl pump, order 4711',
  body: 'Dear all,\nthe pump is BROKEN.\nJ. Müller',
  from: 'Jane Müller <jane@customer.example>',
  to: ['Support <help@acme.example>', 'pay@acme.example'],
  cc: [],
  tags: ['VIP', 'pump'],
  priority: 'normal',
  status: 'new',
  language: 'de',
  departmentId: 'billing',
  agentId: null,
  'contact.email': 'jane@customer.example',
  'fields.amount': 250,
  'fields.plan': 'Gold',
  'fields.due': '2026-05-01',
  'fields.paid': false,
  'fields.empty': '',
  fields: { nested: 'yes' },
}

describe('a condition that fits', () => {
  it.each<[string, string, unknown]>([
    ['channel', 'is', 'email'],
    ['channel', 'is', 'EMAIL'],
    ['channel', 'is_not', 'chat'],
    ['channel', 'in', ['chat', 'email']],
    ['subject', 'is', 'broken öl PUMP, order 4711'],
    ['subject', 'contains', 'PUMP'],
    ['subject', 'contains', 'ÖL'],
    ['subject', 'not_contains', 'refund'],
    ['subject', 'starts_with', 'broken'],
    ['subject', 'matches', 'order \\d{4}$'],
    ['subject', 'matches', '^BROKEN'],
    ['subject', 'exists', true],
    ['body', 'contains', 'is broken'],
    ['body', 'matches', '(?m)^the pump'],
    ['from', 'is', 'jane@customer.example'],
    ['from', 'is', 'Jane Müller <JANE@customer.example>'],
    ['from', 'contains', '@customer.'],
    ['from', 'in', ['x@y.example', 'jane@customer.example']],
    ['to', 'is', 'help@acme.example'],
    ['to', 'is', 'pay@acme.example'],
    ['to', 'starts_with', 'pay@'],
    ['to', 'is_not', 'other@acme.example'],
    ['cc', 'exists', false],
    ['cc', 'is_not', 'boss@acme.example'],
    ['cc', 'not_contains', '@'],
    ['tags', 'is', 'vip'],
    ['tags', 'contains', 'vip'],
    ['tags', 'not_contains', 'vi'],
    ['tags', 'in', ['spam', 'pump']],
    ['tags', 'starts_with', 'pu'],
    ['tags', 'matches', '^p.mp$'],
    ['priority', 'is', 'normal'],
    ['priority', 'gt', 'low'],
    ['priority', 'lt', 'urgent'],
    ['status', 'is', 'new'],
    ['language', 'is', 'de'],
    ['departmentId', 'is', 'billing'],
    ['departmentId', 'in', ['support', 'billing']],
    ['agentId', 'exists', false],
    ['agentId', 'is_not', 'anna'],
    ['contact.email', 'is', 'Jane@Customer.example'],
    ['contact.email', 'matches', '@customer\\.example$'],
    ['fields.amount', 'is', 250],
    ['fields.amount', 'is', '250'],
    ['fields.amount', 'gt', 249.5],
    ['fields.amount', 'lt', '1000'],
    ['fields.plan', 'is', 'gold'],
    ['fields.plan', 'contains', 'OL'],
    ['fields.due', 'lt', '2026-05-02'],
    ['fields.due', 'gt', '2026-04-30T23:59:59Z'],
    ['fields.paid', 'is', false],
    ['fields.paid', 'exists', undefined],
    ['fields.empty', 'exists', false],
    ['fields.other', 'exists', false],
    ['fields.nested', 'is', 'yes'],
  ])('%s %s %j', (field, op, value) => {
    expect(fits({ field, op, value }, TICKET)).toBe(true)
  })
})

describe('a condition that does not fit', () => {
  it.each<[string, string, unknown]>([
    ['channel', 'is', 'chat'],
    ['channel', 'is_not', 'email'],
    ['channel', 'in', ['chat']],
    ['subject', 'is', 'broken'],
    ['subject', 'contains', 'refund'],
    ['subject', 'not_contains', 'PUMP'],
    ['subject', 'starts_with', 'pump'],
    ['subject', 'matches', '^pump'],
    ['subject', 'exists', false],
    ['from', 'is', 'jane'],
    ['to', 'is_not', 'pay@acme.example'],
    ['to', 'not_contains', 'help'],
    ['cc', 'is', 'boss@acme.example'],
    ['cc', 'exists', true],
    ['cc', 'contains', '@'],
    ['tags', 'contains', 'vi'],
    ['tags', 'is_not', 'Pump'],
    ['priority', 'gt', 'normal'],
    ['priority', 'lt', 'normal'],
    ['departmentId', 'is_not', 'billing'],
    ['agentId', 'is', 'anna'],
    ['agentId', 'exists', true],
    ['fields.amount', 'gt', 250],
    ['fields.amount', 'lt', 250],
    ['fields.amount', 'gt', '2020-01-01'],
    ['fields.plan', 'gt', 1],
    ['fields.due', 'gt', 5],
    ['fields.other', 'is', 'x'],
    ['fields.other', 'gt', 0],
    ['fields.paid', 'is', true],
  ])('%s %s %j', (field, op, value) => {
    expect(fits({ field, op, value }, TICKET)).toBe(false)
  })

  it('a ticket that nobody has placed is in the default department', () => {
    const condition = { field: 'departmentId', op: 'is', value: 'support' }
    expect(fits(condition, { departmentId: null })).toBe(true)
    expect(fits(condition, {})).toBe(true)
  })
})

describe('groups', () => {
  const yes = { field: 'channel', op: 'is', value: 'email' }
  const no = { field: 'channel', op: 'is', value: 'chat' }
  it.each([
    [[], true],
    [[[yes]], true],
    [[[no]], false],
    [[[yes, no]], false],
    [[[yes, yes]], true],
    [[[no], [yes]], true],
    [[[yes, no], [no]], false],
    [
      [
        [yes, no],
        [yes, yes],
      ],
      true,
    ],
  ])('%#', (conditions, expected) => {
    const rules = compileRules(exampleRules({ conditions }))
    expect(evaluate(rules, 'ticket_created', TICKET, FACTS).effects.length === 1).toBe(expected)
  })
})

describe('a condition that is refused', () => {
  const refused = (conditions: unknown) => refusal(() => exampleRules(exampleRule({ conditions })))

  it.each<[unknown, string]>([
    ['always', 'conditions'],
    [[{ field: 'channel', op: 'is', value: 'email' }], 'conditions[0]'],
    [[[]], 'conditions[0]'],
    [[['channel']], 'conditions[0][0]'],
    [[[{ field: 'colour', op: 'is', value: 'x' }]], 'conditions[0][0].field'],
    [[[{ field: 'agentPresence', op: 'is', value: 'asleep' }]], 'conditions[0][0].value'],
    [[[{ field: 'agentPresence', op: 'contains', value: 'on' }]], 'conditions[0][0].op'],
    [[[{ field: 'withinHours', op: 'is', value: 'yes' }]], 'conditions[0][0].value'],
    [[[{ field: 'withinHours', op: 'is' }]], 'conditions[0][0].value'],
    [[[{ field: 'withinHours', op: 'in', value: [true] }]], 'conditions[0][0].op'],
    [[[{ field: 'channel', op: 'matches', value: 'e.*' }]], 'conditions[0][0].op'],
    [[[{ field: 'departmentId', op: 'starts_with', value: 'su' }]], 'conditions[0][0].op'],
    [[[{ field: 'status', op: 'gt', value: 'new' }]], 'conditions[0][0].op'],
    [[[{ field: 'subject', op: 'is', value: 5 }]], 'conditions[0][0].value'],
    [[[{ field: 'tags', op: 'contains', value: true }]], 'conditions[0][0].value'],
    [[[{ field: 'fields.x', op: 'is', value: {} }]], 'conditions[0][0].value'],
    [[[{ field: 'fields.', op: 'is', value: 'x' }]], 'conditions[0][0].field'],
    [[[{ op: 'is', value: 'x' }]], 'conditions[0][0].field'],
    [[[{ field: 'constructor', op: 'is', value: 'x' }]], 'conditions[0][0].field'],
    [[[{ field: 'subject', op: 'like', value: 'x' }]], 'conditions[0][0].op'],
    [[[{ field: 'subject', op: 'toString', value: 'x' }]], 'conditions[0][0].op'],
    [[[{ field: 'subject', value: 'x' }]], 'conditions[0][0].op'],
    [[[{ field: 'subject', op: 'is' }]], 'conditions[0][0].value'],
    [[[{ field: 'subject', op: 'is', value: '' }]], 'conditions[0][0].value'],
    [[[{ field: 'subject', op: 'is', value: ['x'] }]], 'conditions[0][0].value'],
    [[[{ field: 'subject', op: 'contains', value: { x: 1 } }]], 'conditions[0][0].value'],
    [[[{ field: 'subject', op: 'is', value: 'x'.repeat(1001) }]], 'conditions[0][0].value'],
    [[[{ field: 'subject', op: 'in', value: 'x' }]], 'conditions[0][0].value'],
    [[[{ field: 'subject', op: 'in', value: [] }]], 'conditions[0][0].value'],
    [[[{ field: 'subject', op: 'in', value: ['x', null] }]], 'conditions[0][0].value[1]'],
    [[[{ field: 'subject', op: 'gt', value: 1 }]], 'conditions[0][0].op'],
    [[[{ field: 'tags', op: 'lt', value: 1 }]], 'conditions[0][0].op'],
    [[[{ field: 'fields.x', op: 'gt', value: 'many' }]], 'conditions[0][0].value'],
    [[[{ field: 'fields.x', op: 'gt', value: '2026-13-45' }]], 'conditions[0][0].value'],
    [[[{ field: 'subject', op: 'exists', value: 'yes' }]], 'conditions[0][0].value'],
    [[[{ field: 'subject', op: 'matches', value: '(' }]], 'conditions[0][0].value'],
    [[[{ field: 'subject', op: 'matches', value: '(?=x)' }]], 'conditions[0][0].value'],
    [[[{ field: 'subject', op: 'matches', value: '(a)\\1' }]], 'conditions[0][0].value'],
    [[[{ field: 'subject', op: 'matches', value: '((a{100}){100}){100}' }]], 'conditions[0][0].value'],
    [[[{ field: 'subject', op: 'matches', value: 5 }]], 'conditions[0][0].value'],
    [[[{ field: 'channel', op: 'is', value: 'fax' }]], 'conditions[0][0].value'],
    [[[{ field: 'priority', op: 'gt', value: 'huge' }]], 'conditions[0][0].value'],
    [[[{ field: 'status', op: 'in', value: ['new', 'old'] }]], 'conditions[0][0].value[1]'],
    [[[{ field: 'subject', op: 'is', value: 'x', not: true }]], 'conditions[0][0].not'],
    [
      [
        [{ field: 'subject', op: 'is', value: 'x' }],
        [
          { field: 'subject', op: 'exists' },
          { field: 'x', op: 'is', value: 'y' },
        ],
      ],
      'conditions[1][1].field',
    ],
  ])('%j at %s', (conditions, field) => {
    expect(refused(conditions)).toMatchObject({ reason: 'invalid-request', fields: [field] })
  })

  it.each<[string, unknown, string]>([
    ['departmentId', 'gone', 'conditions[0][0].value'],
    ['agentId', 'gone', 'conditions[0][0].value'],
    ['agentId', 'rob', 'conditions[0][0].value'],
  ])('names %s %j that is not there', (field, value, path) => {
    expect(refused([[{ field, op: 'is', value }]])).toMatchObject({
      reason: 'unknown-reference',
      fields: [path],
    })
  })

  it('says what would be supported', () => {
    expect(refused([[{ field: 'mood', op: 'is', value: true }]]).messages[0]).toContain('channel, subject')
    expect(refused([[{ field: 'channel', op: 'matches', value: 'x' }]]).messages[0]).toBe(
      '"matches" does not work on channel; use one of is, is_not, in, exists.',
    )
  })
})

describe('what the directory knows', () => {
  const facts = {
    ...FACTS,
    agent: (id: string) => ({ name: id, status: 'active', presence: id === 'anna' ? 'away' : 'online' }),
    department: (id: string) => ({
      name: id,
      hours: {
        timeZone: 'Europe/Berlin',
        holidays: ['2026-03-03'],
        mon: { intervals: [{ from: '09:00', to: '12:00' }] },
        tue: { intervals: [{ from: '09:00', to: '12:00' }] },
        fri: { intervals: [{ from: '22:00', to: '02:00' }] },
        sun: { intervals: [{ from: '20:00', to: '24:00' }] },
      },
    }),
  }
  const holds = (condition: Condition, values: object, more: Partial<typeof facts> = {}) =>
    evaluate(
      compileRules(exampleRules({ conditions: [[condition]] })),
      'ticket_created',
      values as Record<string, unknown>,
      { ...facts, ...more },
    ).effects.length === 1

  it('is the presence of the agent who is responsible', () => {
    const away = { field: 'agentPresence', op: 'is', value: 'away' }
    expect(holds(away, { agentId: 'anna' })).toBe(true)
    expect(holds(away, { agentId: 'bob' })).toBe(false)
    expect(holds(away, { agentId: null })).toBe(false)
    expect(holds({ field: 'agentPresence', op: 'is_not', value: 'online' }, { agentId: null })).toBe(true)
    expect(holds({ field: 'agentPresence', op: 'exists', value: false }, {})).toBe(true)
    expect(holds({ field: 'agentPresence', op: 'in', value: ['away', 'online'] }, { agentId: 'bob' })).toBe(
      true,
    )
  })

  it.each([
    ['2026-03-02T08:00:00Z', true],
    ['2026-03-02T07:59:59Z', false],
    ['2026-03-02T10:59:59Z', true],
    ['2026-03-02T11:00:00Z', false],
    // A holiday.
    ['2026-03-03T09:00:00Z', false],
    // Friday's hours reach into Saturday.
    ['2026-03-06T23:30:00Z', true],
    ['2026-03-07T00:30:00Z', true],
    ['2026-03-07T01:00:00Z', false],
    ['2026-03-08T22:59:00Z', true],
    ['2026-03-08T23:00:00Z', false],
    // Summer time.
    ['2026-03-30T07:00:00Z', true],
    ['2026-03-30T06:59:00Z', false],
  ])('is whether the department works: at %s %s', (at, open) => {
    const is = (value: boolean) => holds({ field: 'withinHours', op: 'is', value }, {}, { now: new Date(at) })
    expect(is(true)).toBe(open)
    expect(is(false)).toBe(!open)
  })

  it('says that a department without hours always works', () => {
    const condition = { field: 'withinHours', op: 'is', value: true }
    const department = (id: string) => ({ ...facts.department(id), hours: undefined as never })
    expect(holds(condition, {}, { department })).toBe(true)
  })
})

it('a nasty pattern on a long text ends soon', () => {
  const condition = { field: 'body', op: 'matches', value: '(a+)+$' }
  const began = performance.now()
  expect(fits(condition, { body: `${'a'.repeat(20_000)}!` })).toBe(false)
  expect(performance.now() - began).toBeLessThan(3000)
})
