import { beforeAll, describe, expect, it } from 'vitest'
import { type Api, eventually } from '../support/api.ts'
import { createWorld, expectStatus, type TestAgent, type World } from '../support/world.ts'

/** Agents on their devices and in Slack, from registration to a claim by a button. */

let world: World
let ann: TestAgent
let bob: TestAgent
const pad = Array.from({ length: 32 }, () =>
  Math.floor(Math.random() * 256)
    .toString(16)
    .padStart(2, '0'),
).join('')
const phone = `phone-${crypto.randomUUID()}`

beforeAll(async () => {
  world = await createWorld({ agents: { ann: { in: ['Support'] }, bob: { in: ['Support'] } } })
  ann = world.agents.ann!
  bob = world.agents.bob!
})

interface Push {
  provider: string
  token: string
  title: string
  body: string
  data: Record<string, string>
}
interface SlackMessage {
  ts: string
  user: { email: string } | null
  text: string
  body: { client_msg_id?: string }
  blocks: object[]
  updates: { text: string; blocks: object[] }[]
  whispers: { text: string; to: string }[]
}

const list = async <T>(url: string) => (await (await fetch(url)).json()) as T[]
const tell = async (url: string, body: object) => {
  const answer = await fetch(url, { method: 'POST', body: JSON.stringify(body) })
  return (await answer.json()) as any
}
/** Of the assignment: that the ticket is new in their department is told before. */
const pushesOf = async (ticketId: string) =>
  (await list<Push>(world.local.pushSinkUrl)).filter(
    ({ data }) => data.ticketId === ticketId && data.event === 'ticket_assigned',
  )
const setDevice = (token: string, state: string) =>
  tell(`${world.local.pushSinkUrl}/devices`, { token, state })
const register = (api: Api, device: object) => api.post('/me/devices', device)
const devices = async (api: Api) => expectStatus(await api.get('/me/devices'), 200).items as any[]
const pushNotice = async (ticketId: string, agentId: string, state: string) =>
  eventually(`the push notice to be ${state}`, async () => {
    const page = await world.owner.api.get(`/tickets/${ticketId}/notifications?limit=200`)
    return (page.body.items as any[])?.find(
      (each) =>
        each.channel === 'push' &&
        each.event === 'ticket_assigned' &&
        each.recipient.agentId === agentId &&
        each.state === state,
    )
  })
const assigned = async (subject: string) => {
  const ticket = await world.createTicket({ subject })
  expectStatus(await world.owner.api.post(`/tickets/${ticket.id}/assign`, { agentId: ann.id }), 200)
  return ticket
}

