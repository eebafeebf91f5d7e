import { beforeAll, describe, expect, it } from 'vitest'
import { eventually } from '../support/api.ts'
import { createWorld, expectStatus, type World } from '../support/world.ts'

let world: World

beforeAll(async () => {
  world = await createWorld({
    departments: ['Billing', 'Sales'],
    agents: {
      ada: { in: ['Support'] },
      ben: { in: ['Support', 'Billing'] },
      bea: { in: ['Billing'] },
      sam: { in: ['Sales'] },
      adam: { role: 'admin', in: [] },
    },
  })
})

const agent = (name: string) => {
  const found = world.agents[name]
  if (!found) throw new Error(`no agent ${name}`)
  return found
}
const department = (name: string) => {
  const found = world.departments[name]
  if (!found) throw new Error(`no department ${name}`)
  return found.id
}
const timeline = async (id: string) =>
  expectStatus(await world.owner.api.get(`/tickets/${id}/timeline?limit=200`), 200).items as any[]
const changes = async (id: string) =>
  (await timeline(id)).filter((entry) => entry.type === 'responsibility.changed')

describe('a new ticket', () => {
  it('belongs to the default department and to nobody, and says why', async () => {
    const ticket = await world.createTicket()
    expect(ticket).toMatchObject({
      departmentId: department('Support'),
      agentId: null,
      status: 'new',
      priority: 'normal',
      responsibility: { revision: 1, agentId: null, cause: { type: 'default_department' } },
    })
    expect(ticket.number).toMatch(/^\d+$/)
    const entries = await timeline(ticket.id)
    expect(entries.map((entry) => entry.type).slice(0, 2)).toEqual(['created', 'responsibility.changed'])
    expect(entries.map((entry) => entry.sequence)).toEqual(entries.map((_, index) => index + 1))
  })

  it('is the only agent’s at once while the account has one', async () => {
    const alone = await createWorld()
    const ticket = await alone.createTicket()
    expect(ticket.agentId).toBe(alone.owner.id)
    expect(ticket.responsibility.cause.type).toBe('solo_account')
    const elsewhere = expectStatus(
      await alone.owner.api.post('/departments', { name: 'Later', addresses: [] }),
      201,
    )
    const moved = expectStatus(
      await alone.owner.api.post(`/tickets/${ticket.id}/transfer`, { departmentId: elsewhere.id }),
      200,
    )
    expect(moved).toMatchObject({ departmentId: elsewhere.id, agentId: alone.owner.id })
    const second = expectStatus(
      await alone.owner.api.post('/agents', {
        name: 'Second',
        email: `second@${alone.domain}`,
        role: 'agent',
        memberships: [{ departmentId: elsewhere.id }],
      }),
      201,
    )
    const kept = expectStatus(await alone.owner.api.get(`/tickets/${ticket.id}`), 200)
    expect(kept.agentId).toBe(alone.owner.id)
    const later = await alone.createTicket()
    expect(later.agentId).toBeNull()
    expectStatus(await alone.owner.api.patch(`/agents/${second.id}`, { status: 'suspended' }), 200)
    await eventually('the unassigned ticket to become the only agent’s', async () => {
      const now = await alone.owner.api.get(`/tickets/${later.id}`)
      return now.body.agentId === alone.owner.id
    })
  })
})

describe('claim', () => {
  it('has one winner among twenty, and tells the others who won', async () => {
    const ticket = await world.createTicket()
    const racers = [agent('ada'), agent('ben')]
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, i) => {
        const racer = racers[i % 2]
        if (!racer) throw new Error('no racer')
        return racer.api.post(`/tickets/${ticket.id}/claim`, {})
      }),
    )
    const won = answers.filter((answer) => answer.status === 200)
    expect(won).toHaveLength(1)
    const winner = won[0]?.body.agentId
    for (const lost of answers.filter((answer) => answer.status !== 200)) {
      expect(lost.status).toBe(409)
      expect(lost.headers.get('content-type')).toContain('application/problem+json')
      expect(lost.body.current).toMatchObject({ agentId: winner, revision: 2 })
      expect(lost.body.current.since).toBeTruthy()
    }
    expect(await changes(ticket.id)).toHaveLength(2)
  })

  it('is hidden from who may not see the ticket, and forbidden to nobody of the department', async () => {
    const ticket = await world.createTicket()
    expectStatus(await agent('sam').api.post(`/tickets/${ticket.id}/claim`, {}), 404)
    expectStatus(await world.anonymous.post(`/tickets/${ticket.id}/claim`, {}), 401)
    expectStatus(await agent('ada').api.post(`/tickets/${ticket.id}/claim`, {}), 200)
  })
})

