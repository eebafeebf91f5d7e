import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { fromRecord } from '@onus/kit/cloudevents'
import { Ajv2020 } from 'ajv/dist/2020.js'
import formats from 'ajv-formats'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Notice } from './domain/notice.ts'
import { startWorld, type TestWorld } from './testing/world.ts'

let world: TestWorld

beforeAll(async () => {
  world = await startWorld()
}, 60_000)
afterAll(() => world?.stop())
beforeEach(() => {
  world.smtp.mode = 'ok'
  world.smtp.mails.length = 0
  world.smtp.connections.length = 0
  world.slack.calls.length = 0
  world.slack.reply = () => undefined
  world.preferences.clear()
  world.deliveries.length = 0
})

const lines = (ticketId: string) => world.ledger.ofTicket(world.accountId, ticketId, 100)
const lineOf = async (ticketId: string, channel: string): Promise<Notice | undefined> =>
  (await lines(ticketId)).find((line) => line.channel === channel)

/** Waits until it holds; says what the last look saw. */
async function eventually<T>(look: () => Promise<T>, holds: (seen: T) => boolean, ms = 20_000): Promise<T> {
  const until = Date.now() + ms
  for (;;) {
    const seen = await look()
    if (holds(seen)) return seen
    if (Date.now() > until) throw new Error(`still not: ${JSON.stringify(seen)}`)
    await sleep(50)
  }
}

describe('an assignment', () => {
  it('tells its agent once on each channel, and the ledger, Kafka and Temporal know', async () => {
    const ticket = world.addTicket()
    const handle = await world.assign(ticket, 'ann')
    await handle.result()

    expect(world.smtp.mails).toHaveLength(1)
    const { mail, to } = world.smtp.mails[0]!
    expect(to).toEqual(['ann@acme.example'])
    expect(mail.subject).toBe('[#42] Printer burns')
    expect(mail.headers.get('x-onus-event')).toBe('ticket_assigned')
    expect(mail.headers.get('x-onus-ticket')).toBe(ticket.id)
    expect(mail.headers.get('auto-submitted')).toBe('auto-generated')
    const messages = world.slack.calls.filter((call) => call.method === 'chat.postMessage')
    expect(messages).toHaveLength(1)
    expect(messages[0]?.token).toBe('xoxb-installation')

    const ledger = await lines(ticket.id)
    expect(
      ledger.map(({ channel, state, attempts, event }) => [channel, state, attempts, event]).sort(),
    ).toEqual([
      ['email', 'sent', 1, 'ticket_assigned'],
      ['in_app', 'sent', 1, 'ticket_assigned'],
      ['slack', 'sent', 1, 'ticket_assigned'],
    ])
    expect(mail.messageId).toBe(`<${(await lineOf(ticket.id, 'email'))?.id}@onus.example>`)
    expect(ledger.every((line) => line.outbox.length === 0)).toBe(true)

    const { searchAttributes } = await handle.describe()
    expect(searchAttributes).toMatchObject({ OnusAccount: [world.accountId], OnusDepartment: ['support'] })
  })

  it('planned a second time is the same ledger and no second mail', async () => {
    const ticket = world.addTicket()
    await (await world.assign(ticket, 'ann')).result()
    const before = await lines(ticket.id)
    await (await world.assign(ticket, 'ann')).result()
    expect(await lines(ticket.id)).toEqual(before)
    expect(world.smtp.mails).toHaveLength(1)
  })

  it('speaks the recipient’s language', async () => {
    world.preferences.set('bob', { locale: 'fr' })
    await (await world.assign(world.addTicket(), 'bob')).result()
    expect(world.smtp.mails[0]?.mail.text).toContain('ADI vous a attribué le ticket nº 42')
  })

  it('is told on no channel that the agent turned off', async () => {
    world.preferences.set('ann', { rules: [{ event: 'ticket_assigned', channel: 'email', when: 'never' }] })
    const ticket = world.addTicket()
    await (await world.assign(ticket, 'ann')).result()
    expect(world.smtp.mails).toHaveLength(0)
    expect(await lineOf(ticket.id, 'email')).toMatchObject({ state: 'suppressed', reason: 'preference' })
  })
})

