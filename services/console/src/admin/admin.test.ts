import { expect, it } from 'vitest'
import { dayText, durationOf, hoursOf, linesOf, minutesOf, parseDay } from './forms.ts'
import { ACTIONS, actionOf, conditionOn, FIELDS, isComplete, isWhole, opsOf, withOp } from './rule-model.ts'
import { moved } from './rule-order.ts'

it.each([
  ['PT30M', 30],
  ['PT1H30M', 90],
  ['P1D', 1440],
  ['P2W', 20160],
  ['P1M', null],
  ['nonsense', null],
  [undefined, null],
])('%s are %s minutes', (duration, minutes) => {
  expect(minutesOf(duration)).toBe(minutes)
  if (minutes) expect(minutesOf(durationOf(minutes))).toBe(minutes)
})

it.each([
  [
    '09:00-12:00, 13:00–17:30',
    [
      ['09:00', '12:00'],
      ['13:00', '17:30'],
    ],
  ],
  ['', []],
  ['00:00-24:00', [['00:00', '24:00']]],
  ['9-17', null],
  ['17:00-09:00', null],
])('reads the hours %s', (text, expected) => {
  expect(parseDay(text)).toEqual(expected)
  if (expected) expect(parseDay(dayText(expected as [string, string][]))).toEqual(expected)
})

it('makes a week of its days', () => {
  const none = { mon: '', tue: '', wed: '', thu: '', fri: '', sat: '', sun: '' }
  expect(hoursOf('UTC', { ...none, mon: '09:00-17:00' }, '2026-12-25')).toEqual({
    timeZone: 'UTC',
    days: { mon: [['09:00', '17:00']] },
    holidays: ['2026-12-25'],
  })
  expect(hoursOf('UTC', { ...none, mon: 'x' }, '')).toBeNull()
  expect(hoursOf('UTC', none, 'Christmas')).toBeNull()
  expect(linesOf('a, b\nb\n')).toEqual(['a', 'b'])
})

it('knows when a rule has said all that it must', () => {
  for (const field of FIELDS) {
    const begun = conditionOn(field)
    expect([field, opsOf(field).includes(begun.op)]).toEqual([field, true])
    expect(isComplete(begun)).toBe(field === 'withinHours')
  }
  expect(isComplete(conditionOn('fields.'))).toBe(false)
  expect(withOp({ field: 'channel', op: 'in', value: ['email', 'x'] }, 'is')).toEqual({
    field: 'channel',
    op: 'is',
    value: 'email',
  })
  expect(withOp({ field: 'channel', op: 'is', value: 'email' }, 'in').value).toEqual(['email'])
  expect(withOp({ field: 'subject', op: 'is', value: 'x' }, 'exists').value).toBe(true)
  const wholeAtOnce = ACTIONS.filter((type) => isWhole(actionOf(type)))
  expect(wholeAtOnce).toEqual(['release', 'set_status', 'postpone', 'set_priority', 'stop'])
})

it('moves a rule by a step, and not beyond the ends', () => {
  expect(moved(['a', 'b', 'c'], 'c', -1)).toEqual(['a', 'c', 'b'])
  expect(moved(['a', 'b', 'c'], 'a', 1)).toEqual(['b', 'a', 'c'])
  expect(moved(['a', 'b'], 'a', -1)).toEqual(['a', 'b'])
})
