import { eventErrors } from '@onus/proto/events'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { eventually } from '../support/api.ts'
import { type Receiver, startReceiver } from '../support/receiver.ts'
import { createWorld, expectStatus, type World } from '../support/world.ts'

let world: World
let receiver: Receiver

beforeAll(async () => {
  receiver = await startReceiver()
  world = await createWorld({
    departments: ['Billing'],
    agents: { ada: { in: ['Support', 'Billing'] }, bea: { in: ['Billing'] } },
  })
})
afterAll(() => receiver?.close())

const hooks = (path: string) => `/webhooks/${path}`

/** A webhook with a path of its own at the receiver, which knows its secret by that name. */
async function subscribe(path: string, fields: Record<string, unknown> = {}) {
  const made = expectStatus(
    await world.owner.api.post('/webhooks', { url: receiver.url(path), events: ['*'], ...fields }),
    201,
  )
  receiver.secrets.set(path, made.secret)
  return made
}

const arrived = (path: string, count: number) =>
  eventually(
    `${count} deliveries at ${path}`,
    () => receiver.at(path).length >= count && receiver.at(path),
    30_000,
  )

const deliveries = async (id: string, query = '') =>
  expectStatus(await world.owner.api.get(`/webhooks/${id}/deliveries?limit=200${query}`), 200).items as any[]

