import type { Caller } from '@onus/kit/caller'
import type { ListTicketsRequest } from '@onus/proto/onus/v1/ticket'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { TestAccount } from '../testing/directory.ts'
import { agentCaller, type Harness, startHarness } from '../testing/harness.ts'
import { MARKS } from './measures.ts'
import { UnclaimedWatch } from './metrics.ts'
import { OpenWorkStore } from './open-work.ts'

let harness: Harness
let account: TestAccount
let owner: Caller
const who = (id: string): Caller => (id === 'olga' ? owner : agentCaller(account, id))

beforeAll(async () => {
  harness = await startHarness()
  account = harness.account()
  for (const id of ['billing', 'sales', 'legal']) account.department(id)
  account.agent('olga', 'owner')
  account.agent('ada', 'agent', 'billing')
  account.agent('sue', 'agent', 'sales')
  account.agent('lex', 'agent', 'legal')
  owner = { ...agentCaller(account, 'olga'), role: 'owner' }
}, 60_000)
afterAll(async () => {
  await harness?.close()
})

async function create(departmentId: string): Promise<string> {
  const ticket = await harness.client.createTicket(
    {
      subject: 'Hello',
      body: 'Hello',
      channel: 'email',
      contact: { email: 'ann@example.com' },
      departmentId,
      tags: [],
      priority: '',
      commandId: '',
    },
    { caller: owner },
  )
  return ticket.id
}

const execute = (ticketId: string, by: string, $case: string, value: object = {}) =>
  harness.client.execute({ ticketId, commandId: '', command: { $case, value } as never }, { caller: who(by) })

const list = async (filter: Partial<ListTicketsRequest>, caller = owner) => {
  const { items } = await harness.client.listTickets(
    { statuses: [], unassigned: false, ...filter },
    { caller },
  )
  return items.map(({ id }) => id).sort()
}