describe('an outage', () => {
  it.each(['refuse', 'hang'] as const)(
    'of a mail server that does %s delays one mail and nothing else',
    async (mode) => {
      world.smtp.mode = mode
      const ticket = world.addTicket()
      const handle = await world.assign(ticket, 'ann')
      const retrying = await eventually(
        () => lineOf(ticket.id, 'email'),
        (line) => line?.state === 'retrying' && line.attempts >= 2,
      )
      expect(retrying).toMatchObject({ error: expect.stringMatching(/./), nextAttemptAt: expect.any(String) })
      expect(Date.parse(retrying?.nextAttemptAt ?? '') - Date.now()).toBeLessThan(30_000)
      await eventually(
        () => lineOf(ticket.id, 'slack'),
        (line) => line?.state === 'sent',
      )
      const { searchAttributes } = await eventually(
        () => handle.describe(),
        ({ searchAttributes: { OnusChannel } }) => OnusChannel?.length === 1,
      )
      expect(searchAttributes).toMatchObject({ OnusChannel: ['email'], OnusRecipient: ['ann'] })

      world.smtp.mode = 'ok'
      await handle.result()
      expect(world.smtp.mails).toHaveLength(1)
      const sent = await lineOf(ticket.id, 'email')
      expect(sent).toMatchObject({ state: 'sent', sentAt: expect.any(String) })
      expect(sent).not.toHaveProperty('error')
    },
  )

  it('of a mail server that is down is survived', async () => {
    await world.smtp.down()
    const ticket = world.addTicket()
    const handle = await world.assign(ticket, 'ann')
    await eventually(
      () => lineOf(ticket.id, 'email'),
      (line) => line?.state === 'retrying',
    )
    await world.smtp.up()
    await handle.result()
    expect(await lineOf(ticket.id, 'email')).toMatchObject({ state: 'sent' })
    expect(world.smtp.mails).toHaveLength(1)
  })

  it('of one mailbox fails at once and holds up nobody else', async () => {
    world.smtp.dead.add('ann@acme.example')
    const ticket = world.addTicket()
    const handle = await world.assign(ticket, 'ann', {
      before: null,
      after: { departmentId: 'support', agentId: null },
    })
    await handle.result()
    world.smtp.dead.clear()
    const mails = (await lines(ticket.id)).filter((line) => line.channel === 'email')
    expect(mails.map(({ recipient, state }) => [recipient.agentId, state]).sort()).toEqual([
      ['ann', 'failed'],
      ['bob', 'sent'],
    ])
    const failed = mails.find((line) => line.state === 'failed')
    expect(failed?.error).toMatch(/550/)
    expect(failed?.error).not.toMatch(/@/)
  })

  it('of a Slack token trips a breaker for that token only, which closes by itself', async () => {
    const headers = { 'retry-after': '6' }
    world.slack.reply = () => ({ status: 429, headers, body: { ok: false, error: 'ratelimited' } })
    const first = await world.assign(world.addTicket(), 'ann')
    await eventually(
      () => Promise.resolve(world.slack.calls.length),
      (calls) => calls === 1,
    )
    await eventually(
      () => world.db.collection('breakers').countDocuments({}),
      (open) => open === 1,
    )
    const ticket = world.addTicket()
    const second = await world.assign(ticket, 'bob')
    const held = await eventually(
      () => lineOf(ticket.id, 'slack'),
      (line) => line?.state === 'retrying',
    )
    expect(held).toMatchObject({ attempts: 0, error: expect.stringMatching(/the token was refused/) })
    world.slack.reply = () => undefined
    await Promise.all([first.result(), second.result()])
    expect(await lineOf(ticket.id, 'slack')).toMatchObject({ state: 'sent', attempts: 1 })
    expect(await world.db.collection('breakers').countDocuments({})).toBe(0)
  })

  it('is no reason to tell somebody who may no longer see the ticket', async () => {
    world.smtp.mode = 'refuse'
    const ticket = world.addTicket()
    const handle = await world.assign(ticket, 'ann')
    await eventually(
      () => lineOf(ticket.id, 'email'),
      (line) => line?.state === 'retrying',
    )
    world.tickets.set(ticket.id, { ...ticket, departmentId: 'billing' })
    await handle.result()
    expect(await lineOf(ticket.id, 'email')).toMatchObject({ state: 'suppressed', reason: 'not_visible' })
    expect(world.smtp.mails).toHaveLength(0)
  })
})

