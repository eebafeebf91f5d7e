import { setTimeout as sleep } from 'node:timers/promises'
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
  world.slack.calls.length = 0
  world.preferences.clear()
})

const lines = (ticketId: string) => world.ledger.ofTicket(world.accountId, ticketId, 100)
const mailOf = async (ticketId: string): Promise<Notice> =>
  (await lines(ticketId)).find((line) => line.channel === 'email')!

async function eventually<T>(look: () => Promise<T>, holds: (seen: T) => boolean, ms = 30_000): Promise<T> {
  const until = Date.now() + ms
  for (;;) {
    const seen = await look()
    if (holds(seen)) return seen
    if (Date.now() > until) throw new Error(`still not: ${JSON.stringify(seen)}`)
    await sleep(50)
  }
}

const everybody = { before: null, after: { departmentId: 'support', agentId: null } }

describe('a digest', () => {
  it('is one mail of all that came, moved by a changed preference, each line of it in the ledger', async () => {
    world.preferences.set('ann', { digest: { every: 'P1W' } })
    const tickets = [world.addTicket({ subject: 'First' }), world.addTicket({ subject: 'Second' })]
    for (const ticket of tickets) await (await world.assign(ticket, 'ann')).result()
    expect(world.smtp.mails).toHaveLength(0)
    for (const ticket of tickets)
      expect(await mailOf(ticket.id)).toMatchObject({ state: 'planned', inDigest: true })
    const feed = await world.client.listMyNotices({}, { caller: world.callerOf('ann') })
    expect(feed.items.filter(({ channel }) => channel === 'in_app').map(({ state }) => state)).toEqual([
      'sent',
      'sent',
    ])

    world.preferences.delete('ann')
    await world.client.preferencesChanged({}, { caller: world.callerOf('ann') })
    await eventually(
      () => mailOf(tickets[1]!.id),
      (line) => line.state === 'sent',
    )
    expect(world.smtp.mails).toHaveLength(1)
    const { mail } = world.smtp.mails[0]!
    expect(mail.subject).toBe('2 notices for you')
    for (const subject of ['First', 'Second']) expect(mail.text).toContain(subject)
    expect(mail.headers.get('x-onus-event')).toBe('digest')
    expect((await mailOf(tickets[0]!.id)).state).toBe('sent')
    await eventually(
      async () => world.slack.calls.filter(({ method }) => method === 'chat.postMessage'),
      (posts) => posts.length === 1,
    )
  })
})

describe('the link in a mail', () => {
  it('turns off exactly that, without a key, however often', async () => {
    const first = world.addTicket()
    await (await world.assign(first, 'ann')).result()
    const { mail } = world.smtp.mails[0]!
    const list = mail.headers.get('list') as {
      unsubscribe?: { url?: string }
      'unsubscribe-post'?: { name?: string }
    }
    const token = new URL(list.unsubscribe!.url!).searchParams.get('token')!
    expect(list.unsubscribe!.url).toContain('https://help.example/api/v1/unsubscribe?token=')
    expect(list['unsubscribe-post']?.name).toBe('List-Unsubscribe=One-Click')
    expect(mail.text).toContain(
      '/profile/notifications?event=ticket_assigned&channel=email&department=support',
    )

    const looked = await world.client.unsubscribe({ token, look: true })
    expect(looked).toMatchObject({ locale: 'en', button: 'Turn off' })
    expect(looked.text).toContain('a ticket was assigned to me (Support)')
    expect(world.preferences.has('ann')).toBe(false)
    for (let times = 0; times < 2; times++) await world.client.unsubscribe({ token, look: false })
    expect(world.preferences.get('ann')?.rules).toEqual([
      { event: 'ticket_assigned', channel: 'email', departmentId: 'support', when: 'never' },
    ])
    const second = world.addTicket()
    await (await world.assign(second, 'ann')).result()
    expect(await mailOf(second.id)).toMatchObject({ state: 'suppressed', reason: 'preference' })
    expect(world.smtp.mails).toHaveLength(1)
  })

  it('is refused when it is none of ours, or its agent has gone', async () => {
    const token = `${Buffer.from('["a","b","email",[["ticket_new","d"]]]').toString('base64url')}.x`
    await expect(world.client.unsubscribe({ token, look: false })).rejects.toMatchObject({
      reason: 'invalid-request',
    })
    expect(await world.client.unsubscribe({ token, look: true })).toMatchObject({ button: '' })
  })
})

