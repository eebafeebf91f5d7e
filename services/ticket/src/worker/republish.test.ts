import type { OutgoingEntry } from '@onus/workflows-contract'
import { expect, it } from 'vitest'
import { createRepublish } from './republish.ts'

const log = (commands: number[][]) =>
  async function* () {
    for (const sequences of commands)
      yield { entries: sequences.map((sequence) => ({ sequence })), traceparent: `t${sequences[0]}` } as never
  }

async function republished(commands: number[][], fromSequence: number) {
  const sent: OutgoingEntry[][] = []
  const republish = createRepublish(
    { find: async () => ({ accountId: 'acme', ticketId: 't1', number: '7' }) as never, log: log(commands) },
    { publish: async (_, entries) => void sent.push(entries) },
    () => {},
  )
  const count = await republish({ accountId: 'acme', ticketId: 't1', fromSequence })
  return { count, batches: sent.map((batch) => batch.map(({ entry }) => entry.sequence)), sent }
}

it('publishes everything from a sequence on, in order, with the trace it had', async () => {
  const { count, batches, sent } = await republished([[1, 2], [3], [4, 5]], 2)
  expect(count).toBe(4)
  expect(batches).toEqual([[2, 3, 4, 5]])
  expect(sent[0]?.map(({ traceparent }) => traceparent)).toEqual(['t1', 't3', 't4', 't4'])
})

it('goes in batches, and publishes nothing when there is nothing', async () => {
  const many = Array.from({ length: 120 }, (_, i) => [i + 1])
  expect((await republished(many, 1)).batches.map(({ length }) => length)).toEqual([50, 50, 20])
  expect((await republished(many, 121)).count).toBe(0)
})