describe('an answer', () => {
  it('goes to the contact from the department, in the thread, with its files', async () => {
    const ticket = world.addTicket()
    world.threads.set(ticket.id, ['<first@customer.example>'])
    world.files.set('a1', Buffer.from('hello world'))
    const attachments = [{ id: 'a1', name: 'naïve.txt', contentType: 'text/plain', size: 11 }]
    const { id, handle } = await world.answer(ticket, { attachments })
    await handle.result()
    const { mail, to } = world.smtp.mails[0]!
    expect(to).toEqual(['joe@customer.example'])
    expect(mail).toMatchObject({
      subject: 'Re: Printer burns [#42]',
      messageId: `<${id}.${ticket.id}@onus.example>`,
      inReplyTo: '<first@customer.example>',
      references: '<first@customer.example>',
    })
    expect(mail.from?.value[0]).toEqual({ address: 'help@acme.example', name: 'Support' })
    expect(mail.text?.trim()).toBe('Put it out')
    expect(mail.headers.has('auto-submitted')).toBe(false)
    expect(mail.headers.get('x-onus-ticket')).toBe(ticket.id)
    expect(mail.attachments[0]).toMatchObject({ filename: 'naïve.txt', content: Buffer.from('hello world') })
    expect(world.deliveries.map((delivery) => delivery.state)).toEqual(['planned', 'sent'])
  })

  it('is known by its Message-ID before it leaves, and tried until it leaves', async () => {
    world.smtp.mode = 'refuse'
    const ticket = world.addTicket()
    const { id, handle } = await world.answer(ticket)
    await eventually(
      async () => world.messages.get(id)?.delivery,
      (delivery) => delivery?.state === 'retrying' && delivery.attempts >= 2,
    )
    expect(world.threads.get(ticket.id)).toEqual([`<${id}.${ticket.id}@onus.example>`])
    world.smtp.mode = 'ok'
    await handle.result()
    expect(world.smtp.mails).toHaveLength(1)
    expect(world.messages.get(id)?.delivery).toMatchObject({ state: 'sent', sentAt: expect.any(String) })
  })

  it('is not sent with half a file', async () => {
    const ticket = world.addTicket()
    const attachments = [
      { id: 'a2', name: 'big.bin', contentType: 'application/octet-stream', size: 200_000 },
    ]
    world.broken.add('a2')
    world.files.set('a2', Buffer.alloc(200_000, 'x'))
    const { id, handle } = await world.answer(ticket, { attachments })
    await eventually(
      async () => world.messages.get(id)?.delivery,
      (delivery) => delivery?.state === 'retrying',
    )
    expect(world.smtp.mails).toHaveLength(0)
    world.broken.clear()
    await handle.result()
    expect(world.smtp.mails.map(({ mail }) => mail.attachments[0]?.size)).toEqual([200_000])
  })

  it('to a contact without an address, or with a dead one, fails at once', async () => {
    const nowhere = await world.answer(world.addTicket({ contact: { id: 'c2', name: 'Nobody' } }))
    await nowhere.handle.result()
    expect(world.messages.get(nowhere.id)?.delivery).toMatchObject({ state: 'failed' })
    world.smtp.dead.add('joe@customer.example')
    const dead = await world.answer(world.addTicket())
    await dead.handle.result()
    world.smtp.dead.clear()
    expect(world.messages.get(dead.id)?.delivery).toMatchObject({ state: 'failed', attempts: 1 })
  })
})

