import { beforeAll, describe, expect, it } from 'vitest'
import { createWorld, expectStatus, type World } from '../support/world.ts'

let world: World
let ticket: any
let hidden: any

beforeAll(async () => {
  world = await createWorld({
    departments: ['Billing'],
    agents: { ada: { in: ['Support'] }, bea: { in: ['Billing'] } },
  })
  ticket = await world.createTicket()
  hidden = await world.createTicket({ departmentId: world.departments.Billing?.id })
  expectStatus((await world.agents.ada?.api.post(`/tickets/${ticket.id}/claim`)) as never, 200)
  const reason = '=HYPERLINK("http://evil.example")'
  expectStatus(await world.owner.api.post(`/tickets/${ticket.id}/take-over`, { reason }), 200)
})

const exported = async (query = '', api = world.owner.api) => {
  const answer = await api.get(`/exports/responsibility${query}`)
  return { ...answer, body: expectStatus(answer, 200) as string }
}
const parse = (text: string): any[] =>
  text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line))

describe('the export of responsibility', () => {
  it('tiles the life of every ticket, as the moments do', async () => {
    const { body, headers } = await exported()
    expect(headers.get('content-type')).toBe('application/x-ndjson')
    expect(body.endsWith('\n')).toBe(true)
    const intervals = parse(body).filter(({ ticketId }) => ticketId === ticket.id)
    expect(intervals.map(({ agentId }) => agentId)).toEqual([null, world.agents.ada?.id, world.owner.id])
    expect(intervals.map(({ until }) => until)).toEqual([intervals[1].since, intervals[2].since, null])
    for (const interval of intervals) {
      const at = encodeURIComponent(interval.since)
      const then = expectStatus(
        await world.owner.api.get(`/tickets/${ticket.id}/responsibility?at=${at}`),
        200,
      )
      expect(then).toMatchObject({ revision: interval.revision, agentId: interval.agentId })
    }
  })

  it('has agents see what they see, and owners all', async () => {
    const ids = async (name: string) =>
      new Set(parse((await exported('', world.agents[name]?.api)).body).map(({ ticketId }) => ticketId))
    expect(await ids('ada')).toEqual(new Set([ticket.id]))
    expect(await ids('bea')).toEqual(new Set([hidden.id]))
    expect(new Set(parse((await exported()).body).map(({ ticketId }) => ticketId))).toEqual(
      new Set([ticket.id, hidden.id]),
    )
    expect((await world.anonymous.get('/exports/responsibility')).status).toBe(401)
  })

  it('is limited to a period', async () => {
    const before = encodeURIComponent(new Date(Date.parse(ticket.createdAt) - 1000).toISOString())
    expect((await exported(`?until=${before}`)).body).toBe('')
    const later = encodeURIComponent(new Date(Date.now() + 1000).toISOString())
    const open = parse((await exported(`?from=${later}`)).body)
    expect(open.every(({ until }) => until === null)).toBe(true)
    expect(open).toHaveLength(2)
    expect((await world.owner.api.get(`/exports/responsibility?from=${later}&until=${before}`)).status).toBe(
      400,
    )
    expect((await world.owner.api.get('/exports/responsibility?format=xml')).status).toBe(400)
  })

  it('is safe to open in a spreadsheet', async () => {
    const { body, headers } = await exported('?format=csv')
    expect(headers.get('content-type')).toContain('text/csv')
    expect(headers.get('content-disposition')).toContain('responsibility.csv')
    const [head, ...rows] = body.trim().split('\r\n')
    expect(head).toBe(
      'ticketId,ticketNumber,departmentId,agentId,revision,since,until,actorType,actorId,actorName,cause,reason',
    )
    expect(rows).toHaveLength(4)
    expect(body).toContain(`"'=HYPERLINK(""http://evil.example"")"`)
  })
})

describe('who was responsible at a moment', () => {
  const at = (moment: string) =>
    world.owner.api.get(`/tickets/${ticket.id}/responsibility?at=${encodeURIComponent(moment)}`)

  it('is nobody before the ticket, and somebody at its first millisecond', async () => {
    const created = Date.parse(ticket.createdAt)
    expect((await at(new Date(created - 1).toISOString())).status).toBe(404)
    expect(expectStatus(await at(ticket.createdAt), 200)).toMatchObject({ revision: 1, agentId: null })
  })

  it('changes at the very moment of a change', async () => {
    const now = expectStatus(await world.owner.api.get(`/tickets/${ticket.id}/responsibility`), 200)
    const before = new Date(Date.parse(now.since) - 1).toISOString()
    expect(expectStatus(await at(now.since), 200).revision).toBe(3)
    expect(expectStatus(await at(before), 200)).toMatchObject({ revision: 2, until: now.since })
  })

  it('is whoever is now in any moment to come, and no rubbish', async () => {
    const then = expectStatus(await at('2100-01-01T00:00:00Z'), 200)
    expect(then).toMatchObject({ revision: 3, agentId: world.owner.id })
    expect(then).not.toHaveProperty('until')
    expect((await at('yesterday')).status).toBe(400)
  })
})