describe('a webhook', () => {
  it('gets every event of a ticket in its order: signed, valid by its schema, the state at the event', async () => {
    const hook = await subscribe('/all', {
      events: ['dev.onus.ticket.created.v1', 'dev.onus.ticket.responsibility.changed.v1'],
    })
    expect(hook.secret).toMatch(/^whsec_/)
    const shown = expectStatus(await world.owner.api.get(hooks(hook.id)), 200)
    expect(shown).not.toHaveProperty('secret')
    const { id } = await world.createTicket()
    expectStatus((await world.agents.ada?.api.post(`/tickets/${id}/claim`)) as never, 200)
    expectStatus(await world.owner.api.post(`/tickets/${id}/release`), 200)
    const [first, ...rest] = await arrived('/all', 4)
    expect(first?.body).toMatchObject({
      specversion: '1.0',
      type: 'dev.onus.ticket.created.v1',
      source: `/accounts/${world.accountId}/tickets`,
      subject: id,
      sequence: '0000000001',
    })
    expect(first?.headers['content-type']).toContain('application/cloudevents+json')
    expect(first?.headers['webhook-id']).toBe(first?.body.id)
    const all = [first, ...rest].map((each) => each?.body)
    expect(all.map(({ data }) => data.sequence)).toEqual(
      all.map(({ data }) => data.sequence).sort((a, b) => a - b),
    )
    expect(all.slice(1).map(({ data }) => [data.revision, data.to.agentId])).toEqual([
      [1, null],
      [2, world.agents.ada?.id],
      [3, null],
    ])
    for (const { type, data } of all) expect(eventErrors(type, data)).toEqual([])
    for (const { signedBy } of receiver.at('/all')) expect(signedBy).toEqual(['/all'])
    const log = await eventually('the log of deliveries', async () => {
      const found = await deliveries(hook.id, '&state=delivered')
      return found.length === 4 && found
    })
    expect(log[0]).toMatchObject({ state: 'delivered', attempts: 1, statusCode: 204 })
    expect(log[0].durationMs).toBeGreaterThanOrEqual(0)
  })

  it('of a department gets what happens there', async () => {
    const billing = world.departments.Billing?.id
    await subscribe('/billing', { departmentId: billing, events: ['*'] })
    const other = await world.createTicket()
    const { id } = await world.createTicket({ departmentId: billing })
    await arrived('/billing', 2)
    expectStatus(await world.owner.api.post(`/tickets/${id}/close`), 200)
    await eventually('the end of the ticket', () =>
      receiver.at('/billing').some(({ body }) => body.type === 'dev.onus.ticket.status.changed.v1'),
    )
    expect(receiver.at('/billing').map(({ body }) => body.subject)).not.toContain(other.id)
  })

  it('is tried again until the receiver takes it, and a slow receiver slows nobody else', async () => {
    const failing = await subscribe('/fails', { events: ['dev.onus.ticket.created.v1'] })
    receiver.behave('/fails', (n) => ({ status: n <= 2 ? 500 : 200 }))
    await subscribe('/hangs', { events: ['dev.onus.ticket.created.v1'] })
    receiver.behave('/hangs', 'hang')
    await subscribe('/fast', { events: ['dev.onus.ticket.created.v1'] })
    const began = Date.now()
    await world.createTicket()
    const [fast] = await arrived('/fast', 1)
    expect((fast?.at ?? 0) - began).toBeLessThan(5_000)
    await arrived('/hangs', 1)
    const tries = await arrived('/fails', 3)
    expect(new Set(tries.map(({ headers }) => headers['webhook-id'])).size).toBe(1)
    const [done] = await eventually('the delivery', async () => {
      const found = await deliveries(failing.id, '&state=delivered')
      return found.length === 1 && found
    })
    expect(done).toMatchObject({ attempts: 3, statusCode: 200 })
  }, 90_000)

  it('rotates its secret with a day in which both sign', async () => {
    const hook = await subscribe('/rotates', { events: ['dev.onus.ticket.created.v1'] })
    const key = { 'Idempotency-Key': `rotate-${hook.id}` }
    const rotated = expectStatus(
      await world.owner.api.post(`/webhooks/${hook.id}/rotate-secret`, {}, key),
      200,
    )
    const again = expectStatus(await world.owner.api.post(`/webhooks/${hook.id}/rotate-secret`, {}, key), 200)
    expect(again.secret).toBe(rotated.secret)
    expect(rotated.secret).not.toBe(hook.secret)
    receiver.secrets.set('new', rotated.secret)
    await world.createTicket()
    const [got] = await arrived('/rotates', 1)
    expect(got?.signedBy.sort()).toEqual(['/rotates', 'new'])
  })

  it('is disabled by 410, says so, and goes on when it is set active', async () => {
    const hook = await subscribe('/gone', { events: ['dev.onus.ticket.created.v1'] })
    receiver.behave('/gone', { status: 410 })
    await world.createTicket()
    const off = await eventually('the end', async () => {
      const { body } = await world.owner.api.get(hooks(hook.id))
      return body.active === false && body
    })
    expect(off).toMatchObject({ disabledReason: 'gone', lastError: 'The receiver answered 410.' })
    const [dead] = await deliveries(hook.id, '&state=dead_letter')
    expect(dead).toMatchObject({ statusCode: 410, attempts: 1 })
    receiver.behave('/gone', { status: 200 })
    expectStatus(await world.owner.api.patch(hooks(hook.id), { active: true }), 200)
    expectStatus(await world.owner.api.post(`/webhooks/${hook.id}/deliveries/${dead.id}/resend`), 200)
    const [, again] = await arrived('/gone', 2)
    expect(again?.headers['webhook-id']).toBe(dead.eventId)
  })

  it('is tried out, and replays the past of a ticket and of the account', async () => {
    const began = new Date().toISOString()
    const { id } = await world.createTicket()
    expectStatus(await world.owner.api.post(`/tickets/${id}/close`), 200)
    const hook = await subscribe('/past', { events: ['*'] })
    const test = expectStatus(await world.owner.api.post(`/webhooks/${hook.id}/test`), 200)
    expect(test).toMatchObject({ state: 'delivered', type: 'dev.onus.webhook.test.v1', statusCode: 204 })
    const [sample] = receiver.at('/past')
    expect(eventErrors('dev.onus.webhook.test.v1', sample?.body.data)).toEqual([])
    const answer = await world.owner.api.post(`/webhooks/${hook.id}/replay`, {
      ticketId: id,
      fromSequence: 2,
    })
    expect(expectStatus(answer, 202)).toMatchObject({ ticketId: id, fromSequence: 2 })
    const timeline = expectStatus(await world.owner.api.get(`/tickets/${id}/timeline`), 200).items as any[]
    const ofTicket = () => receiver.at('/past').filter(({ body }) => body.subject === id)
    const replayed = await eventually(
      'the past of the ticket',
      () => ofTicket().length === timeline.length - 1 && ofTicket(),
    )
    expect(replayed.map(({ body }) => body.data.sequence)).toEqual(
      timeline.slice(1).map(({ sequence }) => sequence),
    )
    for (const { body } of replayed) {
      expect(body.id).toBe(`${id}-${body.data.sequence}`)
      expect(eventErrors(body.type, body.data)).toEqual([])
    }
    expectStatus(await world.owner.api.post(`/webhooks/${hook.id}/replay`, { since: began }), 202)
    await eventually('the ticket from its first event', () =>
      receiver.at('/past').some(({ body }) => body.id === `${id}-1`),
    )
    const done = await eventually('the replays', async () => {
      const { body } = await world.owner.api.get(hooks(hook.id))
      return body.replays.every((each: any) => each.state === 'done') && body.replays
    })
    expect(done).toHaveLength(2)
  })
})

