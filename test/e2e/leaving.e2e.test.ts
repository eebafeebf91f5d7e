import { beforeAll, describe, expect, it } from 'vitest'
import { eventually } from '../support/api.ts'
import { createWorld, expectStatus, type World } from '../support/world.ts'

const timeline = async (world: World, id: string): Promise<any[]> =>
  expectStatus(await world.owner.api.get(`/tickets/${id}/timeline?limit=200`), 200).items
const ticketOf = async (world: World, id: string): Promise<any> =>
  expectStatus(await world.owner.api.get(`/tickets/${id}`), 200)
const until = async (world: World, id: string, agentId: string | null | undefined): Promise<any> =>
  eventually(`ticket ${id} to be ${agentId}'s`, async () => {
    const now = await ticketOf(world, id)
    return now.agentId === agentId ? now : undefined
  })
const orphans = async (world: World): Promise<any> =>
  expectStatus(await world.owner.api.get('/operations/orphans'), 200)
const inDays = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString()

describe('off-boarding', () => {
  let world: World
  let path: string
  const tickets: Record<'Support' | 'Billing', any[]> = { Support: [], Billing: [] }

  beforeAll(async () => {
    world = await createWorld({
      departments: ['Billing'],
      agents: {
        lee: { in: ['Support', 'Billing'] },
        max: { in: ['Support'] },
        bea: { in: ['Billing'] },
        adam: { role: 'admin' },
      },
    })
    const { lee } = world.agents
    path = `/agents/${lee?.id}/offboarding`
    for (const name of ['Support', 'Support', 'Support', 'Billing', 'Billing'] as const) {
      const ticket = await world.createTicket({ departmentId: world.departments[name]?.id })
      tickets[name].push(expectStatus(await lee!.api.post(`/tickets/${ticket.id}/claim`, {}), 200))
    }
  })

  it('is only for admins and owners, and nobody leaves who is the last owner or stands above', async () => {
    const { max, adam } = world.agents
    expect((await max!.api.post(path, { dryRun: true })).status).toBe(403)
    expect((await max!.api.get(path)).status).toBe(403)
    const last = await world.owner.api.post(`/agents/${world.owner.id}/offboarding`, { successors: [] })
    expect([last.status, last.body.type]).toEqual([409, 'https://onus.dev/problems/last-owner'])
    expect((await adam!.api.post(`/agents/${world.owner.id}/offboarding`, { dryRun: true })).status).toBe(403)
    const theirs = await createWorld()
    expect((await theirs.owner.api.post(path, { dryRun: true })).status).toBe(404)
    expect((await world.owner.api.get(path)).status).toBe(404)
  })

  it('refuses a successor who could not have the tickets, with the field and the remedy', async () => {
    const billing = world.departments.Billing?.id
    const refused = async (successor: object) =>
      (await world.owner.api.post(path, { successors: [successor] })).body
    const outsider = await refused({ departmentId: billing, agentId: world.agents.max?.id })
    expect(outsider.status).toBe(422)
    expect(outsider.errors[0].field).toBe('successors[0].agentId')
    expect(outsider.errors[0].message).toMatch(/no member of "Billing".*Make them one/)
    const self = await refused({ departmentId: billing, agentId: world.agents.lee?.id })
    expect([self.status, self.errors[0].field]).toEqual([422, 'successors[0].agentId'])
    const gone = await refused({ departmentId: 'gone', policy: 'nobody' })
    expect([gone.status, gone.errors[0].field]).toEqual([422, 'successors[0].departmentId'])
    const both = await refused({ departmentId: billing, agentId: world.agents.bea?.id, policy: 'nobody' })
    expect([both.status, both.errors[0].field]).toEqual([400, 'successors[0]'])
    expect((await refused({ departmentId: billing, policy: 'burn' })).status).toBe(400)
    expect((await world.owner.api.get(`/agents/${world.agents.lee?.id}`)).body.status).toBe('active')
  })

  it('counts beforehand, and changes nothing by that', async () => {
    const preview = expectStatus(await world.owner.api.post(path, { dryRun: true, successors: [] }), 200)
    expect(preview).toMatchObject({ tickets: 5, state: 'preview', moved: 0 })
    const counts = Object.fromEntries(
      preview.byDepartment.map(({ departmentId, tickets }: any) => [departmentId, tickets]),
    )
    expect(counts).toEqual({ [world.departments.Support!.id]: 3, [world.departments.Billing!.id]: 2 })
    expect((await world.owner.api.get(`/agents/${world.agents.lee?.id}`)).body.status).toBe('active')
  })

  it('moves each ticket once, naming who started it; a claim that races with it leaves no orphan', async () => {
    const { lee, max, bea, adam } = world.agents
    const loose = await Promise.all([0, 1, 2, 3].map(() => world.createTicket()))
    const claims = loose.map(({ id }) => lee!.api.post(`/tickets/${id}/claim`, {}))
    const started = adam!.api.post(path, {
      successors: [{ departmentId: world.departments.Billing?.id, agentId: bea?.id }],
    })
    const offboarding = expectStatus(await started, 200)
    await Promise.all(claims)
    expect(['running', 'completed']).toContain(offboarding.state)
    for (const { id } of tickets.Billing) await until(world, id, bea?.id)
    for (const { id } of tickets.Support) await until(world, id, null)
    for (const { id } of loose) await until(world, id, null)
    for (const { id } of [...tickets.Billing, ...tickets.Support]) {
      const moves = (await timeline(world, id)).filter(({ cause }) => cause.type === 'offboarding')
      expect(moves).toHaveLength(1)
      expect(moves[0]).toMatchObject({
        type: 'responsibility.changed',
        cause: { offboardingId: offboarding.id, startedBy: { type: 'agent', id: adam?.id, name: 'Adam' } },
      })
      expect(moves[0].text).toContain('Adam off-boarded Lee')
    }
    expect((await lee!.api.get('/me')).status).toBe(401)
    expect((await max!.api.post(`/tickets/${tickets.Support[0].id}/claim`, {})).status).toBe(200)
    const done = await eventually(
      'the off-boarding to be completed',
      async () => {
        const now = expectStatus(await world.owner.api.get(path), 200)
        return now.state === 'completed' ? now : undefined
      },
      90_000,
    )
    expect(done).toMatchObject({ id: offboarding.id, status: 'removed', startedBy: { id: adam?.id } })
    expect(done.moved).toBeGreaterThanOrEqual(5)
    expect(done.finishedAt).toBeDefined()
    expect(await orphans(world)).toMatchObject({ orphans: 0, leaving: 0 })
  })

  it('tells the successor once of all', async () => {
    const { bea } = world.agents
    const notices = await eventually('the summary', async () => {
      const { items } = (await bea!.api.get('/me/notifications')).body
      const found = items.filter((one: any) => one.event === 'ticket_assigned' && one.channel === 'in_app')
      return found.length > 0 ? found : undefined
    })
    expect(notices).toHaveLength(1)
  })

  it('is taken back: what nobody has moved since is theirs again, and so is their place', async () => {
    const { lee, bea, max } = world.agents
    const undone = expectStatus(await world.owner.api.post(`${path}/undo`, {}), 200)
    expect(undone.state).toBe('undoing')
    const back = (await world.owner.api.get(`/agents/${lee?.id}`)).body
    expect(back.status).toBe('active')
    expect(back.memberships).toHaveLength(2)
    for (const { id } of tickets.Billing) await until(world, id, lee?.id)
    for (const { id } of tickets.Support.slice(1)) await until(world, id, lee?.id)
    expect((await ticketOf(world, tickets.Support[0].id)).agentId).toBe(max?.id)
    const last = (await timeline(world, tickets.Billing[0].id)).at(-1)
    expect(last.text).toBe('Olive Owner took the off-boarding back: Lee has the ticket again.')
    expect(last.from.agentId).toBe(bea?.id)
    expect((await lee!.api.get('/me')).status).toBe(200)
    expect((await world.owner.api.post(`${path}/undo`, {})).status).toBe(409)
    expect((await world.owner.api.post(`${path}/pause`, {})).status).toBe(409)
  })

  it('is in the audit', async () => {
    const { items } = expectStatus(await world.owner.api.get('/audit?limit=100'), 200)
    const actions = items.map(({ action }: any) => action)
    expect(actions).toEqual(
      expect.arrayContaining(['agent.removed', 'offboarding.created', 'offboarding.updated']),
    )
  })
})

