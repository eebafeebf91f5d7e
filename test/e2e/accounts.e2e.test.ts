import { beforeAll, describe, expect, it } from 'vitest'
import { createWorld, expectStatus, type World } from '../support/world.ts'

let ours: World
let theirs: World
let ticket: any

beforeAll(async () => {
  ours = await createWorld({
    departments: ['Billing'],
    agents: { ada: { in: ['Support'] }, bea: { in: ['Billing'] }, adam: { role: 'admin' } },
  })
  theirs = await createWorld({ agents: { theo: { in: ['Support'] } } })
  ticket = await ours.createTicket()
})

const ADDRESSES = (id: string) => [
  ['GET', `/tickets/${id}`],
  ['GET', `/tickets/${id}/timeline`],
  ['GET', `/tickets/${id}/messages`],
  ['GET', `/tickets/${id}/notifications`],
  ['GET', `/tickets/${id}/responsibility`],
  ['POST', `/tickets/${id}/claim`],
  ['POST', `/tickets/${id}/assign`],
  ['POST', `/tickets/${id}/transfer`],
  ['POST', `/tickets/${id}/release`],
  ['POST', `/tickets/${id}/take-over`],
  ['POST', `/tickets/${id}/return`],
  ['POST', `/tickets/${id}/resolve`],
  ['POST', `/tickets/${id}/reopen`],
  ['POST', `/tickets/${id}/postpone`],
  ['POST', `/tickets/${id}/close`],
  ['POST', `/tickets/${id}/spam`],
  ['POST', `/tickets/${id}/delete`],
  ['POST', `/tickets/${id}/messages`],
]

describe('what is another account’s', () => {
  it('is 404 on every ticket address, for its owner and its agents, whatever the body', async () => {
    for (const [method, path] of ADDRESSES(ticket.id)) {
      for (const api of [theirs.owner.api, theirs.agents.theo?.api]) {
        const answer =
          method === 'GET' ? await api?.get(path ?? '') : await api?.post(path ?? '', { nonsense: 1 })
        expect(answer?.status, `${method} ${path}`).toBe(404)
      }
      const foreign =
        method === 'GET'
          ? await ours.agents.bea?.api.get(path ?? '')
          : await ours.agents.bea?.api.post(path ?? '', {})
      expect(foreign?.status, `foreign department ${method} ${path}`).toBe(404)
      const nobody =
        method === 'GET' ? await ours.anonymous.get(path ?? '') : await ours.anonymous.post(path ?? '', {})
      expect(nobody.status, `nobody ${method} ${path}`).toBe(401)
    }
  })

  it('is not in lists, search or to-solve', async () => {
    for (const api of [theirs.owner.api, ours.agents.bea?.api]) {
      const list = expectStatus(await api!.get('/tickets?q=printer'), 200)
      expect(list.items.map((item: any) => item.id)).not.toContain(ticket.id)
      const solve = expectStatus(await api!.get('/me/to-solve'), 200)
      expect(solve.items.map((item: any) => item.id)).not.toContain(ticket.id)
    }
    expect(
      expectStatus(await ours.agents.ada!.api.get('/tickets?unassigned=true'), 200).items.map(
        (i: any) => i.id,
      ),
    ).toContain(ticket.id)
  })

  it('cannot be named in a command', async () => {
    const wrongDepartment = await ours.owner.api.post(`/tickets/${ticket.id}/transfer`, {
      departmentId: theirs.departments.Support?.id,
    })
    expect(wrongDepartment.status).toBe(422)
    expect(wrongDepartment.body.errors[0].field).toBe('departmentId')
    const wrongAgent = await ours.owner.api.post(`/tickets/${ticket.id}/assign`, {
      agentId: theirs.agents.theo?.id,
    })
    expect(wrongAgent.status).toBe(422)
    expect(wrongAgent.body.errors[0].field).toBe('agentId')
  })
})

describe('setting up', () => {
  const SETUP: [string, string, unknown][] = [
    ['PATCH', '/settings', { locale: 'fr' }],
    ['POST', '/departments', { name: 'Shadow' }],
    ['POST', '/agents', { name: 'Shadow', email: 'shadow@x.example', role: 'agent' }],
    [
      'POST',
      '/rules',
      { name: 'Shadow', trigger: { type: 'ticket_created' }, conditions: [], actions: [{ type: 'stop' }] },
    ],
    ['GET', '/audit', undefined],
    ['GET', '/inbound/unreadable', undefined],
  ]
  it('is for owners and admins only', async () => {
    for (const [method, path, body] of SETUP) {
      const call = (api: any) =>
        method === 'GET' ? api.get(path) : method === 'PATCH' ? api.patch(path, body) : api.post(path, body)
      expect((await call(ours.agents.ada?.api)).status, `agent ${method} ${path}`).toBe(403)
      expect((await call(ours.anonymous)).status, `nobody ${method} ${path}`).toBe(401)
      expect((await call(ours.agents.adam?.api)).status, `admin ${method} ${path}`).toBeLessThan(300)
    }
  })

  it('gives nobody a role above one’s own, and the last owner stays', async () => {
    const refused = await ours.agents.adam!.api.post('/agents', {
      name: 'Sly',
      email: `sly@${ours.domain}`,
      role: 'owner',
    })
    expect(refused.status).toBe(403)
    const last = await ours.owner.api.patch(`/agents/${ours.owner.id}`, { role: 'agent' })
    expect(last.status).toBe(409)
    expect(last.body.type).toContain('last-owner')
  })

  it('gives the operator accounts and nothing inside them', async () => {
    const { createApi } = await import('../support/api.ts')
    const operator = createApi(ours.local.baseUrl, ours.local.operatorKey)
    expect([403, 404]).toContain((await operator.get(`/tickets/${ticket.id}`)).status)
    expect([401, 403]).toContain((await ours.owner.api.post('/accounts', { name: 'x' })).status)
  })
})

describe('an agent who left', () => {
  it('has no key any more, and keeps no ticket', async () => {
    const world = await createWorld({ agents: { lee: { in: ['Support'] }, max: { in: ['Support'] } } })
    const mine = await world.createTicket()
    expectStatus(await world.agents.lee!.api.post(`/tickets/${mine.id}/claim`, {}), 200)
    expectStatus(await world.owner.api.patch(`/agents/${world.agents.lee?.id}`, { status: 'removed' }), 200)
    expect((await world.agents.lee!.api.get('/me')).status).toBe(401)
    const { eventually } = await import('../support/api.ts')
    const freed = await eventually('the ticket to be free', async () => {
      const now = (await world.owner.api.get(`/tickets/${mine.id}`)).body
      return now.agentId === null ? now : undefined
    })
    expect(freed.responsibility.cause.type).toBe('offboarding')
    expect(freed.departmentId).toBe(world.departments.Support?.id)
  })
})