describe('a rule', () => {
  it('calls a webhook that it names, and none that does not exist', async () => {
    const hook = await subscribe('/rule', { events: ['dev.onus.agent.created.v1'] })
    const rule = (webhookId: string) => ({
      name: 'Call',
      trigger: { type: 'ticket_created' },
      conditions: [[{ field: 'subject', op: 'contains', value: 'call the webhook' }]],
      actions: [{ type: 'webhook', webhookId }],
    })
    expect((await world.owner.api.post('/rules', rule('nothing'))).status).toBe(422)
    const { id: ruleId } = expectStatus(await world.owner.api.post('/rules', rule(hook.id)), 201)
    const { id } = await world.createTicket({ subject: 'Please call the webhook' })
    const [got] = await arrived('/rule', 1)
    expect(got?.body).toMatchObject({ type: 'dev.onus.ticket.rule.applied.v1', subject: id })
    expect(got?.body.data.details).toMatchObject({ ruleId, webhooks: [hook.id] })
    expect(eventErrors(got?.body.type, got?.body.data)).toEqual([])
    expectStatus(await world.owner.api.delete(`/rules/${ruleId}`), 204)
  })
})

describe('setting up webhooks', () => {
  it('is for owners and admins', async () => {
    const ada = world.agents.ada
    const hook = await subscribe('/rights', { events: ['dev.onus.agent.created.v1'] })
    for (const answer of [
      await ada?.api.get('/webhooks'),
      await ada?.api.post('/webhooks', { url: receiver.url(), events: ['*'] }),
      await ada?.api.get(hooks(hook.id)),
      await ada?.api.get(`/webhooks/${hook.id}/deliveries`),
      await ada?.api.delete(hooks(hook.id)),
    ])
      expect(answer?.status).toBe(403)
    const stranger = await createWorld()
    expect((await stranger.owner.api.get(hooks(hook.id))).status).toBe(404)
    expect((await stranger.owner.api.post(`/webhooks/${hook.id}/test`)).status).toBe(404)
    expectStatus(await world.owner.api.delete(hooks(hook.id)), 204)
    expect((await world.owner.api.get(hooks(hook.id))).status).toBe(404)
  })

  it.each([
    'http://10.1.2.3/',
    'http://192.168.0.1/',
    'http://169.254.169.254/latest/meta-data',
    'http://[fe80::1]/',
    'http://0.0.0.0/',
    'http://nowhere.invalid/',
  ])('refuses %s', async (url) => {
    const refused = expectStatus(await world.owner.api.post('/webhooks', { url, events: ['*'] }), 422)
    expect(refused.errors).toMatchObject([{ field: 'url' }])
  })

  it('says what is wrong', async () => {
    for (const body of [
      {},
      { url: 'nothing', events: ['*'] },
      { url: receiver.url(), events: [] },
      { url: receiver.url(), events: ['dev.onus.ticket.invented.v1'] },
      { url: receiver.url(), events: ['*'], secret: 'mine' },
    ])
      expect((await world.owner.api.post('/webhooks', body)).status).toBe(400)
    const lost = await world.owner.api.post('/webhooks', {
      url: receiver.url(),
      events: ['*'],
      departmentId: 'x',
    })
    expect(lost.status).toBe(422)
  })
})
