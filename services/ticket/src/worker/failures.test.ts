import { Problem } from '@onus/kit/problems'
import { ApplicationFailure } from '@temporalio/common'
import { expect, it } from 'vitest'
import { failingForGood, isForGood } from './failures.ts'

it.each([
  [new TypeError('a fault'), true],
  [new RangeError('a fault'), true],
  [new Problem('not-found', 'there is no such account'), true],
  [new Problem('unavailable', 'the directory does not answer'), false],
  [new Error('a store that changes its primary'), false],
  ['a string', false],
])('%s: in vain %s', (error, expected) => {
  expect(isForGood(error)).toBe(expected)
})

it('activities fail for good only where trying again is in vain', async () => {
  const answers: unknown[] = [new TypeError('a fault'), new Error('it passes'), 'done']
  const { work } = failingForGood({
    work: async (input: string): Promise<unknown> => {
      const answer = answers.shift()
      if (answer instanceof Error) throw answer
      return `${input} ${answer}`
    },
  })
  const failure = await work('x').catch((error: unknown) => error)
  expect(failure).toBeInstanceOf(ApplicationFailure)
  expect(failure).toMatchObject({ nonRetryable: true, type: 'TypeError', message: 'a fault' })
  await expect(work('x')).rejects.not.toBeInstanceOf(ApplicationFailure)
  expect(await work('x')).toBe('x done')
})