describe('push', () => {
  let browser: string

  it('takes a phone, a tablet and a browser', async () => {
    const made = expectStatus(await register(ann.api, { kind: 'fcm', token: phone, name: 'Phone' }), 201)
    expect(made).toMatchObject({ kind: 'fcm', name: 'Phone' })
    expect(JSON.stringify(made)).not.toContain(phone)
    expectStatus(await register(ann.api, { kind: 'apns', token: pad }), 201)
    const { webPush, kinds } = expectStatus(await ann.api.get('/integrations/push'), 200)
    expect(kinds).toEqual(['fcm', 'apns', 'web_push'])
    const subscription = await tell(`${world.local.pushSinkUrl}/subscriptions`, {
      applicationServerKey: webPush.publicKey,
    })
    browser = subscription.endpoint
    expectStatus(await register(ann.api, { kind: 'web_push', subscription }), 201)
    expectStatus(await register(ann.api, { kind: 'fcm', token: phone, name: 'Phone' }), 200)
    expect(await devices(ann.api)).toHaveLength(3)
    expect(await devices(bob.api)).toEqual([])
  })

  it('reaches all of them, and shows a locked screen nothing of the ticket', async () => {
    const ticket = await assigned('Secret merger')
    const notice = await pushNotice(ticket.id, ann.id, 'sent')
    expect(notice.devices.map((each: any) => [each.kind, each.state]).sort()).toEqual([
      ['apns', 'sent'],
      ['fcm', 'sent'],
      ['web_push', 'sent'],
    ])
    const pushes = await pushesOf(ticket.id)
    expect(pushes.map(({ token }) => token).sort()).toEqual([browser, pad, phone].sort())
    expect(JSON.stringify(pushes)).not.toContain('Secret merger')
    expect(JSON.stringify(pushes)).not.toContain('Carla')
    for (const push of pushes)
      expect(push.data).toMatchObject({ noticeId: notice.id, event: 'ticket_assigned' })
  })

  it('shows the text where the account allows it', async () => {
    expectStatus(await ann.api.put('/integrations/push', { pushShowsText: true }), 403)
    expectStatus(await world.owner.api.put('/integrations/push', { pushShowsText: true }), 200)
    const ticket = await assigned('Public picnic')
    await pushNotice(ticket.id, ann.id, 'sent')
    expect((await pushesOf(ticket.id)).every(({ body }) => body.includes('Public picnic'))).toBe(true)
    expectStatus(await world.owner.api.delete('/integrations/push'), 204)
  })

  it('tries a busy device again, and only that one', async () => {
    await setDevice(pad, 'unavailable')
    const ticket = await assigned('Busy')
    const waiting = await pushNotice(ticket.id, ann.id, 'retrying')
    expect(waiting.error).toContain('APNs')
    await setDevice(pad, 'ok')
    await pushNotice(ticket.id, ann.id, 'sent')
    expect((await pushesOf(ticket.id)).map(({ token }) => token).sort()).toEqual([browser, pad, phone].sort())
  })

  it('removes what does not exist any more, and says so', async () => {
    await setDevice(phone, 'gone')
    const ticket = await assigned('Gone')
    await pushNotice(ticket.id, ann.id, 'sent')
    // That the ticket is new may have come to the phone before it was assigned.
    const page = expectStatus(await world.owner.api.get(`/tickets/${ticket.id}/notifications?limit=200`), 200)
    expect(page.items.flatMap((each: any) => each.devices ?? [])).toContainEqual(
      expect.objectContaining({ kind: 'fcm', name: 'Phone', state: 'gone', error: 'FCM: UNREGISTERED' }),
    )
    expect((await devices(ann.api)).map(({ kind }) => kind).sort()).toEqual(['apns', 'web_push'])
    await setDevice(phone, 'ok')
  })

  it('sends again by hand under the same identity', async () => {
    const ticket = await assigned('Again')
    const notice = await pushNotice(ticket.id, ann.id, 'sent')
    expectStatus(await ann.api.post(`/notifications/${notice.id}/resend`), 200)
    const ids = await eventually('the second round', async () => {
      const pushes = await pushesOf(ticket.id)
      return pushes.length === 4 ? pushes.map(({ data }) => data.noticeId) : undefined
    })
    expect(new Set(ids)).toEqual(new Set([notice.id]))
  })

  it('follows a device to whoever signs in on it', async () => {
    const known = (await devices(ann.api)).find(({ kind }) => kind === 'apns')
    const moved = expectStatus(await register(bob.api, { kind: 'apns', token: pad.toUpperCase() }), 200)
    expect(moved.id).toBe(known.id)
    expect(await devices(ann.api)).toHaveLength(1)
    expectStatus(await ann.api.delete(`/me/devices/${moved.id}`), 404)
    expectStatus(await bob.api.delete(`/me/devices/${moved.id}`), 204)
    expect(await devices(bob.api)).toEqual([])
  })

  it('says by its field what is wrong with a key', async () => {
    const refused = await world.owner.api.put('/integrations/push', {
      apns: { keyId: 'ABCDE12345', teamId: 'ABCDE12345', topic: 'com.acme.help', key: 'no key' },
    })
    expect(refused).toMatchObject({ status: 400, body: { errors: [{ field: 'apns.key' }] } })
    expect(refused.body.errors[0].message).toContain('.p8')
  })
})

