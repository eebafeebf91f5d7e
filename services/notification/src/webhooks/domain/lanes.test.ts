import { expect, it } from 'vitest'
import { earliest, isDue, lanesOf, type Waiting } from './lanes.ts'

const waiting = (subject: string, sequence: number, order: string, nextAttemptAt = '1'): Waiting => ({
  id: `${subject}-${sequence}`,
  subject,
  sequence,
  order,
  nextAttemptAt,
})

it('keeps the order of each subject, whatever the order of the making', () => {
  const lanes = lanesOf([
    waiting('b', 3, '1'),
    waiting('a', 2, '2'),
    waiting('b', 1, '3'),
    waiting('a', 7, '4'),
  ])
  expect(lanes.map((lane) => lane.map(({ id }) => id))).toEqual([
    ['b-1', 'b-3'],
    ['a-2', 'a-7'],
  ])
})

it('lets nothing overtake what is tried again, and holds up no other subject', () => {
  const lanes = lanesOf([waiting('a', 1, '1', '9'), waiting('a', 2, '2', '1'), waiting('b', 1, '3', '4')])
  expect(lanes.map((lane) => isDue(lane, '5'))).toEqual([false, true])
  expect(earliest(lanes)).toBe('4')
  expect(earliest([])).toBeNull()
})