describe('delegation', () => {
  let world: World
  let a: string
  const delegate = (who: string, to: string, more: object = {}) =>
    world.agents[who]!.api.put(`/agents/${world.agents[who]?.id}/delegation`, {
      toAgentId: world.agents[to]?.id,
      until: inDays(7),
      ...more,
    })

  beforeAll(async () => {
    world = await createWorld({
      agents: {
        ann: { in: ['Support'] },
        bob: { in: ['Support'] },
        cid: { in: ['Support'] },
        dot: { role: 'admin' },
      },
    })
    a = `/agents/${world.agents.ann?.id}/delegation`
  })

  it('refuses what cannot be, with the field and the remedy, and saves nothing', async () => {
    const { ann } = world.agents
    const put = (body: object) => ann!.api.put(a, body)
    const self = await put({ toAgentId: ann?.id, until: inDays(1) })
    expect([self.status, self.body.errors[0].field]).toEqual([422, 'toAgentId'])
    expect(self.body.errors[0].message).toContain('Name somebody else')
    const gone = await put({ toAgentId: 'nobody', until: inDays(1) })
    expect([gone.status, gone.body.errors[0].field]).toEqual([422, 'toAgentId'])
    const turned = await put({ toAgentId: world.agents.bob?.id, from: inDays(2), until: inDays(1) })
    expect([turned.status, turned.body.errors[0].field]).toEqual([400, 'until'])
    const others = await world.agents.bob!.api.put(a, { toAgentId: world.agents.cid?.id, until: inDays(1) })
    expect(others.status).toBe(403)
    expect((await ann!.api.get(a)).status).toBe(404)
  })

  it('follows chains, refuses circles, moves what is open, and brings it back at its end', async () => {
    const { ann, bob, cid } = world.agents
    const mine = await world.createTicket()
    expectStatus(await ann!.api.post(`/tickets/${mine.id}/claim`, {}), 200)
    expectStatus(await delegate('bob', 'cid'), 200)
    expectStatus(await delegate('ann', 'bob', { mode: 'tickets' }), 200)
    const circle = await delegate('cid', 'ann')
    expect(circle.status).toBe(422)
    expect(circle.body.errors[0].message).toContain('Cid → Ann → Bob → Cid')

    const moved = await until(world, mine.id, cid?.id)
    expect(moved.responsibility.cause).toMatchObject({ type: 'delegation', agentId: ann?.id })
    const entry = (await timeline(world, mine.id)).at(-1)
    expect(entry.details.chain).toEqual([ann?.id, bob?.id, cid?.id])
    expect(entry.text).toBe('Cid stands in for Ann (Ann → Bob → Cid) and has the ticket.')

    // By hand somebody is meant in person.
    const named = await world.createTicket()
    expectStatus(await cid!.api.post(`/tickets/${named.id}/assign`, { agentId: ann?.id }), 200)
    expect((await ticketOf(world, named.id)).agentId).toBe(ann?.id)

    expectStatus(await ann!.api.delete(a), 204)
    const back = await until(world, mine.id, ann?.id)
    expect(back.responsibility.cause).toMatchObject({ type: 'delegation', ended: true })
    expect((await timeline(world, mine.id)).at(-1).text).toContain('Ann has the ticket again')
    expect((await ann!.api.get(a)).status).toBe(404)
    expectStatus(await bob!.api.delete(`/agents/${bob?.id}/delegation`), 204)
  })

  it('gives what is reopened to who stands in', async () => {
    const { ann, bob } = world.agents
    const ticket = await world.createTicket()
    expectStatus(await ann!.api.post(`/tickets/${ticket.id}/claim`, {}), 200)
    expectStatus(await ann!.api.post(`/tickets/${ticket.id}/resolve`, {}), 200)
    expectStatus(await delegate('ann', 'bob'), 200)
    const reopened = expectStatus(await ann!.api.post(`/tickets/${ticket.id}/reopen`, {}), 200)
    expect(reopened.agentId).toBe(bob?.id)
    expect(reopened.responsibility.cause.type).toBe('delegation')
    expectStatus(await ann!.api.delete(a), 204)
    await until(world, ticket.id, ann?.id)
  })
})