describe('answer', () => {
  it('takes an unassigned ticket over, and not somebody else’s', async () => {
    const ticket = await world.createTicket()
    const message = expectStatus(
      await agent('ada').api.post(`/tickets/${ticket.id}/messages`, {
        author: 'agent',
        kind: 'public',
        body: 'On it.',
      }),
      201,
    )
    expect(message).toMatchObject({ ticketId: ticket.id, kind: 'public', body: 'On it.' })
    const taken = expectStatus(await agent('ada').api.get(`/tickets/${ticket.id}`), 200)
    expect(taken).toMatchObject({ agentId: agent('ada').id, status: 'answered' })
    expect(taken.responsibility.cause.type).toBe('answer')
    expectStatus(
      await agent('ben').api.post(`/tickets/${ticket.id}/messages`, {
        author: 'agent',
        kind: 'public',
        body: 'Me too.',
      }),
      201,
    )
    expect((await agent('ada').api.get(`/tickets/${ticket.id}`)).body.agentId).toBe(agent('ada').id)
  })

  it('is refused to others where only the owner answers, and a note is not', async () => {
    const strict = expectStatus(
      await world.owner.api.post('/departments', { name: 'Strict', onlyOwnerAnswers: true, addresses: [] }),
      201,
    )
    for (const name of ['ada', 'ben']) {
      const memberships = [{ departmentId: department('Support') }, { departmentId: strict.id }]
      if (name === 'ben') memberships.push({ departmentId: department('Billing') })
      expectStatus(await world.owner.api.patch(`/agents/${agent(name).id}`, { memberships }), 200)
    }
    const ticket = await world.createTicket({ departmentId: strict.id })
    expectStatus(await agent('ada').api.post(`/tickets/${ticket.id}/claim`, {}), 200)
    const refused = await agent('ben').api.post(`/tickets/${ticket.id}/messages`, {
      author: 'agent',
      kind: 'public',
      body: 'Let me.',
    })
    expect(refused.status).toBe(409)
    expect(refused.body.type).toContain('only-owner-answers')
    expect(refused.body.current.agentId).toBe(agent('ada').id)
    expectStatus(
      await agent('ben').api.post(`/tickets/${ticket.id}/messages`, {
        author: 'agent',
        kind: 'note',
        body: 'Look at the fuse.',
      }),
      201,
    )
  })
})

describe('transfer, return, release and take over', () => {
  it('never assigns anyone unless named', async () => {
    const ticket = await world.createTicket()
    expectStatus(await agent('ada').api.post(`/tickets/${ticket.id}/claim`, {}), 200)
    const moved = expectStatus(
      await agent('ada').api.post(`/tickets/${ticket.id}/transfer`, {
        departmentId: department('Billing'),
        note: 'An invoice question.',
      }),
      200,
    )
    expect(moved).toMatchObject({ departmentId: department('Billing'), agentId: null })
    expectStatus(await agent('ada').api.get(`/tickets/${ticket.id}`), 404)
    expectStatus(await agent('bea').api.get(`/tickets/${ticket.id}`), 200)
    const back = expectStatus(await agent('bea').api.post(`/tickets/${ticket.id}/return`, {}), 200)
    expect(back).toMatchObject({ departmentId: department('Support'), agentId: agent('ada').id })
    expect(back.responsibility.cause.type).toBe('return')
  })

  it('takes a named member and refuses anybody else', async () => {
    const ticket = await world.createTicket()
    const refused = await agent('ada').api.post(`/tickets/${ticket.id}/transfer`, {
      departmentId: department('Billing'),
      agentId: agent('sam').id,
    })
    expect(refused.status).toBe(422)
    expect(refused.body.errors[0].field).toBe('agentId')
    const moved = expectStatus(
      await agent('ada').api.post(`/tickets/${ticket.id}/transfer`, {
        departmentId: department('Billing'),
        agentId: agent('bea').id,
      }),
      200,
    )
    expect(moved.agentId).toBe(agent('bea').id)
    expect(moved.responsibility.revision).toBe(2)
  })

  it('releases only what is one’s own, and takes over only with the right and a reason', async () => {
    const ticket = await world.createTicket()
    expectStatus(
      await agent('ada').api.post(`/tickets/${ticket.id}/assign`, { agentId: agent('ada').id }),
      200,
    )
    expectStatus(await agent('ben').api.post(`/tickets/${ticket.id}/release`, {}), 403)
    expectStatus(await agent('ben').api.post(`/tickets/${ticket.id}/take-over`, { reason: 'Mine' }), 403)
    expectStatus(await agent('adam').api.post(`/tickets/${ticket.id}/take-over`, {}), 400)
    expectStatus(
      await world.owner.api.patch(`/departments/${department('Support')}`, { membersMayTakeOver: true }),
      200,
    )
    const taken = expectStatus(
      await agent('ben').api.post(`/tickets/${ticket.id}/take-over`, { reason: 'Ada is in a meeting' }),
      200,
    )
    expect(taken).toMatchObject({
      agentId: agent('ben').id,
      responsibility: { reason: 'Ada is in a meeting', cause: { type: 'take_over' } },
    })
    const free = expectStatus(await agent('ben').api.post(`/tickets/${ticket.id}/release`, {}), 200)
    expect(free.agentId).toBeNull()
    expectStatus(
      await world.owner.api.patch(`/departments/${department('Support')}`, { membersMayTakeOver: false }),
      200,
    )
  })

  it('refuses a stale revision and carries the current one', async () => {
    const ticket = await world.createTicket()
    expectStatus(await agent('ada').api.post(`/tickets/${ticket.id}/claim`, { expectedRevision: 1 }), 200)
    const stale = await agent('ben').api.post(`/tickets/${ticket.id}/assign`, {
      agentId: agent('ben').id,
      expectedRevision: 1,
    })
    expect(stale.status).toBe(409)
    expect(stale.body.type).toContain('stale-revision')
    expect(stale.body.current).toMatchObject({ revision: 2, agentId: agent('ada').id })
  })
})