describe('Slack', () => {
  const messageTo = (agent: TestAgent, subject: string) =>
    eventually(`the message to ${agent.name}`, async () =>
      (await list<SlackMessage>(world.local.slackSinkUrl)).find(
        ({ user, text }) => user?.email === agent.email && text.includes(subject),
      ),
    )
  const press = (message: SlackMessage, agent: TestAgent, more: object = {}) =>
    tell(`${world.local.slackSinkUrl}/presses`, {
      url: `${world.local.baseUrl}/api/v1/slack/interactions`,
      ts: message.ts,
      actionId: 'claim_ticket',
      email: agent.email,
      ...more,
    })
  const again = async (message: SlackMessage, what: (now: SlackMessage) => boolean) =>
    eventually('the message to change', async () => {
      const now = (await list<SlackMessage>(world.local.slackSinkUrl)).find(({ ts }) => ts === message.ts)
      return now && what(now) ? now : undefined
    })

  it('has one winner when two press Claim, and shows both who it is', async () => {
    const ticket = await world.createTicket({ subject: 'Race in Slack' })
    const messages = await Promise.all([messageTo(ann, 'Race in Slack'), messageTo(bob, 'Race in Slack')])
    const answers = await Promise.all([press(messages[0]!, ann), press(messages[1]!, bob)])
    expect(answers).toEqual([
      { status: 200, body: '' },
      { status: 200, body: '' },
    ])
    const now = expectStatus(await world.owner.api.get(`/tickets/${ticket.id}`), 200)
    expect([ann.id, bob.id]).toContain(now.agentId)
    expect(now.responsibility).toMatchObject({
      revision: 2,
      cause: { type: 'claim' },
      actor: { id: now.agentId },
    })
    const winner = now.agentId === ann.id ? ann : bob
    for (const message of messages) {
      const changed = await again(message!, ({ updates }) => updates.length > 0)
      const text = JSON.stringify(changed.updates.at(-1)?.blocks)
      expect(text).toContain(winner.name)
      expect(text).not.toContain('claim_ticket')
    }
  })

  it('takes a press once, and nothing that Slack did not sign', async () => {
    const ticket = await world.createTicket({ subject: 'Once only' })
    const message = await messageTo(ann, 'Once only')
    const forged = await press(message, ann, { signingSecret: '0'.repeat(32) })
    expect(forged.status).toBe(401)
    expect((await ann.api.get(`/tickets/${ticket.id}`)).body.agentId).toBeNull()
    await press(message, ann, { actionTs: '1.1' })
    expectStatus(await ann.api.post(`/tickets/${ticket.id}/release`), 200)
    await press(message, ann, { actionTs: '1.1' })
    const after = (await ann.api.get(`/tickets/${ticket.id}`)).body
    expect(after).toMatchObject({ agentId: null, responsibility: { revision: 3 } })
  })

  it('tells who is no agent, and who may not', async () => {
    await world.createTicket({ subject: 'Not for you' })
    const message = await messageTo(ann, 'Not for you')
    await press(message, { ...ann, email: `stranger@${world.domain}` })
    const told = await again(message, ({ whispers }) => whispers.length > 0)
    expect(told.whispers[0]?.text).toContain('no active agent')
    const bare = await fetch(`${world.local.baseUrl}/api/v1/slack/interactions`, { method: 'POST' })
    expect([400, 401, 415]).toContain(bare.status)
  })

  it('keeps its secrets to itself', async () => {
    const made = expectStatus(
      await world.owner.api.put('/integrations/slack', {
        workspace: 'acme',
        botToken: 'xoxb-1234567890-abcdef',
        signingSecret: 'a'.repeat(32),
      }),
      200,
    )
    expect(made).toMatchObject({ interactive: true, webhook: false })
    expect(JSON.stringify(made)).not.toContain('abcdef')
    const kept = expectStatus(await world.owner.api.put('/integrations/slack', { workspace: 'acme 2' }), 200)
    expect(kept).toMatchObject({ workspace: 'acme 2', interactive: true, botTokenHint: 'xoxb-123…' })
    const without = await world.owner.api.put('/integrations/slack', { workspace: 'acme', botToken: null })
    expect(without).toMatchObject({ status: 400, body: { errors: [{ field: 'botToken' }] } })
    expectStatus(await ann.api.get('/integrations/slack'), 403)
    expectStatus(await world.owner.api.delete('/integrations/slack'), 204)
  })
})
