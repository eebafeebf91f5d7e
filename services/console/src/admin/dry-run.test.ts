import { expect, it } from 'vitest'
import type { DryRun, Rule } from '../api/types.ts'
import { changedLoad, dayOf, draftSet, isUneventful, periodOf, ruleOf } from './dry-run-model.ts'

const rule = (id: string, position: number): Rule => ({
  id,
  active: true,
  name: id,
  notes: '',
  position,
  trigger: { type: 'ticket_created' },
  conditions: [],
  actions: [{ type: 'stop' }],
  version: 4,
  broken: 'x',
  updatedAt: '2026-03-01T09:00:00.000Z',
})
const rules = [rule('b', 2), rule('a', 1)]
const { id: _, version: __, ...fresh } = rule('new', 9)

it('tries a draft in its place, at the end when it is new, or alone', () => {
  const changed = { ...rule('b', 2), name: 'changed' }
  expect(draftSet(rules, undefined, false).map(({ id }) => id)).toEqual(['a', 'b'])
  expect(draftSet(rules, changed, false).map(({ name }) => name)).toEqual(['a', 'changed'])
  expect(draftSet(rules, fresh, false).map(({ name }) => name)).toEqual(['a', 'b', 'new'])
  expect(draftSet(rules, changed, true)).toHaveLength(1)
  // Only what the API takes.
  expect(Object.keys(draftSet(rules, undefined, false)[0] ?? {})).not.toContain('position')
})

it('knows a new rule by its place in the draft', () => {
  const set = draftSet(rules, fresh, false)
  expect(ruleOf(set, 'draft-3')?.name).toBe('new')
  expect(ruleOf(set, 'a')?.name).toBe('a')
  expect(ruleOf(set, 'gone')).toBeUndefined()
})

it('makes a period of days, both included', () => {
  const period = periodOf('2026-03-01', '2026-03-01')
  expect(Date.parse(period?.until ?? '') - Date.parse(period?.since ?? '')).toBe(24 * 3600_000)
  expect(periodOf('2026-03-02', '2026-03-01')).toBeNull()
  expect(periodOf('', '2026-03-01')).toBeNull()
  expect(dayOf(new Date(2026, 2, 5, 23, 59))).toBe('2026-03-05')
})

it('says what matters of the load', () => {
  const run = {
    wouldDifferTotal: 0,
    notices: [],
    loopsTotal: 0,
    load: [
      { agentId: 'a', before: 3, after: 3 },
      { agentId: 'b', before: 3, after: 4 },
      { agentId: 'c', before: 9, after: 2 },
    ],
  } as unknown as DryRun
  expect(isUneventful(run)).toBe(true)
  expect(changedLoad(run).map(({ agentId }) => agentId)).toEqual(['c', 'b'])
})