describe('figures', () => {
  let free: string
  let claimed: string
  let wandered: string
  let reopened: string

  beforeAll(async () => {
    free = await create('billing')
    claimed = await create('billing')
    wandered = await create('billing')
    reopened = await create('sales')
    await execute(claimed, 'ada', 'claim')
    await execute(wandered, 'ada', 'transfer', { departmentId: 'sales' })
    await execute(wandered, 'sue', 'claim')
    await execute(wandered, 'sue', 'transfer', { departmentId: 'billing' })
    await execute(reopened, 'sue', 'claim')
    await execute(reopened, 'sue', 'resolve')
    await execute(reopened, 'sue', 'reopen')
  }, 60_000)

  it('say who is responsible for how much, and equal the lists that they lead to', async () => {
    const work = await harness.insight.getOpenWork({}, { caller: owner })
    expect(work.departments.map(({ departmentId, unclaimed }) => [departmentId, unclaimed])).toEqual([
      ['billing', 2],
      ['legal', 0],
      ['sales', 0],
    ])
    for (const row of work.holders) {
      const sum = row.new + row.open + row.answered + row.postponed
      const { departmentId, agentId } = row
      const nobody = agentId === undefined
      const statuses = ['new', 'open', 'answered', 'postponed']
      expect(await list({ departmentId, agentId, unassigned: nobody, statuses })).toHaveLength(sum)
    }
    expect(work.holders).toMatchObject([
      { departmentId: 'billing', new: 2 },
      { departmentId: 'billing', agentId: 'ada', agentName: 'ada', new: 1 },
      { departmentId: 'sales', agentId: 'sue', open: 1 },
    ])
    const oldest = await harness.client.getTicket({ ticketId: free }, { caller: owner })
    expect(work.departments[0]?.oldestUnclaimedSince).toBe(oldest.responsibility?.since)
  })

  it('say how long what nobody has is unclaimed, and lead to exactly these', async () => {
    const { unclaimedAge } = await harness.insight.getOpenWork({}, { caller: owner })
    expect(unclaimedAge.map(({ tickets }) => tickets)).toEqual([2, 0, 0, 0, 0, 0, 0])
    expect(unclaimedAge[0]).toMatchObject({ fromSeconds: 0, untilSeconds: 900 })
    for (const { tickets, sinceFrom, sinceUntil } of unclaimedAge) {
      const found = await list({
        unclaimedFrom: sinceFrom ?? '2000-01-01T00:00:00Z',
        unclaimedUntil: sinceUntil,
      })
      expect(found).toHaveLength(tickets)
    }
    const later = new Date(Date.now() + 4000 * 1000)
    const groups = await new OpenWorkStore(harness.parts.db).groups(account.id, undefined, later)
    expect(groups.find(({ agentId }) => agentId === null)?.unclaimedByAge).toEqual([0, 0, 2, 0, 0, 0, 0])
  })

  it('say how long tickets waited, by day and department', async () => {
    const claims = await harness.insight.getClaims({}, { caller: owner })
    expect(claims.total).toMatchObject({ claims: 3 })
    expect(claims.departments.map(({ departmentId, times }) => [departmentId, times?.claims])).toEqual([
      ['billing', 1],
      ['legal', 0],
      ['sales', 2],
    ])
    expect(claims.days).toHaveLength(1)
    const [day] = claims.days
    expect(day?.times?.p90Seconds).toBeGreaterThanOrEqual(day?.times?.medianSeconds ?? 1e9)
    expect(await list({ claimedOn: day?.day })).toEqual([claimed, reopened, wandered].sort())
    expect(await list({ claimedOn: '2020-01-01' })).toEqual([])
  })

  it('say how tickets moved between departments and came back', async () => {
    const flows = await harness.insight.getFlows({}, { caller: owner })
    expect(flows).toMatchObject({ transfers: 2, reopened: 1, resolved: 1 })
    expect(flows.flows).toMatchObject([
      { fromDepartmentId: 'billing', toDepartmentId: 'sales', transfers: 1, reopened: 0 },
      { fromDepartmentId: 'sales', toDepartmentId: 'billing', transfers: 1, reopened: 0 },
      { fromDepartmentId: 'sales', toDepartmentId: 'sales', transfers: 0, reopened: 1 },
    ])
    expect(flows.departments.find(({ departmentId }) => departmentId === 'sales')).toMatchObject({
      ...{ transferredIn: 1, transferredOut: 1, resolved: 1, reopened: 1 },
    })
    expect(await list({ transferredFrom: 'legal' })).toEqual([])
  })

  it.each(['olga', 'ada', 'sue', 'lex'])('lead %s to as many tickets as they count', async (id) => {
    const caller = who(id)
    const flows = await harness.insight.getFlows({}, { caller })
    const claims = await harness.insight.getClaims({}, { caller })
    const { since, until } = flows
    const period = { since, until }
    // What has left an agent's departments since is counted, and not shown to them.
    const equal = async (count = 0, filter: Partial<ListTicketsRequest>) => {
      const { length } = await list(filter, caller)
      if (id === 'olga') expect([filter, length]).toEqual([filter, count])
      else expect(length).toBeLessThanOrEqual(count)
    }
    // The last day before the period has nothing of it.
    const before = { since: '2020-01-01', until: '2020-12-31' }
    for (const { fromDepartmentId, toDepartmentId, transfers, reopened } of flows.flows) {
      const moved = { transferredFrom: fromDepartmentId, transferredTo: toDepartmentId }
      await equal(transfers, { ...moved, ...period })
      await equal(0, { ...moved, ...before })
      await equal(reopened, { reopenedIn: fromDepartmentId, reopenedTo: toDepartmentId, ...period })
    }
    for (const { departmentId, transferredIn, transferredOut, resolved, reopened } of flows.departments) {
      await equal(transferredIn, { transferredTo: departmentId, ...period })
      await equal(transferredOut, { transferredFrom: departmentId, ...period })
      await equal(resolved, { resolvedIn: departmentId, ...period })
      await equal(reopened, { reopenedIn: departmentId, ...period })
      await equal(0, { resolvedIn: departmentId, ...before })
    }
    await equal(flows.resolved, { happened: 'resolved', ...period })
    await equal(flows.reopened, { happened: 'reopened', ...period })
    await equal(claims.total?.claims, { happened: 'claimed', ...period })
    for (const { departmentId, times } of claims.departments)
      await equal(times?.claims, { claimedIn: departmentId, ...period })
    for (const { day, times, departments } of claims.days) {
      await equal(times?.claims, { claimedOn: day })
      for (const { departmentId, times } of departments)
        await equal(times?.claims, { claimedOn: day, claimedIn: departmentId })
    }
  })

  it('have a ticket that went the same way several times once in their list', async () => {
    const { since, until } = await harness.insight.getFlows({}, { caller: owner })
    expect(await list({ happened: 'transferred', since, until })).toEqual([wandered])
    expect(await list({ happened: 'transferred' })).toEqual([wandered])
  })

  it('are those of their departments for an agent, with the other end of what moved', async () => {
    const sue = { caller: who('sue') }
    const work = await harness.insight.getOpenWork({}, sue)
    expect(work.departments.map(({ departmentId }) => departmentId)).toEqual(['sales'])
    expect(new Set(work.holders.map(({ departmentId }) => departmentId))).toEqual(new Set(['sales']))
    expect(work.unclaimedAge.map(({ tickets }) => tickets)).toEqual([0, 0, 0, 0, 0, 0, 0])
    const claims = await harness.insight.getClaims({}, sue)
    expect(claims.total?.claims).toBe(2)
    const flows = await harness.insight.getFlows({}, sue)
    expect(flows).toMatchObject({ transfers: 2, reopened: 1, resolved: 1 })
    expect(flows.departments.map(({ departmentId }) => departmentId)).toEqual(['sales'])
    const none = await harness.insight.getFlows({}, { caller: who('lex') })
    expect(none).toMatchObject({ transfers: 0, reopened: 0, resolved: 0, flows: [] })
    expect(await list({ transferredFrom: 'billing', transferredTo: 'sales' }, who('lex'))).toEqual([])
  })

  it('are unchanged by commands that are repeated or refused', async () => {
    const command = { ticketId: wandered, commandId: 'again', command: transfer('legal') }
    await harness.client.execute(command, { caller: owner })
    const before = await harness.insight.getFlows({}, { caller: owner })
    await harness.client.execute(command, { caller: owner })
    await harness.client.execute({ ...command, commandId: '' }, { caller: owner }).then(
      () => expect.unreachable(),
      () => {},
    )
    expect(await harness.insight.getFlows({}, { caller: owner })).toEqual(before)
    const marks = await harness.parts.db.collection('tickets').findOne({ ticketId: wandered })
    expect(marks?.marks).toContain(MARKS.movedBetween('billing', 'legal'))
  })

  it('of the whole installation go to its metrics', async () => {
    const work = new OpenWorkStore(harness.parts.db)
    const unclaimed = await work.unclaimed()
    expect(unclaimed).toMatchObject({ tickets: 2, noEligibleAgent: 0 })
    await new UnclaimedWatch({ work, log: { warn: expect.unreachable } }).look()
    const shown = harness.parts.db.collection('tickets')
    await shown.updateOne({ ticketId: free }, { $set: { noEligibleAgent: 'offline' } })
    expect(await work.unclaimed()).toMatchObject({ tickets: 2, noEligibleAgent: 1 })
    const { departments } = await harness.insight.getOpenWork({}, { caller: owner })
    expect(departments[0]).toMatchObject({ departmentId: 'billing', noEligibleAgent: 1 })
    expect(await list({ noEligibleAgent: true })).toEqual([free])
    expect(await list({ noEligibleAgent: true, statuses: ['closed'] })).toEqual([])
    expect(await list({ noEligibleAgent: true, agentId: 'ada' })).toEqual([])
    expect(await list({ noEligibleAgent: true }, who('sue'))).toEqual([])
  })

  it('name the field of a bad period or filter', async () => {
    const fields = (call: Promise<unknown>) =>
      call.then(
        () => expect.unreachable(),
        ({ errors }) => errors.map(({ field }: { field: string }) => field),
      )
    expect(await fields(harness.insight.getClaims({ since: 'x' }, { caller: owner }))).toEqual(['since'])
    expect(
      await fields(harness.insight.getFlows({ since: '2026-01-01', until: '2025-01-01' }, { caller: owner })),
    ).toEqual(['until'])
    expect(await fields(list({ unclaimedFrom: 'x', unclaimedUntil: 'y', claimedOn: 'z' }))).toEqual([
      'unclaimedFrom',
      'unclaimedUntil',
      'claimedOn',
    ])
    expect(await fields(list({ happened: 'x' }))).toEqual(['happened'])
    expect(await fields(list({ since: '2026-01-01', until: '2026-01-02' }))).toEqual(['since'])
    expect(await fields(list({ happened: 'resolved', since: '2026-01-01' }))).toEqual(['until'])
    expect(await fields(list({ resolvedIn: 'billing', since: '2026-01-02', until: '2026-01-01' }))).toEqual([
      'until',
    ])
    expect(await fields(list({ resolvedIn: 'billing', since: '2024-01-01', until: '2026-01-01' }))).toEqual([
      'since',
    ])
  })
})

const transfer = (departmentId: string) => ({ $case: 'transfer' as const, value: { departmentId } })
