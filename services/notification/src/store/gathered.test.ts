import { expect, it } from 'vitest'
import { gathered } from './gathered.ts'

it('does together what comes together, in order', async () => {
  const batches: number[][] = []
  const double = gathered(3, async (items: number[]) => {
    batches.push(items)
    return items.map((item) => item * 2)
  })
  expect(await Promise.all([1, 2, 3, 4].map(double))).toEqual([2, 4, 6, 8])
  expect(await double(5)).toBe(10)
  expect(batches).toEqual([[1, 2, 3], [4], [5]])
})

it('fails those who were in the batch that failed, and nobody else', async () => {
  const work = gathered(2, async (items: number[]) => {
    if (items.includes(1)) throw new Error('no')
    return items
  })
  const results = await Promise.allSettled([0, 1, 2, 3].map(work))
  expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'fulfilled', 'fulfilled'])
})