describe('a mail that comes back', () => {
  const report = (status: string, text: string) =>
    Buffer.from(
      `Content-Type: multipart/report; report-type=delivery-status; boundary="b"\n\n--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx\n\nFinal-Recipient: rfc822; ann@acme.example\nAction: failed\nStatus: ${status}\nDiagnostic-Code: smtp; ${text}\n\n--b--\n`,
    )

  it('fails its notice after all, leaves its address alone, and is tried again when it is time', async () => {
    const ticket = world.addTicket()
    await (await world.assign(ticket, 'ann')).result()
    const sent = await mailOf(ticket.id)
    expect(world.smtp.mails[0]?.from).toBe(`bounce+${sent.id}@onus.example`)
    const system = { caller: world.callerOf('gateway', { type: 'system', accountId: '', role: undefined }) }
    const mail = report('5.1.1', '550 5.1.1 <ann@acme.example> User unknown')
    for (let times = 0; times < 2; times++)
      expect(await world.client.acceptBounce({ noticeId: sent.id, mail }, system)).toEqual({ kind: 'hard' })
    const failed = await mailOf(ticket.id)
    expect(failed).toMatchObject({ state: 'failed', error: expect.stringMatching(/came back: 550 5\.1\.1/) })
    expect(failed.error).not.toContain('@')

    const next = world.addTicket()
    await (await world.assign(next, 'ann')).result()
    expect(await mailOf(next.id)).toMatchObject({ state: 'failed', attempts: 0 })
    expect(world.smtp.mails).toHaveLength(1)
    const other = world.addTicket()
    await (await world.assign(other, 'bob')).result()
    expect(await mailOf(other.id)).toMatchObject({ state: 'sent' })

    const health = await world.client.getDeliveryHealth({}, { caller: world.callerOf('adi') })
    expect(health.broken).toMatchObject([{ kind: 'address', agentId: 'ann', dead: true, failures: 1 }])
    expect(health.providers.map(({ state }) => state)).toEqual(['ok', 'ok', 'ok', 'ok', 'ok'])
    await world.db.collection('breakers').updateMany({}, { $set: { openUntil: new Date(0).toISOString() } })
    const later = world.addTicket()
    await (await world.assign(later, 'ann')).result()
    expect(await mailOf(later.id)).toMatchObject({ state: 'sent' })
    await world.db.collection('breakers').deleteMany({})
  })

  it('of what its reader has seen already leaves the address alone as well', async () => {
    const ticket = world.addTicket()
    await (await world.assign(ticket, 'ann')).result()
    const { id } = await mailOf(ticket.id)
    await world.client.acknowledgeNotice({ noticeId: id }, { caller: world.callerOf('ann') })
    const system = { caller: world.callerOf('gateway', { type: 'system', accountId: '', role: undefined }) }
    const mail = report('5.1.1', '550 5.1.1 User unknown')
    for (let times = 0; times < 2; times++) await world.client.acceptBounce({ noticeId: id, mail }, system)
    expect(await mailOf(ticket.id)).toMatchObject({
      state: 'acknowledged',
      error: expect.stringMatching(/came back/),
    })
    const health = await world.client.getDeliveryHealth({}, { caller: world.callerOf('adi') })
    expect(health.broken).toMatchObject([{ kind: 'address', agentId: 'ann', dead: true, failures: 1 }])
    await world.db.collection('breakers').deleteMany({})
  })

  it('for now says so, and a report that is about nothing changes nothing', async () => {
    const ticket = world.addTicket()
    await (await world.assign(ticket, 'bob')).result()
    const { id } = await mailOf(ticket.id)
    const system = { caller: world.callerOf('gateway', { type: 'system', accountId: '', role: undefined }) }
    const bounce = (mail: Buffer, noticeId = id) => world.client.acceptBounce({ noticeId, mail }, system)
    expect(await bounce(Buffer.from('Subject: hi\n\nhello'))).toEqual({ kind: 'none' })
    expect(await bounce(report('5.1.1', '550 no'), 'f'.repeat(32))).toEqual({ kind: 'none' })
    expect((await mailOf(ticket.id)).state).toBe('sent')
    expect(await bounce(report('5.2.2', '552 mailbox full'))).toEqual({ kind: 'soft' })
    expect((await mailOf(ticket.id)).state).toBe('failed')
    await world.db.collection('breakers').deleteMany({})
  })
})

