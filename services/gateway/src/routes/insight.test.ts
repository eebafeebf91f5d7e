import type { GetClaimsRequest } from '@onus/proto/onus/v1/insight'
import type { ListTicketsRequest } from '@onus/proto/onus/v1/ticket'
import { describe, expect, it } from 'vitest'
import { fakeApp } from '../testing/fakes.ts'

const AT = '2026-03-01T10:00:00.000Z'
const PERIOD = { timeZone: 'Europe/Madrid', since: '2026-02-01', until: '2026-03-01' }
const STATUSES = { new: 1, open: 2, answered: 0, postponed: 0 }

describe('figures over HTTP', () => {
  it('lead from each holder and each age to the list of its tickets', async () => {
    const getOpenWork = async () => ({
      at: AT,
      departments: [
        { departmentId: 'b', departmentName: 'Billing', ...STATUSES, unclaimed: 1, noEligibleAgent: 0 },
      ],
      holders: [
        {
          departmentId: 'b',
          departmentName: 'Billing',
          agentId: 'ana',
          agentName: 'Ana',
          ...STATUSES,
          oldestSince: AT,
        },
        { departmentId: 'b', departmentName: 'Billing', ...STATUSES, oldestSince: AT },
      ],
      unclaimedAge: [
        {
          fromSeconds: 0,
          untilSeconds: 900,
          sinceFrom: AT,
          tickets: 1,
          departments: [{ departmentId: 'b', tickets: 1 }],
        },
        { fromSeconds: 900, sinceUntil: AT, tickets: 0, departments: [] },
      ],
    })
    const { send } = fakeApp({ insight: { getOpenWork } })
    const { status, body } = await send('GET', '/insight/responsibility', { as: 'agent' })
    expect(status).toBe(200)
    expect(body.holders.map((row: any) => [row.agentId, row.tickets])).toEqual([
      ['ana', '/api/v1/tickets?departmentId=b&agentId=ana&status=new%2Copen%2Canswered%2Cpostponed'],
      [null, '/api/v1/tickets?departmentId=b&unassigned=true&status=new%2Copen%2Canswered%2Cpostponed'],
    ])
    expect(body.departments[0]).toMatchObject({
      unclaimedTickets: '/api/v1/tickets?departmentId=b&status=new%2Copen&unassigned=true',
      noEligibleAgentTickets: '/api/v1/tickets?departmentId=b&noEligibleAgent=true',
    })
    expect(body.unclaimedAge.map((age: any) => age.tickets)).toEqual([
      '/api/v1/tickets?unclaimedFrom=2026-03-01T10%3A00%3A00.000Z',
      '/api/v1/tickets?unclaimedFrom=2000-01-01T00%3A00%3A00.000Z&unclaimedUntil=2026-03-01T10%3A00%3A00.000Z',
    ])
  })

  it('hand the period on, and say nothing of what was not claimed', async () => {
    let asked: GetClaimsRequest | undefined
    const getClaims = async (request: GetClaimsRequest) => {
      asked = request
      const none = { departmentId: 'b', departmentName: 'Billing', times: { claims: 0 } }
      const some = { ...none, times: { claims: 2, medianSeconds: 60, p90Seconds: 90 } }
      const day = { day: '2026-02-03', times: some.times, departments: [some] }
      return { ...PERIOD, total: some.times, departments: [none], days: [day] }
    }
    const { send } = fakeApp({ insight: { getClaims } })
    const { body } = await send('GET', '/insight/claims?since=2026-02-01&until=2026-03-01', { as: 'agent' })
    expect(asked).toMatchObject({ since: '2026-02-01', until: '2026-03-01' })
    expect(body).toMatchObject({ ...PERIOD, claims: 2, medianSeconds: 60 })
    expect(body.departments[0]).not.toHaveProperty('medianSeconds')
    expect(body.days[0].departments[0].tickets).toBe('/api/v1/tickets?claimedIn=b&claimedOn=2026-02-03')
  })

  it('have a rate only where something was resolved', async () => {
    const flow = { fromDepartmentId: 'b', toDepartmentId: 's', transfers: 3, reopened: 1 }
    const department = { departmentId: 's', transferredIn: 3, transferredOut: 0, resolved: 0, reopened: 0 }
    const getFlows = async () => ({
      ...PERIOD,
      ...{ transfers: 3, reopened: 1, resolved: 4, flows: [flow], departments: [department] },
    })
    const { send } = fakeApp({ insight: { getFlows } })
    const { body } = await send('GET', '/insight/flows', { as: 'owner' })
    expect([body.reopenRate, body.departments[0].reopenRate]).toEqual([0.25, null])
    expect(body.flows[0]).toMatchObject({
      tickets: '/api/v1/tickets?transferredFrom=b&transferredTo=s&since=2026-02-01&until=2026-03-01',
      reopenedTickets: '/api/v1/tickets?reopenedIn=b&reopenedTo=s&since=2026-02-01&until=2026-03-01',
    })
  })

  it.each([
    ['/insight/claims?since=yesterday', 'since'],
    ['/insight/flows?until=2026-02-30', 'until'],
    ['/insight/flows?since=1999-01-01', 'since'],
    ['/insight/responsibility?since=2026-01-01', 'since'],
    ['/tickets?unclaimedFrom=x', 'unclaimedFrom'],
    ['/tickets?claimedOn=2026-13-01', 'claimedOn'],
    ['/tickets?sort=-', 'sort'],
    ['/tickets?sort=responsibility.since', 'sort'],
    ['/tickets?happened=x', 'happened'],
    ['/tickets?since=2026-02-30', 'since'],
  ])('refuse %s with the field', async (path, field) => {
    const refused = await fakeApp().send('GET', path, { as: 'owner' })
    expect(refused.status).toBe(400)
    expect(refused.body.errors.map((each: any) => each.field)).toEqual([field])
  })

  it('are filters of the ticket list', async () => {
    let asked: ListTicketsRequest | undefined
    const listTickets = async (request: ListTicketsRequest) => {
      asked = request
      return { items: [] }
    }
    const { send } = fakeApp({ ticket: { listTickets } })
    const query =
      'noEligibleAgent=true&transferredFrom=b&transferredTo=s&reopenedIn=b&claimedOn=2026-02-03&sort=-since&happened=resolved&since=2026-02-01&until=2026-03-01'
    expect((await send('GET', `/tickets?${query}&unclaimedUntil=${AT}`, { as: 'owner' })).status).toBe(200)
    expect(asked).toMatchObject({
      ...{ noEligibleAgent: true, transferredFrom: 'b', transferredTo: 's', reopenedIn: 'b' },
      ...{ claimedOn: '2026-02-03', unclaimedUntil: AT, sort: '-since', happened: 'resolved' },
    })
  })
})
