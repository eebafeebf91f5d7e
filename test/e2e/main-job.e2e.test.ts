import { Client, Connection } from '@temporalio/client'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { eventually } from '../support/api.ts'
import { mailArrives, recipients, sendRaw, smtpDialogue, sunkMails } from '../support/mail.ts'
import { createWorld, expectStatus, type World } from '../support/world.ts'

let world: World
let support: string
let contact: string

beforeAll(async () => {
  world = await createWorld({
    departments: ['Billing'],
    agents: { ada: { in: ['Support'] }, ben: { in: ['Support'] }, bea: { in: ['Billing'] } },
  })
  support = world.departments.Support?.address ?? ''
  contact = `carla@customer-${world.domain}`
})

afterAll(async () => {
  await behave('ok')
})

const behave = (mode: string) =>
  fetch(`${world.local.mailSinkUrl}/behaviour`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ mode }),
  })

const mail = (headers: Record<string, string>, body: string) =>
  `${Object.entries({
    From: `Carla Contact <${contact}>`,
    To: support,
    Date: new Date().toUTCString(),
    'MIME-Version': '1.0',
    'Content-Type': 'text/plain; charset=utf-8',
    ...headers,
  })
    .map(([name, value]) => `${name}: ${value}`)
    .join('\r\n')}\r\n\r\n${body}\r\n`

const ticketWithSubject = (subject: string) =>
  eventually(`a ticket "${subject}"`, async () => {
    const list = await world.owner.api.get('/tickets?limit=200')
    return list.body.items?.find((ticket: any) => ticket.subject === subject)
  })