describe('reopening', () => {
  const resolvedBy = async (name: string, departmentName = 'Support') => {
    const ticket = await world.createTicket({ departmentId: department(departmentName) })
    expectStatus(await agent(name).api.post(`/tickets/${ticket.id}/claim`, {}), 200)
    expectStatus(await agent(name).api.post(`/tickets/${ticket.id}/resolve`, {}), 200)
    return ticket.id as string
  }
  const contactReplies = async (id: string) =>
    expectStatus(
      await world.owner.api.post(`/tickets/${id}/messages`, {
        author: 'contact',
        kind: 'public',
        body: 'It burns again.',
      }),
      201,
    )

  it('keeps the agent when available, and not when away', async () => {
    expectStatus(await agent('ada').api.put('/me/presence', { presence: 'online' }), 200)
    const kept = await resolvedBy('ada')
    await contactReplies(kept)
    expect((await world.owner.api.get(`/tickets/${kept}`)).body).toMatchObject({
      status: 'open',
      agentId: agent('ada').id,
    })
    expectStatus(await agent('ada').api.put('/me/presence', { presence: 'away' }), 200)
    const freed = await resolvedBy('ada')
    await contactReplies(freed)
    const ticket = (await world.owner.api.get(`/tickets/${freed}`)).body
    expect(ticket).toMatchObject({ status: 'open', agentId: null })
    expect(ticket.responsibility.cause).toMatchObject({
      type: 'reopen_policy',
      policy: 'keep_if_available',
    })
    expect((await timeline(freed)).some((entry) => entry.type === 'reopened')).toBe(true)
    expectStatus(await agent('ada').api.put('/me/presence', { presence: 'online' }), 200)
  })

  it.each([
    ['keep', true],
    ['department', false],
    ['redistribute', false],
  ])('with the policy %s', async (policy, keeps) => {
    expectStatus(
      await world.owner.api.patch(`/departments/${department('Billing')}`, { reopenPolicy: policy }),
      200,
    )
    expectStatus(await agent('bea').api.put('/me/presence', { presence: 'away' }), 200)
    const id = await resolvedBy('bea', 'Billing')
    await contactReplies(id)
    expect((await world.owner.api.get(`/tickets/${id}`)).body).toMatchObject({
      status: 'open',
      agentId: keeps ? agent('bea').id : null,
    })
  })

  it('is no reopening when an answered ticket gets a reply', async () => {
    const ticket = await world.createTicket()
    expectStatus(
      await agent('ada').api.post(`/tickets/${ticket.id}/messages`, {
        author: 'agent',
        kind: 'public',
        body: 'Done?',
      }),
      201,
    )
    await contactReplies(ticket.id)
    const entries = await timeline(ticket.id)
    expect(entries.some((entry) => entry.type === 'reopened')).toBe(false)
    expect((await world.owner.api.get(`/tickets/${ticket.id}`)).body.status).toBe('open')
  })
})

