import { beforeAll, describe, expect, it } from 'vitest'
import { eventually } from '../support/api.ts'
import { mailArrives, recipients, sunkMails } from '../support/mail.ts'
import { createWorld, expectStatus, type World } from '../support/world.ts'

let world: World
beforeAll(async () => {
  world = await createWorld({
    departments: ['Billing', 'Sales'],
    agents: { ada: { in: ['Support', 'Billing'] }, sam: { in: ['Sales', 'Support'] } },
  })
}, 60_000)

const department = (name: string): string => world.departments[name]?.id ?? ''
const agent = (name: string) => {
  const found = world.agents[name]
  if (!found) throw new Error(`no agent ${name}`)
  return found
}

/** A rule for the tickets of one test: those with its tag. */
async function rule(tag: string, trigger: object, actions: object[], more: object[] = []): Promise<any> {
  return expectStatus(
    await world.owner.api.post('/rules', {
      name: `Rule of ${tag}`,
      trigger,
      conditions: [[{ field: 'tags', op: 'is', value: tag }, ...more]],
      actions,
    }),
    201,
  )
}

const ticketWith = (tag: string, more: object = {}) => world.createTicket({ tags: [tag], ...more })
const read = async (id: string) => expectStatus(await world.owner.api.get(`/tickets/${id}`), 200)
const timeline = async (id: string) =>
  expectStatus(await world.owner.api.get(`/tickets/${id}/timeline?limit=200`), 200).items as any[]
const messages = async (id: string) =>
  expectStatus(await world.owner.api.get(`/tickets/${id}/messages?limit=200`), 200).items as any[]
const write = (id: string, author: 'agent' | 'contact', by = world.owner) =>
  by.api.post(`/tickets/${id}/messages`, { author, kind: 'public', body: 'And another thing.' })

describe('a rule on an event', () => {
  it('acts in the command that caused it, and the timeline names rule and version', async () => {
    const made = await rule('replies', { type: 'customer_replied' }, [
      { type: 'transfer', departmentId: department('Sales') },
    ])
    const ticket = await ticketWith('replies')
    expectStatus(await agent('ada').api.post(`/tickets/${ticket.id}/claim`), 200)
    expectStatus(await write(ticket.id, 'contact'), 201)
    expect(await read(ticket.id)).toMatchObject({
      departmentId: department('Sales'),
      agentId: null,
      responsibility: { cause: { type: 'rule', ruleId: made.id, version: 1 } },
    })
    const entries = await timeline(ticket.id)
    const applied = entries.find(({ type }) => type === 'rule.applied')
    expect(applied).toMatchObject({
      actor: { type: 'system' },
      details: { ruleId: made.id, version: 1, trigger: 'customer_replied', actions: ['transfer'] },
      text: 'The rule “Rule of replies” applied.',
    })
    const moved = entries.at(-1)
    expect(moved.text).toBe('The rule “Rule of replies” put the ticket in Sales; nobody has it yet.')
    expect(entries.map(({ sequence }) => sequence)).toEqual(entries.map((_, index) => index + 1))
  })

  it('acts on what an agent does, and on what other rules did', async () => {
    await rule('chain', { type: 'agent_answered' }, [{ type: 'set_status', status: 'resolved' }])
    await rule(
      'chain',
      { type: 'status_changed' },
      [{ type: 'set_priority', priority: 'low' }],
      [{ field: 'status', op: 'is', value: 'resolved' }],
    )
    const ticket = await ticketWith('chain')
    expectStatus(await write(ticket.id, 'agent', agent('ada')), 201)
    expect(await read(ticket.id)).toMatchObject({
      status: 'resolved',
      priority: 'low',
      agentId: agent('ada').id,
    })
  })

  it('that sets off another one and is set off by it is stopped, and that is recorded', async () => {
    const [there, back] = await Promise.all(
      [
        ['Support', 'Billing'],
        ['Billing', 'Support'],
      ].map(([from = '', to = '']) =>
        rule(
          'loop',
          { type: 'responsibility_changed' },
          [{ type: 'transfer', departmentId: department(to) }],
          [{ field: 'departmentId', op: 'is', value: department(from) }],
        ),
      ),
    )
    const ticket = await world.createTicket({ tags: ['calm'] })
    expectStatus(await world.owner.api.patch(`/tickets/${ticket.id}`, { tags: ['loop'] }), 200)
    expectStatus(
      await world.owner.api.post(`/tickets/${ticket.id}/transfer`, { departmentId: department('Billing') }),
      200,
    )
    const entries = await timeline(ticket.id)
    const stopped = entries.filter(({ type }) => type === 'rule.loop_stopped')
    expect(stopped).toHaveLength(1)
    expect([there.id, back.id]).toContain(stopped[0].details.ruleId)
    expect(stopped[0].details).toMatchObject({ version: 1, depth: 10 })
    expect(entries.filter(({ type }) => type === 'rule.applied')).toHaveLength(10)
    const changes = entries.filter(({ type }) => type === 'responsibility.changed')
    expect(changes.map(({ revision }) => revision)).toEqual(changes.map((_, index) => index + 1))
    expect((await read(ticket.id)).responsibility.revision).toBe(changes.length)
    // It goes on as ever.
    expectStatus(await agent('ada').api.post(`/tickets/${ticket.id}/claim`), 200)
  })
})