describe('leave', () => {
  it('is said by agents themselves or by admins, in their own zone, and read when a ticket is reopened', async () => {
    const world = await createWorld({
      agents: { ann: { in: ['Support'] }, bob: { in: ['Support'] }, dot: { role: 'admin' } },
    })
    const { ann, bob, dot } = world.agents
    const path = `/agents/${ann?.id}/leave`
    expectStatus(await dot!.api.patch(`/agents/${ann?.id}`, { timeZone: 'America/New_York' }), 200)
    expect((await bob!.api.put(path, { items: [] })).status).toBe(403)
    expect((await bob!.api.get(path)).status).toBe(403)
    const dated = expectStatus(
      await ann!.api.put(path, { items: [{ from: '2030-12-24', until: '2030-12-31', note: 'Skiing' }] }),
      200,
    )
    expect(dated.items).toEqual([
      { from: '2030-12-24T05:00:00.000Z', until: '2031-01-01T05:00:00.000Z', note: 'Skiing' },
    ])
    const overlap = await ann!.api.post(path, { from: '2030-12-31', until: '2031-01-02' })
    expect([overlap.status, overlap.body.errors[0].field]).toEqual([400, 'items[0].from'])
    const turned = await ann!.api.put(path, { items: [{ from: '2030-12-24', until: '2030-12-23' }] })
    expect([turned.status, turned.body.errors[0].field]).toEqual([400, 'items[0].until'])
    expect(expectStatus(await ann!.api.get(path), 200)).toEqual(dated)
    // Why somebody is away is for them and the admins.
    expect(JSON.stringify((await bob!.api.get(`/agents/${ann?.id}`)).body)).not.toContain('Skiing')

    const ticket = await world.createTicket()
    const reopen = async () => {
      expectStatus(await ann!.api.post(`/tickets/${ticket.id}/resolve`, {}), 200)
      return expectStatus(await ann!.api.post(`/tickets/${ticket.id}/reopen`, {}), 200)
    }
    expectStatus(await ann!.api.post(`/tickets/${ticket.id}/claim`, {}), 200)
    expect((await reopen()).agentId).toBe(ann?.id)
    expectStatus(await dot!.api.post(path, { from: inDays(-1), until: inDays(1) }), 201)
    const away = await reopen()
    expect(away.agentId).toBeNull()
    expect(away.responsibility.cause).toMatchObject({ type: 'reopen_policy', outcome: 'on_leave' })
    expect((await timeline(world, ticket.id)).at(-1).text).toContain('Ann is on leave')

    expectStatus(await ann!.api.delete(path), 204)
    expect(expectStatus(await ann!.api.get(path), 200).items).toEqual([])
  })

  it('counts the hours of an agent as well', async () => {
    const world = await createWorld({ agents: { ann: { in: ['Support'] }, bob: { in: ['Support'] } } })
    const { ann } = world.agents
    const bad = await world.owner.api.patch(`/agents/${ann?.id}`, { schedule: { timeZone: 'UTC', days: {} } })
    expect([bad.status, bad.body.errors[0].field]).toEqual([400, 'schedule.days'])
    // Open for one minute a week, some days from now.
    const day = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'][(new Date().getUTCDay() + 3) % 7]!
    const schedule = { timeZone: 'UTC', days: { [day]: [['12:00', '12:01']] } }
    const changed = expectStatus(await world.owner.api.patch(`/agents/${ann?.id}`, { schedule }), 200)
    expect(changed.schedule).toMatchObject(schedule)
    const ticket = await world.createTicket()
    expectStatus(await ann!.api.post(`/tickets/${ticket.id}/claim`, {}), 200)
    expectStatus(await ann!.api.post(`/tickets/${ticket.id}/resolve`, {}), 200)
    const reopened = expectStatus(await ann!.api.post(`/tickets/${ticket.id}/reopen`, {}), 200)
    expect(reopened.agentId).toBeNull()
    expect(reopened.responsibility.cause.outcome).toBe('off_shift')
  })
})

it('a dropped membership says who dropped them', async () => {
  const world = await createWorld({ agents: { lee: { in: ['Support'] }, max: { in: ['Support'] } } })
  const { lee } = world.agents
  const ticket = await world.createTicket()
  expectStatus(await lee!.api.post(`/tickets/${ticket.id}/claim`, {}), 200)
  expectStatus(await world.owner.api.patch(`/agents/${lee?.id}`, { memberships: [] }), 200)
  const freed = await until(world, ticket.id, null)
  expect(freed.responsibility.cause).toMatchObject({
    type: 'membership_change',
    startedBy: { id: world.owner.id },
  })
})