describe('by hand', () => {
  it('a failed notice is sent again under its identity', async () => {
    world.smtp.dead.add('ann@acme.example')
    const ticket = world.addTicket()
    await (await world.assign(ticket, 'ann')).result()
    const failed = await lineOf(ticket.id, 'email')
    expect(failed?.state).toBe('failed')
    world.smtp.dead.clear()
    const caller = world.callerOf('ann')
    const planned = await world.client.resendNotice({ noticeId: failed!.id }, { caller })
    expect(['planned', 'sent']).toContain(planned.state)
    await eventually(
      () => lineOf(ticket.id, 'email'),
      (line) => line?.state === 'sent',
    )
    expect(world.smtp.mails.map(({ mail }) => mail.messageId)).toEqual([`<${failed!.id}@onus.example>`])
  })

  it('a notice that is waiting is sent at once, and only once', async () => {
    world.smtp.mode = 'refuse'
    const ticket = world.addTicket()
    const handle = await world.assign(ticket, 'ann')
    const line = await eventually(
      () => lineOf(ticket.id, 'email'),
      (seen) => seen?.state === 'retrying' && seen.attempts >= 4,
    )
    world.smtp.mode = 'ok'
    await world.client.resendNotice({ noticeId: line!.id }, { caller: world.callerOf('adi') })
    await eventually(
      () => lineOf(ticket.id, 'email'),
      (seen) => seen?.state === 'sent',
      6000,
    )
    await handle.result()
    expect(world.smtp.mails).toHaveLength(1)
  })
})

