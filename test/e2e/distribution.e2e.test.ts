import { beforeAll, describe, expect, it } from 'vitest'
import { eventually } from '../support/api.ts'
import { createWorld, expectStatus, type World } from '../support/world.ts'

/** Each test has a department, and agents of it, for itself. */
let world: World
let line = 0
beforeAll(async () => {
  world = await createWorld({ agents: { adam: { role: 'admin' } } })
})

interface Person {
  id: string
  be(presence: string): Promise<void>
  command(ticketId: string, command: string, body?: object): Promise<any>
}

async function department(distribution: object, more: object = {}): Promise<{ id: string }> {
  line += 1
  const made = await world.owner.api.post('/departments', { name: `Line ${line}`, distribution, ...more })
  return expectStatus(made, 201)
}

async function person(departmentId: string, more: object = {}): Promise<Person> {
  line += 1
  const email = `p${line}@${world.domain}`
  const input = { name: `Person ${line}`, email, memberships: [{ departmentId }], ...more }
  const { id } = expectStatus(await world.owner.api.post('/agents', input), 201)
  const key = expectStatus(await world.owner.api.post('/api-keys', { name: email, agentId: id }), 201)
  const call = (method: string, path: string, body: object) =>
    fetch(`${world.local.baseUrl}/api/v1${path}`, {
      method,
      headers: { authorization: `Bearer ${key.key}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
  return {
    id,
    async be(presence) {
      expect((await call('PUT', '/me/presence', { presence })).status).toBeLessThan(300)
    },
    async command(ticketId, command, body = {}) {
      const answer = await call('POST', `/tickets/${ticketId}/${command}`, body)
      expect(answer.status).toBe(200)
      return await answer.json()
    },
  }
}

const ticket = (departmentId: string): Promise<any> => world.createTicket({ departmentId })
const read = async (id: string): Promise<any> =>
  expectStatus(await world.owner.api.get(`/tickets/${id}`), 200)
const timeline = async (id: string, language = 'en'): Promise<any[]> =>
  expectStatus(await world.owner.api.get(`/tickets/${id}/timeline`, { 'accept-language': language }), 200)
    .items
const holder = async (id: string): Promise<string | null> => (await read(id)).agentId

describe('round robin', () => {
  it('gives new tickets to who is online in turn, and says why', async () => {
    const { id } = await department({ strategy: 'round_robin', on: ['new'] })
    const [one, other, off] = [await person(id), await person(id), await person(id)]
    // The circle goes by ids, which nobody chooses.
    const [ann, ben] = one.id < other.id ? [one, other] : [other, one]
    await ann.be('online')
    await ben.be('online')
    const given = []
    for (let at = 0; at < 4; at += 1) given.push(await ticket(id))
    expect(given.map(({ agentId }) => agentId)).toEqual([ann.id, ben.id, ann.id, ben.id])
    const [first] = given
    expect(first.responsibility).toMatchObject({
      revision: 1,
      actor: { type: 'system' },
      cause: { type: 'distribution' },
    })
    const entry = (await timeline(first.id)).find(({ type }) => type === 'responsibility.changed')
    const candidates = new Map<string, object>(
      entry.details.candidates.map((each: { agentId: string }) => [each.agentId, each]),
    )
    expect(candidates.get(ann.id)).toMatchObject({ outcome: 'chosen', reason: 'next_in_turn' })
    expect(candidates.get(ben.id)).toMatchObject({ outcome: 'passed_over', reason: 'not_in_turn' })
    expect(candidates.get(off.id)).toMatchObject({ outcome: 'passed_over', reason: 'offline' })
    expect(entry.text).toContain('next in turn')
    expect((await timeline(first.id, 'fr')).map(({ text }) => text).join()).toContain('hors ligne')
  })
})

describe('capacity', () => {
  it('is kept; nobody eligible is shown; who comes online gets the oldest first', async () => {
    const { id } = await department({ strategy: 'least_loaded', on: ['new', 'reopened'] })
    const ann = await person(id, { capacity: 1 })
    const ben = await person(id, { capacity: 2 })
    await ann.be('online')
    const first = await ticket(id)
    expect(first.agentId).toBe(ann.id)
    const waiting = [await ticket(id), await ticket(id), await ticket(id)]
    for (const one of waiting) expect(one).toMatchObject({ agentId: null, noEligibleAgent: 'several' })
    const told = (await timeline(waiting[0].id)).find(({ type }) => type === 'distribution.no_eligible_agent')
    expect(told.details.candidates).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ agentId: ann.id, reason: 'at_capacity' }),
        expect.objectContaining({ agentId: ben.id, reason: 'offline' }),
      ]),
    )

    await ben.be('online')
    await eventually('the second oldest is given out', () => holder(waiting[1].id))
    expect(await Promise.all(waiting.map(({ id }) => holder(id)))).toEqual([ben.id, ben.id, null])
    expect((await read(waiting[0].id)).noEligibleAgent).toBeUndefined()

    // Room is made; the oldest gets it, before anything newer.
    await ann.command(first.id, 'resolve')
    await eventually('the last one is given out', () => holder(waiting[2].id))
    expect(await holder(waiting[2].id)).toBe(ann.id)
    const raised = await ticket(id)
    expect(raised.agentId).toBeNull()
    expectStatus(await world.owner.api.patch(`/agents/${ann.id}`, { capacity: 2 }), 200)
    await eventually('more room is used', () => holder(raised.id))
  })

  it('may be exceeded by hand', async () => {
    const { id } = await department({ strategy: 'least_loaded', on: ['new'] })
    const ann = await person(id, { capacity: 1 })
    await ann.be('online')
    const [mine, other] = [await ticket(id), await ticket(id)]
    expect([mine.agentId, other.agentId]).toEqual([ann.id, null])
    expect((await ann.command(other.id, 'claim')).agentId).toBe(ann.id)
  })
})

describe('the fallback', () => {
  it('has what nobody can get', async () => {
    const people = await department({ strategy: 'manual' })
    const { id } = await department({ strategy: 'round_robin', fallbackDepartmentId: people.id })
    await person(id)
    const fallen = await ticket(id)
    expect(fallen).toMatchObject({ departmentId: people.id, agentId: null })
    expect(fallen.responsibility).toMatchObject({ revision: 2, cause: { type: 'distribution' } })
    const types = (await timeline(fallen.id)).map(({ type }) => type)
    expect(types).toContain('distribution.no_eligible_agent')
  })

  it('is another department that exists', async () => {
    const { id } = await department({ strategy: 'round_robin' })
    const wrong = async (fallbackDepartmentId: string) =>
      await world.owner.api.patch(`/departments/${id}`, {
        distribution: { strategy: 'weighted', fallbackDepartmentId },
      })
    for (const answer of [await wrong(id), await wrong('nowhere')]) {
      expect(answer.status).toBe(422)
      expect(answer.body.errors).toEqual([
        expect.objectContaining({ field: 'distribution.fallbackDepartmentId' }),
      ])
    }
  })
})

describe('a transfer', () => {
  it('assigns nobody, unless the department distributes transferred tickets', async () => {
    const from = await department({ strategy: 'manual' })
    const { id } = await department({ strategy: 'round_robin', on: ['new', 'reopened'] })
    const ann = await person(id)
    await ann.be('online')
    const transfer = async () =>
      expectStatus(
        await world.owner.api.post(`/tickets/${(await ticket(from.id)).id}/transfer`, { departmentId: id }),
        200,
      )
    const left = await transfer()
    expect(left).toMatchObject({ departmentId: id, agentId: null })
    expect(left.noEligibleAgent).toBeUndefined()
    expectStatus(
      await world.owner.api.patch(`/departments/${id}`, {
        distribution: { strategy: 'round_robin', on: ['new', 'reopened', 'transferred'] },
      }),
      200,
    )
    const given = await transfer()
    expect(given).toMatchObject({ agentId: ann.id, responsibility: { cause: { type: 'distribution' } } })
    // Turned on, it is for what waits as well.
    await eventually('the first one is given out', () => holder(left.id))
  })
})
