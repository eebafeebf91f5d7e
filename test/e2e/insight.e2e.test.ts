import { beforeAll, describe, expect, it } from 'vitest'
import { eventually } from '../support/api.ts'
import { createWorld, expectStatus, type TestAgent, type World } from '../support/world.ts'

/** Figures over REST: each is what a recount gives, and its own link leads to exactly these tickets. */

let world: World
let ana: TestAgent
let cem: TestAgent
let billing: string
let sales: string

const API = '/api/v1'

/** All tickets of a figure's own link, as somebody sees them. */
async function listed(link: string, by: TestAgent = world.owner): Promise<any[]> {
  expect(link.startsWith(`${API}/tickets?`)).toBe(true)
  return expectStatus(await by.api.get(`${link.slice(API.length)}&limit=200`), 200).items
}

const command = async (by: TestAgent, id: string, verb: string, body: object = {}) =>
  expectStatus(await by.api.post(`/tickets/${id}/${verb}`, body), 200)

const insight = async (path: string, by: TestAgent = world.owner): Promise<any> =>
  expectStatus(await by.api.get(`/insight/${path}`), 200)

const sizeOf = (row: any): number => row.new + row.open + row.answered + row.postponed

beforeAll(async () => {
  world = await createWorld({
    departments: ['Billing', 'Sales'],
    agents: { ana: { in: ['Billing'] }, cem: { in: ['Sales'] } },
  })
  ana = world.agents.ana as TestAgent
  cem = world.agents.cem as TestAgent
  billing = world.departments.Billing?.id ?? ''
  sales = world.departments.Sales?.id ?? ''
  await world.createTicket({ departmentId: billing })
  const claimed = await world.createTicket({ departmentId: billing })
  await command(ana, claimed.id, 'claim')
  const wandered = await world.createTicket({ departmentId: billing })
  await command(ana, wandered.id, 'transfer', { departmentId: sales })
  await command(cem, wandered.id, 'claim')
  await command(cem, wandered.id, 'resolve')
  await command(cem, wandered.id, 'reopen')
}, 120_000)

describe('who is responsible for how much', () => {
  it('equals the lists that it links to', async () => {
    const work = await insight('responsibility')
    expect(work.holders.length).toBeGreaterThanOrEqual(3)
    for (const row of work.holders) expect(await listed(row.tickets)).toHaveLength(sizeOf(row))
    for (const row of work.departments) {
      expect(await listed(row.tickets)).toHaveLength(sizeOf(row))
      expect(await listed(row.unclaimedTickets)).toHaveLength(row.unclaimed)
      expect(await listed(row.noEligibleAgentTickets)).toHaveLength(row.noEligibleAgent)
    }
    for (const age of work.unclaimedAge) {
      expect(await listed(age.tickets)).toHaveLength(age.count)
      for (const row of age.departments) expect(await listed(row.tickets)).toHaveLength(row.count)
    }
  })

  it('knows for which tickets the distribution found nobody', async () => {
    const distribution = { strategy: 'round_robin', on: ['new'] }
    const made = await world.owner.api.post('/departments', { name: 'Nobody there', distribution })
    const { id: departmentId } = expectStatus(made, 201)
    const ticket = await world.createTicket({ departmentId })
    const row = await eventually('the figure', async () => {
      const { departments } = await insight('responsibility')
      return departments.find((each: any) => each.departmentId === departmentId && each.noEligibleAgent === 1)
    })
    expect((await listed(row.noEligibleAgentTickets)).map(({ id }) => id)).toEqual([ticket.id])
    const everywhere = await listed(`${API}/tickets?noEligibleAgent=true`)
    expect(everywhere.map(({ id }) => id)).toEqual([ticket.id])
  })
})

describe('time to claim', () => {
  it('is told by day and department, and leads to what was claimed', async () => {
    const claims = await insight('claims')
    expect(claims.claims).toBe(2)
    const [day] = claims.days
    expect(day.departments.map((row: any) => [row.departmentId, row.claims]).sort()).toEqual(
      [
        [billing, 1],
        [sales, 1],
      ].sort(),
    )
    expect(await listed(day.tickets)).toHaveLength(2)
    expect(claims.medianSeconds).toBeLessThanOrEqual(claims.p90Seconds)
  })
})

describe('flows between departments', () => {
  it('are as many as the timelines have', async () => {
    const flows = await insight('flows')
    const all = expectStatus(await world.owner.api.get('/tickets?limit=200'), 200).items
    let transfers = 0
    let reopened = 0
    for (const { id } of all) {
      const { items } = expectStatus(await world.owner.api.get(`/tickets/${id}/timeline?limit=200`), 200)
      for (const { type, from, to } of items) {
        if (type === 'reopened') reopened += 1
        if (type === 'responsibility.changed' && from && from.departmentId !== to.departmentId) transfers += 1
      }
    }
    const sum = (name: string) => flows.flows.reduce((total: number, flow: any) => total + flow[name], 0)
    expect([sum('transfers'), sum('reopened')]).toEqual([transfers, reopened])
    expect(flows).toMatchObject({ transfers, reopened, resolved: 1, reopenRate: 1 })
    for (const flow of flows.flows) {
      if (flow.transfers > 0) expect(await listed(flow.tickets)).toHaveLength(1)
      if (flow.reopened > 0) expect(await listed(flow.reopenedTickets)).toHaveLength(1)
    }
  })

  it('are for an agent those that touch a department of theirs', async () => {
    const own = await insight('flows', ana)
    expect(own.departments.map(({ departmentId }: any) => departmentId)).toEqual([billing])
    expect(
      own.flows.every((flow: any) => [flow.fromDepartmentId, flow.toDepartmentId].includes(billing)),
    ).toBe(true)
    const work = await insight('responsibility', ana)
    expect(new Set(work.holders.map(({ departmentId }: any) => departmentId))).toEqual(new Set([billing]))
    for (const flow of own.flows)
      for (const one of await listed(flow.tickets, ana)) expect(one.departmentId).toBe(billing)
  })
})

describe('a request that is wrong', () => {
  it.each([
    ['/insight/claims?since=yesterday', 'since'],
    ['/insight/flows?since=2026-02-30', 'since'],
    ['/insight/flows?since=2026-03-02&until=2026-03-01', 'until'],
    ['/insight/claims?since=2024-01-01&until=2026-01-01', 'since'],
    ['/insight/responsibility?since=2026-01-01', 'since'],
    ['/tickets?unclaimedFrom=x', 'unclaimedFrom'],
    ['/tickets?claimedOn=2026-13-01', 'claimedOn'],
  ])('%s names the field', async (path, field) => {
    const refused = await world.owner.api.get(path)
    expect(refused.status).toBe(400)
    expect(refused.body.errors.map((each: any) => each.field)).toContain(field)
  })

  it('is refused to nobody and to keys that read no tickets', async () => {
    expect((await world.anonymous.get('/insight/flows')).status).toBe(401)
  })
})