describe('who may', () => {
  let ticketId: string
  let noticeId: string
  beforeAll(async () => {
    const ticket = world.addTicket()
    await (await world.assign(ticket, 'ann')).result()
    ticketId = ticket.id
    noticeId = (await lineOf(ticket.id, 'in_app'))!.id
  })

  const rpcs: [
    name: string,
    call: (who: Parameters<TestWorld['callerOf']>) => Promise<unknown>,
    rights: object,
  ][] = [
    [
      'list their own feed',
      (who) => world.client.listMyNotices({}, { caller: world.callerOf(...who) }),
      {
        ann: 'ok',
        bob: 'ok',
        cyd: 'ok',
        adi: 'ok',
        stranger: 'ok',
        operator: 'forbidden',
        system: 'forbidden',
      },
    ],
    [
      'list ann’s feed',
      (who) => world.client.listMyNotices({ agentId: 'ann' }, { caller: world.callerOf(...who) }),
      {
        ann: 'ok',
        bob: 'forbidden',
        cyd: 'forbidden',
        adi: 'ok',
        stranger: 'forbidden',
        operator: 'forbidden',
      },
    ],
    [
      'list the ticket’s',
      (who) => world.client.listTicketNotices({ ticketId }, { caller: world.callerOf(...who) }),
      { ann: 'ok', bob: 'ok', cyd: 'not-found', adi: 'ok', stranger: 'not-found', operator: 'forbidden' },
    ],
    [
      'get it',
      (who) => world.client.getNotice({ noticeId }, { caller: world.callerOf(...who) }),
      { ann: 'ok', bob: 'ok', cyd: 'not-found', adi: 'ok', stranger: 'not-found', operator: 'forbidden' },
    ],
    [
      'acknowledge it',
      (who) => world.client.acknowledgeNotice({ noticeId }, { caller: world.callerOf(...who) }),
      {
        ann: 'ok',
        bob: 'forbidden',
        cyd: 'not-found',
        adi: 'forbidden',
        stranger: 'not-found',
        operator: 'forbidden',
      },
    ],
    [
      'resend it',
      (who) => world.client.resendNotice({ noticeId }, { caller: world.callerOf(...who) }),
      {
        ann: 'ok',
        bob: 'forbidden',
        cyd: 'not-found',
        adi: 'ok',
        stranger: 'not-found',
        operator: 'forbidden',
      },
    ],
    [
      'connect Slack',
      (who) =>
        world.client.setSlackIntegration(
          { botToken: 'xoxb-1234567890-abc', workspace: 'Acme' },
          { caller: world.callerOf(...who) },
        ),
      { ann: 'forbidden', bob: 'forbidden', adi: 'ok', operator: 'forbidden' },
    ],
    [
      'look at Slack',
      (who) => world.client.getSlackIntegration({}, { caller: world.callerOf(...who) }),
      { ann: 'forbidden', adi: 'ok', stranger: 'forbidden', operator: 'forbidden' },
    ],
    [
      'try Slack',
      (who) => world.client.testSlackIntegration({ webhook: false }, { caller: world.callerOf(...who) }),
      { ann: 'forbidden', adi: 'ok', stranger: 'forbidden', operator: 'forbidden' },
    ],
    [
      'disconnect Slack',
      (who) => world.client.deleteSlackIntegration({}, { caller: world.callerOf(...who) }),
      { ann: 'forbidden', adi: 'ok', stranger: 'forbidden', operator: 'forbidden' },
    ],
  ]
  const callers: Record<string, Parameters<TestWorld['callerOf']>> = {
    ann: ['ann'],
    bob: ['bob'],
    cyd: ['cyd'],
    adi: ['adi'],
    stranger: ['eve', { accountId: 'another' }],
    operator: ['op', { type: 'operator', accountId: '', role: undefined }],
    system: ['worker', { type: 'system', role: undefined }],
  }
  const cells = rpcs.flatMap(([name, call, rights]) =>
    Object.entries(rights).map(([who, expected]) => [who, name, expected, call] as const),
  )

  it.each(cells)('%s may %s: %s', async (who, _name, expected, call) => {
    const outcome = await call(callers[who]!).then(
      () => 'ok',
      (error) => error.reason,
    )
    expect(outcome).toBe(expected)
  })

  it('call without saying who they are: nobody', async () => {
    await expect(world.client.getNotice({ noticeId })).rejects.toMatchObject({ reason: 'unauthenticated' })
  })

  it('meddle with what was suppressed: nobody', async () => {
    world.preferences.set('bob', { rules: [{ event: 'ticket_assigned', channel: 'email', when: 'never' }] })
    const ticket = world.addTicket()
    await (await world.assign(ticket, 'bob')).result()
    const line = await lineOf(ticket.id, 'email')
    const caller = world.callerOf('bob')
    await expect(world.client.resendNotice({ noticeId: line!.id }, { caller })).rejects.toMatchObject({
      reason: 'wrong-status',
    })
  })

  it('use a Slack token that is none: nobody', async () => {
    const caller = world.callerOf('adi')
    await expect(
      world.client.setSlackIntegration({ botToken: 'hunter2', workspace: 'Acme' }, { caller }),
    ).rejects.toMatchObject({ reason: 'invalid-request', errors: [{ field: 'botToken' }] })
  })
})

it('uses the account’s own Slack workspace, whose token is nowhere in the open', async () => {
  const caller = world.callerOf('adi')
  const botToken = 'xoxb-1234567890-own'
  const connection = await world.client.setSlackIntegration({ botToken, workspace: 'Acme' }, { caller })
  expect(connection).toMatchObject({ workspace: 'Acme', botTokenHint: 'xoxb-123…' })
  await (await world.assign(world.addTicket(), 'ann')).result()
  expect(world.slack.calls.map((call) => call.token)).toContain(botToken)
  const stored = await world.db.collection('slack_integrations').find().toArray()
  expect(JSON.stringify(stored)).not.toContain(botToken)
  await world.client.deleteSlackIntegration({}, { caller })
})