describe('a rule', () => {
  it('writes to an agent, a Slack channel and an address once each, with what it has to say', async () => {
    const ticket = world.addTicket()
    const entry = {
      sequence: 4,
      at: new Date().toISOString(),
      type: 'rule.applied' as const,
      actor: { type: 'system' as const },
      cause: { type: 'rule' as const, ruleId: 'r1', version: 1 },
      details: {
        notify: [
          { agentId: 'bob', text: 'A VIP writes' },
          { slackChannel: '#ops', text: 'A VIP writes' },
          { email: 'boss@elsewhere.example', text: 'A VIP writes' },
          { email: 'bob@acme.example', text: 'A VIP writes' },
        ],
      },
    }
    const held = { departmentId: 'support', agentId: null }
    await (await world.assign(ticket, 'ann', { entries: [entry], before: held, after: held })).result()
    expect(world.smtp.mails.map(({ to }) => to[0]).sort()).toEqual([
      'bob@acme.example',
      'boss@elsewhere.example',
    ])
    for (const { mail } of world.smtp.mails) expect(mail.text).toContain('> A VIP writes')
    const posts = world.slack.calls.filter(({ method }) => method === 'chat.postMessage')
    expect(posts).toHaveLength(2)
    expect(JSON.stringify(posts)).toContain('#ops')
    const found = await world.client.listTicketNotices(
      { ticketId: ticket.id },
      { caller: world.callerOf('ann') },
    )
    expect(found.items.every(({ event, because }) => event === 'rule' && because === 'rule')).toBe(true)
    expect(found.items[0]?.why).toBe('You get this because a rule of your account wants you to know.')
    expect(found.items.map(({ recipient }) => recipient)).toContainEqual(
      expect.objectContaining({ agentId: '', emailDomain: 'elsewhere.example' }),
    )
    expect(JSON.stringify(found)).not.toContain('boss@')
  })
})

