import { expect, it } from 'vitest'
import type { Rule } from '../api/types.ts'
import { type ActionWords, diffLines, restorable, ruleLines } from './rule-text.ts'
import { nameIn } from './rule-words.ts'

const words: ActionWords = {
  t: (id, values) => (values ? `${id} ${Object.values(values).join()}` : id),
  word: (list, value) => `${list}/${value}`,
  listed: (things) => things.join(' & '),
  department: (id) => `the ${id}`,
  agent: (id) => `agent ${id}`,
  template: (id) => nameIn([{ id: 't1', name: 'Welcome' }], id),
  webhook: (id) => nameIn([{ id: 'w1', url: 'https://hooks.example/onus' }], id),
}
const rule: Rule = {
  id: 'r1',
  active: true,
  name: 'Invoices',
  notes: '',
  position: 3,
  trigger: { type: 'ticket_created' },
  conditions: [
    [
      { field: 'subject', op: 'contains', value: 'invoice' },
      { field: 'departmentId', op: 'in', value: ['d1', 'd2'] },
    ],
    [{ field: 'fields.plan', op: 'exists', value: true }],
  ],
  actions: [
    { type: 'transfer', departmentId: 'billing' },
    { type: 'set_priority', priority: 'high' },
    { type: 'notify', slackChannel: '#ops', text: 'Look' },
    { type: 'require_skills', skills: [{ name: 'tax', level: 3 }] },
    { type: 'answer', template: 't1' },
    { type: 'webhook', webhookId: 'w1' },
    { type: 'stop' },
  ],
  version: 2,
  updatedAt: '2026-03-01T09:00:00.000Z',
}
const bare = (text: string) => text.replace(/[\u2068\u2069]/g, '')
const texts = (given: Rule) => ruleLines(given, words).map(({ text }) => bare(text))

it('reads a rule line by line, with names for ids', () => {
  expect(texts(rule)).toEqual([
    'field.name: Invoices',
    'rule.active',
    'trigger/ticket_created',
    'rule.group 1',
    'rule_field/subject op/contains invoice',
    'rule_field/departmentId op/in the d1 & the d2',
    'rule.or_group 2',
    'plan op/exists rule.yes',
    'action_type/transfer: the billing · name.nobody',
    'action_type/set_priority: priority/high',
    'action_type/notify: notify_target/slackChannel · #ops · Look',
    'action_type/require_skills: tax 3',
    'action_type/answer: Welcome',
    'action_type/webhook: https://hooks.example/onus',
    'action_type/stop',
  ])
  expect(texts({ ...rule, conditions: [], trigger: { type: 'unclaimed_for', after: 'PT2H' } })).toContain(
    'trigger/unclaimed_for · rule.after: 120',
  )
})

it('calls what is gone by its id', () => {
  const gone = { ...rule, actions: [{ type: 'answer', template: 't9' }] }
  expect(texts(gone).at(-1)).toBe('action_type/answer: t9')
  expect(nameIn(undefined, 'w9')).toBe('w9')
})

it('shows what one version has that the other has not', () => {
  const after = {
    ...rule,
    name: 'Bills',
    actions: [
      ...rule.actions.slice(0, 1),
      { type: 'set_priority', priority: 'urgent' },
      ...rule.actions.slice(2),
    ],
  }
  const changed = diffLines(ruleLines(rule, words), ruleLines(after, words))
    .filter(({ change }) => change !== 'kept')
    .map(({ change, text }) => `${change} ${bare(text)}`)
  expect(changed).toEqual([
    'removed field.name: Invoices',
    'added field.name: Bills',
    'removed action_type/set_priority: priority/high',
    'added action_type/set_priority: priority/urgent',
  ])
  const same = diffLines(ruleLines(rule, words), ruleLines(rule, words))
  expect(same.every(({ change }) => change === 'kept')).toBe(true)
  expect(diffLines([], ruleLines(rule, words)).every(({ change }) => change === 'added')).toBe(true)
})

it('restores what a version says, and neither its place nor its number', () => {
  expect(Object.keys(restorable(rule)).sort()).toEqual([
    'actions',
    'active',
    'conditions',
    'name',
    'notes',
    'trigger',
  ])
})