describe('the main job', () => {
  it('goes from a mail to a ticket, an answer, a reply, and everybody knows whose it is', async () => {
    const messageId = `<${crypto.randomUUID()}@customer.example>`
    const raw = mail({ Subject: 'Toaster on fire', 'Message-ID': messageId }, 'It burns.')
    await sendRaw(world.local.inboundSmtp, { from: contact, to: support }, raw)
    await sendRaw(world.local.inboundSmtp, { from: contact, to: support }, raw)
    const ticket = await ticketWithSubject('Toaster on fire')
    expect(ticket).toMatchObject({
      channel: 'email',
      status: 'new',
      departmentId: world.departments.Support?.id,
      agentId: null,
      contact: { email: contact, name: 'Carla Contact' },
      responsibility: { cause: { type: 'inbound_address' } },
    })

    // "New in my department" goes to both members by mail, and to nobody of Billing.
    for (const name of ['ada', 'ben']) {
      const notice = await mailArrives(`the notice to ${name}`, world.local.mailSinkUrl, (m) =>
        recipients(m).includes(world.agents[name]?.email ?? '?'),
      )
      expect(notice.headers['x-onus-event']).toBe('ticket_new')
      expect(notice.headers['x-onus-ticket']).toBeTruthy()
      expect(notice.headers['auto-submitted']).toBe('auto-generated')
    }
    expect(
      await sunkMails(world.local.mailSinkUrl, (m) => recipients(m).includes(world.agents.bea?.email ?? '?')),
    ).toHaveLength(0)

    // The answer takes the ticket over and goes out threaded, from the department's address.
    const ada = world.agents.ada!
    expectStatus(
      await ada.api.post(`/tickets/${ticket.id}/messages`, {
        author: 'agent',
        kind: 'public',
        body: 'Unplug it, please.',
      }),
      201,
    )
    const answer = await mailArrives('the answer', world.local.mailSinkUrl, (m) =>
      recipients(m).includes(contact),
    )
    expect(answer.from).toContain(support)
    expect(answer.subject).toMatch(/^Re: /)
    expect(answer.headers['in-reply-to']).toBe(messageId)
    expect(answer.headers.references).toContain(messageId)
    expect(answer.text).toContain('Unplug it, please.')

    // The contact's reply lands in the same ticket and tells its agent alone.
    await sendRaw(
      world.local.inboundSmtp,
      { from: contact, to: support },
      mail(
        {
          Subject: `Re: ${answer.subject}`,
          'Message-ID': `<${crypto.randomUUID()}@customer.example>`,
          'In-Reply-To': answer.headers['message-id'] ?? '',
          References: `${messageId} ${answer.headers['message-id']}`,
        },
        'Done, and now?',
      ),
    )
    const replied = await mailArrives(
      'the notice of the reply',
      world.local.mailSinkUrl,
      (m) => recipients(m).includes(ada.email) && m.headers['x-onus-event'] === 'contact_replied',
    )
    expect(replied.headers['x-onus-ticket']).toBeTruthy()
    const open = (await ada.api.get(`/tickets/${ticket.id}`)).body
    expect(open).toMatchObject({ status: 'open', agentId: ada.id })
    const messages = (await ada.api.get(`/tickets/${ticket.id}/messages`)).body.items
    expect(messages.map((m: any) => [m.author.type, m.body.trim()])).toEqual([
      ['contact', 'It burns.'],
      ['agent', 'Unplug it, please.'],
      ['contact', 'Done, and now?'],
    ])

    // The timeline tells it in the reader's language.
    const english = (await ada.api.get(`/tickets/${ticket.id}/timeline`, { 'accept-language': 'en' })).body
    const french = (await ada.api.get(`/tickets/${ticket.id}/timeline`, { 'accept-language': 'fr' })).body
    for (const [index, entry] of english.items.entries()) {
      expect(entry.text).toBeTruthy()
      expect(french.items[index].text).toBeTruthy()
      expect(french.items[index].text).not.toBe(entry.text)
    }

    // Slack heard of it too, and the ledger says what became of each notice.
    const slack = (await (await fetch(world.local.slackSinkUrl)).json()) as unknown[]
    expect(JSON.stringify(slack)).toContain('Toaster on fire')
    const ledger = await eventually('the ledger to settle', async () => {
      const page = await world.owner.api.get(`/tickets/${ticket.id}/notifications?limit=200`)
      const items = page.body.items as any[]
      return items?.length && items.every((n) => n.state === 'sent' || n.state === 'suppressed')
        ? items
        : undefined
    })
    const seen = new Set<string>()
    for (const notice of ledger.filter((n) => n.state === 'sent')) {
      const key = `${notice.event}/${notice.recipient.agentId}/${notice.channel}`
      expect(seen.has(key), key).toBe(false)
      seen.add(key)
    }
    expect(seen).toContain(`contact_replied/${ada.id}/email`)
    expect(seen).toContain(`contact_replied/${ada.id}/slack`)
    expect(seen).toContain(`contact_replied/${ada.id}/in_app`)
  })

  it('keeps bounces and automatic replies, and lets them change nothing', async () => {
    const messageId = `<${crypto.randomUUID()}@customer.example>`
    await sendRaw(
      world.local.inboundSmtp,
      { from: contact, to: support },
      mail({ Subject: 'Kettle whistles', 'Message-ID': messageId }, 'Loudly.'),
    )
    const ticket = await ticketWithSubject('Kettle whistles')
    expectStatus(await world.agents.ada!.api.post(`/tickets/${ticket.id}/claim`, {}), 200)
    expectStatus(await world.agents.ada!.api.post(`/tickets/${ticket.id}/resolve`, {}), 200)
    await sendRaw(
      world.local.inboundSmtp,
      { from: contact, to: support },
      mail(
        {
          Subject: 'Automatic reply: Kettle whistles',
          'Message-ID': `<${crypto.randomUUID()}@customer.example>`,
          'In-Reply-To': messageId,
          'Auto-Submitted': 'auto-replied',
        },
        'I am on holiday.',
      ),
    )
    await eventually('the automatic reply to be kept', async () => {
      const page = await world.owner.api.get(`/tickets/${ticket.id}/messages`)
      return page.body.items.length === 2
    })
    expect((await world.owner.api.get(`/tickets/${ticket.id}`)).body).toMatchObject({
      status: 'resolved',
      agentId: world.agents.ada?.id,
    })
  })

  it('does not let a stranger into a conversation by its number', async () => {
    const ticket = await world.createTicket({
      channel: 'email',
      subject: 'Private matter',
      contact: { email: contact, name: 'Carla' },
    })
    await sendRaw(
      world.local.inboundSmtp,
      { from: `eve@${world.domain}.invalid`, to: support },
      mail(
        {
          From: `Eve <eve@${world.domain}.invalid>`,
          Subject: `Re: Private matter [#${ticket.number}]`,
          'Message-ID': `<${crypto.randomUUID()}@eve.example>`,
        },
        'Let me in.',
      ),
    )
    await ticketWithSubject(`Re: Private matter [#${ticket.number}]`)
    const page = await world.owner.api.get(`/tickets/${ticket.id}/messages`)
    expect(page.body.items).toHaveLength(1)
  })

  it('refuses an unknown address with 550 and a mail over 25 MiB with 552', async () => {
    expect(
      await smtpDialogue(world.local.inboundSmtp, [
        'EHLO test.example',
        'MAIL FROM:<a@b.example>',
        `RCPT TO:<nobody@${world.domain}>`,
      ]),
    ).toMatch(/^550/)
    expect(
      await smtpDialogue(world.local.inboundSmtp, [
        'EHLO test.example',
        `MAIL FROM:<a@b.example> SIZE=${26 * 1024 * 1024}`,
      ]),
    ).toMatch(/^552/)
  })

  it('retries notices while the mail server refuses, and sends each exactly once', async () => {
    await behave('refuse')
    const ticket = await world.createTicket({ subject: 'Refused at first' })
    await eventually('a notice that is being retried', async () => {
      const page = await world.owner.api.get(`/tickets/${ticket.id}/notifications?limit=200`)
      return page.body.items.some(
        (n: any) => n.channel === 'email' && n.state === 'retrying' && n.nextAttemptAt && n.error,
      )
    })
    // No ticket waits for a mail server.
    expectStatus(await world.agents.ada!.api.post(`/tickets/${ticket.id}/claim`, {}), 200)
    await behave('ok')
    await eventually(
      'the notices to be sent',
      async () => {
        const page = await world.owner.api.get(`/tickets/${ticket.id}/notifications?limit=200`)
        return page.body.items
          .filter((n: any) => n.channel === 'email')
          .every((n: any) => n.state === 'sent' || n.state === 'suppressed')
      },
      60_000,
    )
    const mails = await sunkMails(world.local.mailSinkUrl, (m) => m.subject.includes('Refused at first'))
    expect(new Set(mails.map(recipients)).size).toBe(mails.length)
    expect(mails.length).toBeGreaterThanOrEqual(2)
  })
})

describe('the Temporal surface', () => {
  it('finds the unclaimed tickets of a department, with details that say what they wait for', async () => {
    const connection = await Connection.connect({ address: world.local.temporalAddress })
    const client = new Client({ connection, namespace: world.local.temporalNamespace })
    const ticket = await world.createTicket({ departmentId: world.departments.Billing?.id })
    const id = `ticket:${world.accountId}:${ticket.id}`
    const query = `OnusAccount = '${world.accountId}' AND OnusDepartment = '${world.departments.Billing?.id}' AND OnusUnclaimedSince IS NOT NULL`
    await eventually('the ticket in the list of unclaimed ones', async () => {
      for await (const found of client.workflow.list({ query })) if (found.workflowId === id) return true
      return false
    })
    const described = await client.workflow.getHandle(id).describe()
    expect(described.status.name).toBe('RUNNING')
    expectStatus(await world.agents.bea!.api.post(`/tickets/${ticket.id}/claim`, {}), 200)
    await eventually('the ticket to leave the list', async () => {
      for await (const found of client.workflow.list({ query })) if (found.workflowId === id) return false
      return true
    })
    await connection.close()
  })
})