describe('the admin’s ledger', () => {
  it('shows all lines by state, channel and agent, page by page', async () => {
    world.preferences.set('bob', { rules: [{ event: 'ticket_new', channel: 'email', when: 'never' }] })
    const ticket = world.addTicket()
    await (await world.assign(ticket, 'ann', everybody)).result()
    const caller = world.callerOf('adi')
    const list = (filter: object) =>
      world.client.listNotices({ ...filter, page: { limit: 200, cursor: '' } }, { caller })
    const own = async (filter: object) =>
      (await list(filter)).items.filter(({ ticketId }) => ticketId === ticket.id).length
    expect(await own({})).toBe(6)
    expect(await own({ channel: 'email' })).toBe(2)
    expect(await own({ state: 'suppressed' })).toBe(1)
    expect(await own({ agentId: 'bob' })).toBe(3)
    expect(await own({ agentId: 'bob', channel: 'email', state: 'suppressed' })).toBe(1)
    expect(await own({ agentId: 'ann', state: 'suppressed' })).toBe(0)
    const first = await world.client.listNotices({ page: { limit: 4, cursor: '' } }, { caller })
    const second = await world.client.listNotices(
      { page: { limit: 4, cursor: first.nextCursor ?? '' } },
      { caller },
    )
    const ids = [...first.items, ...second.items].map(({ id }) => id)
    expect(new Set(ids).size).toBe(8)
    await expect(list({ state: 'x' })).rejects.toMatchObject({ reason: 'invalid-request' })
  })

  it.each([
    ['ann', {}, 'forbidden', 'forbidden', 'ok'],
    ['adi', {}, 'ok', 'ok', 'ok'],
    ['eve', { accountId: 'another', role: 'admin' as const }, 'ok', 'ok', 'forbidden'],
    [
      'op',
      { type: 'operator' as const, accountId: '', role: undefined },
      'forbidden',
      'forbidden',
      'forbidden',
    ],
  ])('is for admins of the account (%s)', async (id, over, list, health, own) => {
    const caller = world.callerOf(id, over)
    const outcome = (work: Promise<unknown>) =>
      work.then(
        () => 'ok',
        (error) => error.reason,
      )
    expect(await outcome(world.client.listNotices({}, { caller }))).toBe(list)
    if (list === 'ok' && caller.accountId !== world.accountId)
      expect((await world.client.listNotices({}, { caller })).items).toEqual([])
    expect(await outcome(world.client.getDeliveryHealth({}, { caller }))).toBe(health)
    const changed = world.client.preferencesChanged({ agentId: 'ann' }, { caller })
    expect(await outcome(changed)).toBe(own === 'forbidden' && id === 'eve' ? 'ok' : own)
    const bounce = world.client.acceptBounce({ noticeId: 'x', mail: Buffer.from('') }, { caller })
    expect(await outcome(bounce)).toBe('forbidden')
  })
})

describe('an outage of the mail server', () => {
  it.each([
    ['refuse', 200],
    ['hang', 60],
    ['down', 60],
  ] as const)(
    'that does %s, while %i notices are planned: nothing else waits, all arrive, none twice, and it is one alarm',
    async (mode, many) => {
      if (mode === 'down') await world.smtp.down()
      else world.smtp.mode = mode
      const tickets = Array.from({ length: many }, () => world.addTicket())
      const own = new Set(tickets.map(({ id }) => id))
      const posts = () =>
        world.slack.calls.filter(({ method, body }) => {
          const text = JSON.stringify(body)
          return method === 'chat.postMessage' && tickets.some(({ id }) => text.includes(id))
        })
      const handles = await Promise.all(tickets.map((ticket) => world.assign(ticket, 'ann')))
      // What goes by other ways goes at once.
      await eventually(
        async () => posts().length,
        (seen) => seen === many,
        200_000,
      )
      const health = await eventually(
        () => world.client.getDeliveryHealth({}, { caller: world.callerOf('adi') }),
        ({ providers }) => providers[0]?.state === 'failing',
        90_000,
      )
      expect(health.providers.map(({ state }) => state)).toEqual(['failing', 'ok', 'ok', 'ok', 'ok'])
      expect(health.broken).toEqual([])
      // One at a time tries: the server is not overrun while it is away.
      const before = world.smtp.connections.length
      await sleep(3000)
      expect(world.smtp.connections.length - before).toBeLessThan(10)

      if (mode === 'down') await world.smtp.up()
      else world.smtp.mode = 'ok'
      await Promise.all(handles.map((handle) => handle.result()))
      const ids = world.smtp.mails
        .filter(({ mail }) => own.has(String(mail.headers.get('x-onus-ticket'))))
        .map(({ mail }) => mail.messageId)
      expect(new Set(ids).size).toBe(many)
      // A server that hung may have taken a mail that it did not acknowledge; nothing else comes twice.
      if (mode !== 'hang') expect(ids).toHaveLength(many)
      for (const ticket of tickets) expect(await mailOf(ticket.id)).toMatchObject({ state: 'sent' })
      const after = await world.client.getDeliveryHealth({}, { caller: world.callerOf('adi') })
      expect(after.providers.map(({ state }) => state)).toEqual(['ok', 'ok', 'ok', 'ok', 'ok'])
    },
    400_000,
  )
})
