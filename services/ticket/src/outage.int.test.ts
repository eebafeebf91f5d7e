import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { agentCaller, type Harness, startHarness } from './testing/harness.ts'

/** The ticket worker is away for a while: commands say so, reads go on, and a repeat is done exactly once. */

let harness: Harness

beforeAll(async () => {
  harness = await startHarness()
}, 60_000)

afterAll(async () => {
  await harness?.close()
})

describe('while the ticket worker is away', () => {
  it('commands are refused in time, reads go on, and what is repeated afterwards happened once', async () => {
    const account = harness.account()
    account.department('billing')
    account.agent('ada', 'agent', 'billing')
    account.agent('bob', 'agent', 'billing')
    const caller = agentCaller(account, 'ada')
    const create = (commandId: string, deadlineMs = 20_000) =>
      harness.client.createTicket(
        {
          subject: 'Hello',
          body: 'Hello',
          channel: 'api',
          contact: { name: 'Ann' },
          tags: [],
          priority: '',
          commandId,
        },
        { caller, deadlineMs },
      )
    const claim = (ticketId: string, deadlineMs = 20_000) =>
      harness.client.execute(
        { ticketId, commandId: 'claim', command: { $case: 'claim', value: {} } },
        { caller, deadlineMs },
      )
    const { id } = await create('first')

    await harness.stopWorker()
    const began = Date.now()
    await expect(claim(id, 1500)).rejects.toMatchObject({ reason: 'unavailable' })
    await expect(create('second', 1500)).rejects.toMatchObject({ reason: 'unavailable' })
    expect(Date.now() - began).toBeLessThan(8000)
    expect((await harness.client.getTicket({ ticketId: id }, { caller })).agentId).toBeUndefined()
    const listed = await harness.client.listTickets({ statuses: [], unassigned: false }, { caller })
    expect(listed.items.map((ticket) => ticket.id)).toEqual([id])

    await harness.startWorker()
    expect(await claim(id)).toMatchObject({ agentId: 'ada', responsibility: { revision: 2 } })
    const second = await create('second')
    expect((await create('second')).id).toBe(second.id)
    const { items } = await harness.client.getTimeline({ ticketId: id }, { caller })
    expect(items.filter(({ type }) => type === 'responsibility.changed')).toHaveLength(2)
    const after = await harness.client.listTickets({ statuses: [], unassigned: false }, { caller })
    expect(after.items.map((ticket) => ticket.id).sort()).toEqual([id, second.id].sort())
  })

  it('an unknown ticket is still unknown', async () => {
    const account = harness.account()
    account.department('billing')
    account.agent('ada', 'agent', 'billing')
    await harness.stopWorker()
    const claim = harness.client.execute(
      { ticketId: 'nosuch', commandId: '', command: { $case: 'claim', value: {} } },
      { caller: agentCaller(account, 'ada'), deadlineMs: 5000 },
    )
    await expect(claim).rejects.toMatchObject({ reason: 'not-found' })
    await harness.startWorker()
  })
})
