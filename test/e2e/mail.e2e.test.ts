import { readdirSync, readFileSync } from 'node:fs'
import { createTransport } from 'nodemailer'
import { beforeAll, describe, expect, it } from 'vitest'
import { eventually } from '../support/api.ts'
import { mailArrives, recipients } from '../support/mail.ts'
import { createWorld, expectStatus, type World } from '../support/world.ts'

const FOLDER = new URL('../fixtures/mails/', import.meta.url)
const CORPUS = readdirSync(FOLDER).filter((name) => name.endsWith('.eml'))
/** Another mail of the corpus is a reply to it. */
const ANSWERED = 'gmail-plain.eml'
/** Bounces and notices come without a sender. */
const envelopeFrom = (name: string): string => (name.startsWith('bounce') ? '' : 'envelope@sender.example')

let world: World
beforeAll(async () => {
  world = await createWorld({
    departments: ['Corpus', 'Http', 'Large'],
    agents: { ada: { in: ['Support'] } },
  })
}, 60_000)

async function send(raw: Buffer, to: string, from: string): Promise<void> {
  const [host, port] = world.local.inboundSmtp.replace(/^smtp:\/\//, '').split(':')
  const transport = createTransport({ host, port: Number(port), ignoreTLS: true })
  try {
    await transport.sendMail({ envelope: { from, to }, raw })
  } finally {
    transport.close()
  }
}

async function post(raw: Buffer, to: string, key: string): Promise<Response> {
  return await fetch(`${world.local.baseUrl}/api/v1/inbound/email?to=${encodeURIComponent(to)}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'message/rfc822' },
    body: new Uint8Array(raw),
  })
}

async function ticketsOf(department: string): Promise<any[]> {
  const id = world.departments[department]?.id ?? ''
  return expectStatus(await world.owner.api.get(`/tickets?departmentId=${id}&limit=200`), 200).items
}

async function unreadable(): Promise<any[]> {
  return expectStatus(await world.owner.api.get('/inbound/unreadable?limit=200'), 200).items
}

describe('mail as real programs write it', () => {
  it('becomes a ticket each, or is kept and listed; the same ones again change nothing', async () => {
    const to = world.departments.Corpus?.address ?? ''
    for (const round of [1, 2]) {
      // What is answered in the corpus comes first; the order of the others is nobody's business.
      const waiting = CORPUS.filter((name) => name !== ANSWERED).values()
      const bytes = (name: string) => readFileSync(new URL(name, FOLDER))
      await send(bytes(ANSWERED), to, envelopeFrom(ANSWERED))
      const lane = async () => {
        for (const name of waiting) await send(bytes(name), to, envelopeFrom(name))
      }
      await Promise.all([lane(), lane(), lane(), lane()])
      const all = await eventually(
        `the mails of round ${round}`,
        async () => {
          const [tickets, kept] = [await ticketsOf('Corpus'), await unreadable()]
          // The reply of the corpus answers another mail of it, and joins that one's ticket.
          return tickets.length + kept.length >= CORPUS.length - 1 && { tickets, kept }
        },
        60_000,
      )
      expect(all.tickets.length + all.kept.length).toBe(CORPUS.length - 1)
      expect(all.kept).toHaveLength(2)
    }
    const japanese = (await ticketsOf('Corpus')).find(
      ({ contact }) => contact.email === 'yamada@nihon.example',
    )
    expect(japanese).toMatchObject({
      subject: '商品が届きません',
      contact: { name: '山田太郎' },
      channel: 'email',
    })
    const { items } = expectStatus(await world.owner.api.get(`/tickets/${japanese.id}/messages`), 200)
    expect(items[0].body).toContain('注文番号 4711 の商品がまだ届いていません。')

    const [kept] = await unreadable()
    const raw = await fetch(`${world.local.baseUrl}/api/v1/inbound/unreadable/${kept.id}`, {
      headers: { authorization: `Bearer ${world.owner.key}` },
    })
    expect(raw.status).toBe(200)
    expect((await raw.arrayBuffer()).byteLength).toBe(kept.size)
    expectStatus(await (world.agents.ada?.api.get('/inbound/unreadable') ?? Promise.reject()), 403)
  }, 180_000)

  it('comes over HTTP as well, and is the same mail there', async () => {
    const to = world.departments.Http?.address ?? ''
    const raw = readFileSync(new URL('gmail-attachment-inline-image.eml', FOLDER))
    expect((await post(raw, to, world.owner.key)).status).toBe(202)
    expect((await post(raw, to, world.owner.key)).status).toBe(202)
    await send(raw, to, 'ana.sousa@gmail.example')
    const [ticket] = await eventually('the ticket', async () => {
      const tickets = await ticketsOf('Http')
      return tickets.length > 0 && tickets
    })
    expect(ticket.subject).toBe('Screenshot of the error')
    const { items } = expectStatus(await world.owner.api.get(`/tickets/${ticket.id}/messages`), 200)
    expect(items).toHaveLength(1)
    const [image, order] = items[0].attachments
    expect(items[0].html).toContain(`data-attachment-id="${image.id}"`)
    const file = await fetch(`${world.local.baseUrl}/api/v1/attachments/${order.id}`, {
      headers: { authorization: `Bearer ${world.owner.key}` },
    })
    expect(Buffer.from(await file.arrayBuffer()).toString('latin1')).toMatch(/^%PDF-1\.4/)
    expect(await ticketsOf('Http')).toHaveLength(1)
    expect((await post(raw, 'nobody@elsewhere.example', world.owner.key)).status).toBe(404)
    expect((await post(raw, to, world.agents.ada?.key ?? '')).status).toBe(403)
  }, 60_000)

  it('of up to 25 MiB is taken whole', async () => {
    const to = world.departments.Large?.address ?? ''
    const body = Buffer.alloc(18_000_000, 'Onus').toString('base64').replace(/.{76}/g, '$&\r\n')
    const raw = Buffer.from(
      'From: large@sender.example\r\nSubject: Large\r\nMessage-ID: <large@sender.example>\r\nMIME-Version: 1.0\r\n' +
        'Content-Type: application/octet-stream; name=large.bin\r\nContent-Disposition: attachment; filename=large.bin\r\n' +
        `Content-Transfer-Encoding: base64\r\n\r\n${body}\r\n`,
    )
    expect(raw.length).toBeGreaterThan(24_000_000)
    await send(raw, to, 'large@sender.example')
    const [ticket] = await eventually(
      'the large mail',
      async () => {
        const tickets = await ticketsOf('Large')
        return tickets.length > 0 && tickets
      },
      60_000,
    )
    const { items } = expectStatus(await world.owner.api.get(`/tickets/${ticket.id}/messages`), 200)
    expect(items[0].attachments).toMatchObject([{ name: 'large.bin', size: 18_000_000 }])
  }, 120_000)
})

describe('a conversation by mail', () => {
  it('goes on when the contact answers our answer, and when our answer bounces', async () => {
    const ada = world.agents.ada
    const support = world.departments.Support
    if (!ada || !support) throw new Error('the world is not whole')
    const eva = `eva@${world.domain}`
    const mail = (headers: string[], body: string) =>
      Buffer.from(`${headers.join('\r\n')}\r\n\r\n${body}\r\n`)
    const first = [
      `From: Eva <${eva}>`,
      `To: ${support.address}`,
      'Subject: Refund',
      `Message-ID: <1@${world.domain}>`,
    ]
    await send(mail(first, 'Where is it?'), support.address, eva)
    const [ticket] = await eventually('the ticket', async () => {
      const tickets = await ticketsOf('Support')
      return tickets.length > 0 && tickets
    })
    const sent = { author: 'agent', kind: 'public', body: 'On its way.' }
    expectStatus(await ada.api.post(`/tickets/${ticket.id}/messages`, sent), 201)
    const answer = await mailArrives('the answer', world.local.mailSinkUrl, (one) =>
      recipients(one).includes(eva),
    )
    const answerId = answer.headers['message-id'] ?? ''
    expect(answer.headers['in-reply-to']).toBe(`<1@${world.domain}>`)

    const reply = [
      `From: Eva <${eva}>`,
      `Subject: ${answer.subject}`,
      `In-Reply-To: ${answerId}`,
      `Message-ID: <2@${world.domain}>`,
    ]
    await send(mail(reply, 'Thank you!'), support.address, eva)
    const bounce = [
      'From: MAILER-DAEMON@mx.example',
      'Subject: Undelivered',
      `Message-ID: <3@${world.domain}>`,
      'Content-Type: multipart/report; report-type=delivery-status; boundary=b',
    ]
    const report = `--b\r\n\r\nMailbox full.\r\n--b\r\nContent-Type: message/rfc822\r\n\r\nMessage-ID: ${answerId}\r\nSubject: x\r\n\r\nx\r\n--b--`
    await send(mail(bounce, report), support.address, '')
    const messages = await eventually('the whole conversation', async () => {
      const { items } = expectStatus(await ada.api.get(`/tickets/${ticket.id}/messages`), 200)
      return items.length === 4 && items
    })
    expect(messages.map(({ body }: { body: string }) => body).sort()).toEqual([
      'Mailbox full.',
      'On its way.',
      'Thank you!',
      'Where is it?',
    ])
    expect(expectStatus(await ada.api.get(`/tickets/${ticket.id}`), 200)).toMatchObject({
      status: 'open',
      agentId: ada.id,
    })

    // Our answer comes back to us by somebody's forwarder: nothing happens.
    const back = [
      `From: ${support.address}`,
      `Message-ID: ${answerId}`,
      `X-Onus-Ticket: ${ticket.id}`,
      `Subject: ${answer.subject}`,
    ]
    await send(mail(back, 'On its way.'), support.address, support.address)
    await new Promise((resolve) => setTimeout(resolve, 2000))
    expect(await ticketsOf('Support')).toHaveLength(1)
  }, 120_000)
})