describe('a moment in the past', () => {
  it('has exactly one answer, and the intervals tile', async () => {
    const ticket = await world.createTicket()
    expectStatus(await agent('ada').api.post(`/tickets/${ticket.id}/claim`, {}), 200)
    expectStatus(
      await agent('ada').api.post(`/tickets/${ticket.id}/transfer`, { departmentId: department('Billing') }),
      200,
    )
    const moments = await changes(ticket.id)
    expect(moments.map((entry) => entry.revision)).toEqual([1, 2, 3])
    for (const [index, entry] of moments.entries()) {
      const then = expectStatus(
        await world.owner.api.get(`/tickets/${ticket.id}/responsibility?at=${encodeURIComponent(entry.at)}`),
        200,
      )
      expect(then.departmentId).toBe(entry.to.departmentId)
      const next = moments[index + 1]
      if (next && next.at !== entry.at) {
        expect(then.revision).toBe(entry.revision)
        expect(then.until).toBe(next.at)
        expect(entry.to).toEqual(next.from)
      }
    }
    const now = expectStatus(await world.owner.api.get(`/tickets/${ticket.id}/responsibility`), 200)
    expect(now).toMatchObject({ revision: 3, agentId: null })
    expect(now.until).toBeUndefined()
  })
})

describe('a rule of the seeds', () => {
  it('moves social media tickets to a department and an agent', async () => {
    const rule = expectStatus(
      await world.owner.api.post('/rules', {
        active: true,
        name: 'Forward tickets to Sam',
        notes: 'This rule forwards all social media tickets to Sam.',
        trigger: { type: 'ticket_created' },
        conditions: [[{ field: 'channel', op: 'in', value: ['facebook', 'x', 'instagram', 'viber'] }]],
        actions: [{ type: 'transfer', departmentId: department('Sales'), agentId: agent('sam').id }],
      }),
      201,
    )
    const ticket = await world.createTicket({ channel: 'instagram' })
    expect(ticket).toMatchObject({ departmentId: department('Sales'), agentId: agent('sam').id })
    expect(ticket.responsibility).toMatchObject({
      revision: 1,
      cause: { type: 'rule', ruleId: rule.id, version: 1 },
    })
    const other = await world.createTicket({ channel: 'email' })
    expect(other.departmentId).toBe(department('Support'))
    expectStatus(await world.owner.api.delete(`/rules/${rule.id}`), 204)
  })
})

describe('status', () => {
  it('postpones, comes back as what it was, and says so', async () => {
    const ticket = await world.createTicket()
    const until = new Date(Date.now() + 1500).toISOString()
    const postponed = expectStatus(
      await agent('ada').api.post(`/tickets/${ticket.id}/postpone`, { until }),
      200,
    )
    expect(postponed.status).toBe('postponed')
    await eventually('the postponed ticket to come back', async () => {
      const now = await world.owner.api.get(`/tickets/${ticket.id}`)
      return now.body.status === 'new'
    })
  })

  it('closes, and a reply to a closed ticket opens it again', async () => {
    const ticket = await world.createTicket()
    expectStatus(await agent('ada').api.post(`/tickets/${ticket.id}/close`, {}), 403)
    expectStatus(await agent('adam').api.post(`/tickets/${ticket.id}/close`, {}), 200)
    expectStatus(
      await world.owner.api.post(`/tickets/${ticket.id}/messages`, {
        author: 'contact',
        kind: 'public',
        body: 'Still broken.',
      }),
      201,
    )
    const again = (await world.owner.api.get(`/tickets/${ticket.id}`)).body
    expect(again.status).toBe('open')
    const entries = await timeline(ticket.id)
    expect(entries.map((entry) => entry.sequence)).toEqual(entries.map((_, index) => index + 1))
  })

  it('closes a resolved ticket after the reopen window', async () => {
    const quick = await createWorld({ agents: { quinn: { in: ['Support'] } } })
    expectStatus(await quick.owner.api.patch('/settings', { reopenWindow: 'PT2S' }), 200)
    const ticket = await quick.createTicket()
    expectStatus(await quick.owner.api.post(`/tickets/${ticket.id}/resolve`, {}), 200)
    await eventually('the resolved ticket to close', async () => {
      const now = await quick.owner.api.get(`/tickets/${ticket.id}`)
      return now.body.status === 'closed'
    })
  })

  it('warns and escalates a ticket that nobody claims', async () => {
    const late = await createWorld({ departments: ['Leads'], agents: { lea: { in: ['Leads'] } } })
    expectStatus(
      await late.owner.api.patch(`/departments/${late.departments.Support?.id}`, {
        claimTimeout: {
          warnAfter: 'PT1S',
          then: 'escalate',
          after: 'PT3S',
          toDepartmentId: late.departments.Leads?.id,
        },
      }),
      200,
    )
    const ticket = await late.createTicket()
    await eventually('the escalation', async () => {
      const now = await late.owner.api.get(`/tickets/${ticket.id}`)
      return now.body.departmentId === late.departments.Leads?.id
    })
    const entries = expectStatus(await late.owner.api.get(`/tickets/${ticket.id}/timeline`), 200).items
    expect(entries.some((entry: any) => entry.type === 'claim.overdue')).toBe(true)
    expect(entries.at(-1).cause.type).toBe('claim_timeout')
  })
})
