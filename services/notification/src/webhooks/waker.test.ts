import { expect, it } from 'vitest'
import { coalesced } from './waker.ts'

it('sends one call for all who come while one is on its way, and that one after they came', async () => {
  const sent: string[] = []
  const waiting: (() => void)[] = []
  const wake = coalesced((_, webhookId) => {
    sent.push(webhookId)
    return new Promise((resolve) => waiting.push(resolve))
  })
  const calls = [wake('acc', 'w1'), wake('acc', 'w1'), wake('acc', 'w1'), wake('acc', 'w2')]
  expect(sent).toEqual(['w1', 'w2'])
  waiting.shift()?.()
  await calls[0]
  await new Promise((resolve) => setImmediate(resolve))
  expect(sent).toEqual(['w1', 'w2', 'w1'])
  for (const done of waiting) done()
  await Promise.all(calls)
  expect(sent).toHaveLength(3)
})

it('tells each who waits that it failed, and tries for the next', async () => {
  let fails = true
  const wake = coalesced(async () => {
    if (fails) throw new Error('away')
  })
  const calls = await Promise.allSettled([wake('acc', 'w1'), wake('acc', 'w1')])
  expect(calls.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
  fails = false
  await wake('acc', 'w1')
})