describe('what a rule writes', () => {
  it('is a note for agents, an answer in the contact’s mailbox, and a notice', async () => {
    const template = expectStatus(
      await world.owner.api.post('/templates', {
        name: 'Welcome',
        body: 'We have your ticket, and will answer.',
      }),
      201,
    )
    await rule('words', { type: 'ticket_created' }, [
      { type: 'add_note', body: 'Look into the contract first.' },
      { type: 'answer', template: template.id },
      { type: 'notify', agentId: agent('sam').id, text: 'A ticket with words has come.' },
    ])
    const email = `words@${world.domain}`
    const ticket = await ticketWith('words', { channel: 'email', contact: { email, name: 'Wanda' } })
    // Nobody has it by that, and the contact still waits for a person.
    expect(ticket).toMatchObject({ agentId: null, status: 'new' })
    const [, note, answer] = await messages(ticket.id)
    expect(note).toMatchObject({
      kind: 'note',
      body: 'Look into the contract first.',
      author: { type: 'system' },
    })
    expect(answer).toMatchObject({ kind: 'public', author: { type: 'system' } })
    const mail = await mailArrives('the answer of the rule', world.local.mailSinkUrl, (one) =>
      recipients(one).includes(email),
    )
    expect(mail.text).toContain('We have your ticket, and will answer.')
    expect(mail.headers['auto-submitted']).toBe('auto-replied')
    expect(mail.subject).toContain(`[#${ticket.number}]`)
    const told = await eventually('the notice of the rule', async () => {
      const { items } = expectStatus(await world.owner.api.get(`/tickets/${ticket.id}/notifications`), 200)
      return items.find(
        (notice: any) => notice.event === 'rule' && notice.recipient.agentId === agent('sam').id,
      )
    })
    expect(told.ticketId).toBe(ticket.id)
    const texts = (await timeline(ticket.id)).map(({ text }) => text)
    expect(texts).toContain('The rule “Rule of words” answered.')
    expect(texts).toContain('The rule “Rule of words” left a note.')
  })

  it('is no answer to a machine', async () => {
    const template = expectStatus(
      await world.owner.api.post('/templates', { name: 'Echo', body: 'An echo.' }),
      201,
    )
    const made = expectStatus(
      await world.owner.api.post('/rules', {
        name: 'Answers all',
        trigger: { type: 'ticket_created' },
        conditions: [[{ field: 'subject', op: 'starts_with', value: 'Machine' }]],
        actions: [{ type: 'answer', template: template.id }],
      }),
      201,
    )
    const email = `machine@${world.domain}`
    const raw = [
      `From: <${email}>`,
      `To: <${world.departments.Support?.address}>`,
      'Subject: Machine talk',
      `Message-ID: <machine@${world.domain}>`,
      'Auto-Submitted: auto-replied',
      '',
      'I am away.',
      '',
    ].join('\r\n')
    const posted = await fetch(
      `${world.local.baseUrl}/api/v1/inbound/email?to=${encodeURIComponent(world.departments.Support?.address ?? '')}`,
      {
        method: 'POST',
        headers: { authorization: `Bearer ${world.owner.key}`, 'content-type': 'message/rfc822' },
        body: raw,
      },
    )
    expect(posted.status).toBeLessThan(300)
    const ticket = await eventually('the ticket of the machine', async () => {
      const found = await world.owner.api.get('/tickets?q=Machine')
      return found.body.items[0]
    })
    const applied = (await timeline(ticket.id)).find(({ type }) => type === 'rule.applied')
    expect(applied.details).toMatchObject({
      ruleId: made.id,
      actions: [],
      skipped: [{ type: 'answer', reason: 'automatic_message' }],
    })
    expect(await sunkMails(world.local.mailSinkUrl, (one) => recipients(one).includes(email))).toEqual([])
  })
})

