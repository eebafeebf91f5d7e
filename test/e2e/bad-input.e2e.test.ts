import { randomUUID } from 'node:crypto'
import { beforeAll, describe, expect, it } from 'vitest'
import { createWorld, expectStatus, type World } from '../support/world.ts'

let world: World
let ticket: any

beforeAll(async () => {
  world = await createWorld({ agents: { ada: { in: ['Support'] } } })
  ticket = await world.createTicket()
})

const good = () => ({
  subject: 'Hello',
  body: 'World',
  channel: 'email',
  contact: { email: 'c@x.example', name: 'C' },
})

describe('bad input', () => {
  const CASES: [string, string, unknown, number, string?][] = [
    ['malformed JSON', '/tickets', '{"subject": ', 400],
    ['an array', '/tickets', '[]', 400],
    ['an unknown field', '/tickets', { ...good(), colour: 'red' }, 400, 'colour'],
    ['a wrong type', '/tickets', { ...good(), subject: 7 }, 400, 'subject'],
    ['an empty subject', '/tickets', { ...good(), subject: '' }, 400, 'subject'],
    ['a long subject', '/tickets', { ...good(), subject: 'x'.repeat(999) }, 400, 'subject'],
    ['an unknown channel', '/tickets', { ...good(), channel: 'pigeon' }, 400, 'channel'],
    ['an unknown priority', '/tickets', { ...good(), priority: 'asap' }, 400, 'priority'],
    ['an unknown department', '/tickets', { ...good(), departmentId: 'nowhere' }, 422, 'departmentId'],
    [
      'an unknown department in a rule',
      '/rules',
      {
        name: 'R',
        trigger: { type: 'ticket_created' },
        conditions: [],
        actions: [{ type: 'transfer', departmentId: 'nowhere' }],
      },
      422,
      'actions[0].departmentId',
    ],
  ]
  it.each(CASES)('%s', async (_name, path, body, status, field) => {
    const answer = await world.owner.api.post(path, body, { 'content-type': 'application/json' })
    expect(answer.status, JSON.stringify(answer.body)).toBe(status)
    expect(answer.headers.get('content-type')).toContain('application/problem+json')
    expect(answer.body.type).toBeTruthy()
    expect(JSON.stringify(answer.body)).not.toMatch(/\.ts:|node_modules|at Object/)
    if (field) expect(answer.body.errors.map((e: any) => e.field)).toContain(field)
  })

  it('a body over 1 MiB is 413', async () => {
    const answer = await world.owner.api.post('/tickets', { ...good(), body: 'x'.repeat(1024 * 1024) })
    expect(answer.status).toBe(413)
  })

  it('wrong ids and wrong pages', async () => {
    expect((await world.owner.api.get('/tickets/nonsense')).status).toBe(404)
    expect((await world.owner.api.get('/tickets/%00')).status).toBe(404)
    expect((await world.owner.api.get('/tickets?limit=0')).status).toBe(400)
    expect((await world.owner.api.get('/tickets?limit=201')).status).toBe(400)
    expect((await world.owner.api.get('/tickets?cursor=rubbish')).status).toBe(400)
    expect((await world.owner.api.get('/nothing-here')).status).toBe(404)
  })

  it('asks for permission before it validates', async () => {
    const agent = world.agents.ada!.api
    expect((await agent.post(`/tickets/${ticket.id}/close`, { what: 1 })).status).toBe(403)
    expect((await agent.post('/departments', { what: 1 })).status).toBe(403)
  })
})

describe('Idempotency-Key', () => {
  it('gives a repeat the first answer, also when both come at once', async () => {
    const key = randomUUID()
    const body = { ...good(), subject: `Once ${key}` }
    const answers = await Promise.all(
      Array.from({ length: 5 }, () => world.owner.api.post('/tickets', body, { 'idempotency-key': key })),
    )
    expect(new Set(answers.map((answer) => answer.status))).toEqual(new Set([201]))
    expect(new Set(answers.map((answer) => JSON.stringify(answer.body))).size).toBe(1)
    const list = expectStatus(await world.owner.api.get('/tickets?limit=200'), 200)
    expect(list.items.filter((item: any) => item.subject === body.subject)).toHaveLength(1)
    const other = await world.owner.api.post(
      '/tickets',
      { ...body, subject: 'Another' },
      { 'idempotency-key': key },
    )
    expect(other.status).toBe(422)
    expect(other.body.type).toContain('idempotency-key-reused')
  })

  it('is the same claim again, not a second one', async () => {
    const fresh = await world.createTicket()
    const key = randomUUID()
    const first = await world.agents.ada!.api.post(
      `/tickets/${fresh.id}/claim`,
      {},
      { 'idempotency-key': key },
    )
    const second = await world.agents.ada!.api.post(
      `/tickets/${fresh.id}/claim`,
      {},
      { 'idempotency-key': key },
    )
    expect([first.status, second.status]).toEqual([200, 200])
    expect(second.body).toEqual(first.body)
  })
})

describe('pages', () => {
  it('walk through everything once', async () => {
    const paged = await createWorld({ agents: { pia: { in: ['Support'] } } })
    const made = new Set<string>()
    for (let i = 0; i < 7; i += 1) made.add((await paged.createTicket({ subject: `Page ${i}` })).id)
    const seen: string[] = []
    let cursor: string | undefined
    do {
      const page: any = expectStatus(
        await paged.owner.api.get(`/tickets?limit=3${cursor ? `&cursor=${encodeURIComponent(cursor)}` : ''}`),
        200,
      )
      expect(page.items.length).toBeLessThanOrEqual(3)
      seen.push(...page.items.map((item: any) => item.id))
      cursor = page.nextCursor
    } while (cursor)
    expect(seen).toHaveLength(7)
    expect(new Set(seen)).toEqual(made)
  })
})

describe('to solve', () => {
  it('counts and hands out each ticket once', async () => {
    const line = await createWorld({
      agents: { amy: { in: ['Support'] }, bob: { in: ['Support'] }, cid: { in: ['Support'] } },
    })
    for (let i = 0; i < 6; i += 1) await line.createTicket({ priority: i === 3 ? 'urgent' : 'normal' })
    const before = expectStatus(await line.agents.amy!.api.get('/me/to-solve'), 200)
    expect(before).toMatchObject({ count: 6, assignedToMe: 0, unassigned: 6 })
    expect(before.items[0].priority).toBe('urgent')
    const handed = await Promise.all(
      ['amy', 'bob', 'cid', 'amy', 'bob', 'cid'].map((name) =>
        line.agents[name]!.api.post('/me/to-solve/next'),
      ),
    )
    expect(handed.map((answer) => answer.status)).toEqual([200, 200, 200, 200, 200, 200])
    expect(new Set(handed.map((answer) => answer.body.id)).size).toBe(6)
    expect((await line.agents.amy!.api.post('/me/to-solve/next')).status).toBe(204)
  })
})