it('writes a test message to Slack, and says what Slack calls its refusal', async () => {
  const caller = world.callerOf('adi')
  const test = (request: { channel?: string; webhook?: boolean } = {}) =>
    world.client.testSlackIntegration({ webhook: false, ...request }, { caller })
  const botToken = 'xoxb-1234567890-try'
  await world.client.setSlackIntegration({ botToken, workspace: 'Acme' }, { caller })
  const before = world.slack.calls.length
  expect(await test()).toEqual({ ok: true, error: '' })
  expect(await test({ channel: '#support' })).toEqual({ ok: true, error: '' })
  const written = world.slack.calls.slice(before).filter(({ method }) => method === 'chat.postMessage')
  expect(written.map(({ token, body }) => [token, body.channel])).toEqual([
    [botToken, 'D1'],
    [botToken, '#support'],
  ])
  expect(await test({ webhook: true })).toEqual({ ok: false, error: 'no_service' })
  const { reply } = world.slack
  try {
    for (const error of ['invalid_auth', 'channel_not_found', 'missing_scope']) {
      world.slack.reply = () => ({ body: { ok: false, error } })
      expect(await test({ channel: '#support' })).toEqual({ ok: false, error })
    }
    world.slack.reply = () => ({ status: 500, body: {} })
    expect(await test({ channel: '#support' })).toEqual({ ok: false, error: 'unreachable' })
  } finally {
    world.slack.reply = reply
  }
  await expect(test({ channel: ' ' })).rejects.toMatchObject({ errors: [{ field: 'channel' }] })
  await world.client.deleteSlackIntegration({}, { caller })
})

it('pages a feed, newest first, each line once', async () => {
  for (let at = 0; at < 3; at++)
    await (await world.assign(world.addTicket({ departmentId: 'billing' }), 'cyd')).result()
  const caller = world.callerOf('cyd')
  const seen: string[] = []
  let cursor = ''
  do {
    const page = await world.client.listMyNotices({ page: { limit: 2, cursor } }, { caller })
    expect(page.items.length).toBeLessThanOrEqual(2)
    seen.push(...page.items.map((item) => item.id))
    cursor = page.nextCursor ?? ''
  } while (cursor)
  expect(seen.length).toBeGreaterThan(5)
  expect(new Set(seen).size).toBe(seen.length)
  await expect(
    world.client.listMyNotices({ page: { limit: 500, cursor: '' } }, { caller }),
  ).rejects.toMatchObject({
    reason: 'invalid-request',
  })
})

it('shows nobody a notice of a ticket that has left their sight', async () => {
  const ticket = world.addTicket()
  await (await world.assign(ticket, 'bob')).result()
  const caller = world.callerOf('bob')
  const feed = async () =>
    (await world.client.listMyNotices({}, { caller })).items.map((item) => item.ticketId)
  expect(await feed()).toContain(ticket.id)
  const noticeId = (await lineOf(ticket.id, 'in_app'))!.id
  world.tickets.set(ticket.id, { ...ticket, departmentId: 'billing' })
  expect(await feed()).not.toContain(ticket.id)
  await expect(world.client.getNotice({ noticeId }, { caller })).rejects.toMatchObject({
    reason: 'not-found',
  })
})

it('publishes every state of every notice in order, as its schema says', async () => {
  const all = await world.db.collection('notices').find().toArray()
  const changes = all.reduce((sum, line) => sum + Number(line.changes), 0)
  const events = (await world.published(changes)).map(fromRecord)
  const path = '../../../proto/events/dev.onus.notification.delivery.changed.v1.json'
  const ajv = formats.default(new Ajv2020({ allErrors: true, strict: false }))
  const valid = ajv.compile(JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8')))
  for (const event of events) {
    expect(valid(event.data), JSON.stringify(valid.errors)).toBe(true)
    expect(event.source).toBe(`/accounts/${world.accountId}/notifications`)
    expect(event.key).toBe(event.subject)
    expect(JSON.stringify(event.data)).not.toMatch(/@|ANN|Joe/)
  }
  const unique = new Map(events.map((event) => [event.id, event]))
  for (const line of all) {
    const own = [...unique.values()].filter((event) => event.subject === String(line._id))
    expect(own.map((event) => event.sequence)).toEqual(own.map((_, at) => at + 1))
    expect(own.at(-1)?.data).toMatchObject({ state: line.state })
  }
})