describe('a rule by time', () => {
  const actedBy = (id: string, ruleId: string) =>
    eventually('the rule by time', async () =>
      (await timeline(id)).find(({ type, details }) => type === 'rule.applied' && details.ruleId === ruleId),
    )

  it('acts when its time has come, and once', async () => {
    const made = await rule('waits', { type: 'unclaimed_for', after: 'PT2S' }, [
      { type: 'set_priority', priority: 'urgent' },
    ])
    const ticket = await ticketWith('waits')
    const entry = await actedBy(ticket.id, made.id)
    const { timer } = entry.details
    expect(Date.parse(timer.dueAt) - Date.parse(ticket.createdAt)).toBe(2_000)
    expect(Date.parse(entry.at)).toBeGreaterThanOrEqual(Date.parse(timer.dueAt))
    expect(await read(ticket.id)).toMatchObject({ priority: 'urgent' })
    await new Promise((resolve) => setTimeout(resolve, 3_000))
    const again = (await timeline(ticket.id)).filter(({ type }) => type === 'rule.applied')
    expect(again).toHaveLength(1)
  })

  it('does not act on what was claimed before', async () => {
    await rule('claimed', { type: 'unclaimed_for', after: 'PT3S' }, [
      { type: 'set_priority', priority: 'urgent' },
    ])
    const ticket = await ticketWith('claimed')
    expectStatus(await agent('ada').api.post(`/tickets/${ticket.id}/claim`), 200)
    await new Promise((resolve) => setTimeout(resolve, 4_000))
    expect(await read(ticket.id)).toMatchObject({ priority: 'normal' })
  })

  it('counts towards the due time that a ticket has', async () => {
    const made = await rule('due', { type: 'due_in', after: 'PT1H' }, [{ type: 'add_tags', tags: ['hurry'] }])
    const ticket = await ticketWith('due')
    const dueAt = new Date(Date.now() + 3_600_000 + 2_000).toISOString()
    const changed = expectStatus(await world.owner.api.patch(`/tickets/${ticket.id}`, { dueAt }), 200)
    expect(changed.dueAt).toBe(dueAt)
    expect((await read(ticket.id)).dueAt).toBe(dueAt)
    await actedBy(ticket.id, made.id)
    expect((await read(ticket.id)).tags).toContain('hurry')
    const cleared = expectStatus(await world.owner.api.patch(`/tickets/${ticket.id}`, { dueAt: null }), 200)
    expect(cleared.dueAt).toBeUndefined()
    const born = await ticketWith('due-later', { dueAt })
    expect(born.dueAt).toBe(dueAt)
    expect((await world.owner.api.patch(`/tickets/${ticket.id}`, { dueAt: 'soon' })).status).toBe(400)
  })

  it('moves its timers when the rule is changed', async () => {
    const made = await rule('moved', { type: 'older_than', after: 'P10D' }, [
      { type: 'add_tags', tags: ['old'] },
    ])
    const ticket = await ticketWith('moved')
    expectStatus(
      await world.owner.api.patch(`/rules/${made.id}`, { trigger: { type: 'older_than', after: 'PT1S' } }),
      200,
    )
    const entry = await actedBy(ticket.id, made.id)
    expect(entry.details).toMatchObject({ version: 2, trigger: 'older_than' })
  })
})
