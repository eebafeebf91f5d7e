import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { DeliveryFailure } from '../domain/failure.ts'
import { startMailServer, type TestMailServer } from '../testing/smtp.ts'
import { createMailer, type Mailer, mailFailure, type OutgoingMail } from './mailer.ts'

let server: TestMailServer
let mailer: Mailer

beforeAll(async () => {
  server = await startMailServer()
  mailer = createMailer({ url: server.url, timeoutMs: 400 })
})
afterAll(async () => {
  mailer.close()
  await server.close()
})
beforeEach(() => {
  server.mode = 'ok'
  server.mails.length = 0
})

const mail: OutgoingMail = {
  from: { name: 'Büro "Süd"', address: 'support@acme.example' },
  to: { name: 'Ann', address: 'ann@example.org' },
  subject: 'Grüße [#7]',
  text: 'plain',
  html: '<p>rich</p>',
  headers: { 'X-Onus-Ticket': 't1' },
  messageId: '<m1.t1@onus.example>',
  inReplyTo: '<a@b>',
  references: ['<a@b>'],
}

const failure = (sent: Promise<void>) =>
  sent.then(
    () => undefined,
    (error) => error as DeliveryFailure,
  )

describe('a mailer', () => {
  it('sends what it is given', async () => {
    await mailer.send({
      ...mail,
      attachments: [{ filename: 'ü.txt', contentType: 'text/plain', content: Buffer.from('hello') }],
    })
    const [{ mail: got, to }] = server.mails as [TestMailServer['mails'][0]]
    expect(to).toEqual(['ann@example.org'])
    expect(got).toMatchObject({
      subject: 'Grüße [#7]',
      messageId: '<m1.t1@onus.example>',
      inReplyTo: '<a@b>',
      references: '<a@b>',
      text: 'plain',
    })
    expect(got.from?.value[0]).toMatchObject({ name: 'Büro "Süd"', address: 'support@acme.example' })
    expect(got.attachments[0]).toMatchObject({ filename: 'ü.txt', content: Buffer.from('hello') })
    expect(got.headers.get('x-onus-ticket')).toBe('t1')
  })

  it('takes a refusal for now as something that passes', async () => {
    server.mode = 'refuse'
    expect(await failure(mailer.send(mail))).toMatchObject({ kind: 'temporary', broken: undefined })
  })

  it('takes a refusal of this address for now as a broken address', async () => {
    server.mode = 'greylist'
    expect(await failure(mailer.send(mail))).toMatchObject({ kind: 'temporary', broken: 'address' })
  })

  it('takes a dead address as final, and names it nowhere', async () => {
    server.dead.add('gone@example.org')
    const error = await failure(mailer.send({ ...mail, to: { name: '', address: 'gone@example.org' } }))
    expect(error).toMatchObject({ kind: 'recipient', permanent: true })
    expect(error?.message).toMatch(/550/)
    expect(error?.message).not.toMatch(/gone@/)
  })

  it.each(['hang', 'hang_at_data'] as const)('leaves a server that does %s', async (mode) => {
    server.mode = mode
    const began = Date.now()
    expect(await failure(mailer.send(mail))).toMatchObject({ kind: 'temporary' })
    expect(Date.now() - began).toBeLessThan(3000)
  })

  it('survives a server that is away', async () => {
    await server.down()
    expect(await failure(mailer.send(mail))).toMatchObject({ kind: 'temporary' })
    await server.up()
    await mailer.send(mail)
    expect(server.mails).toHaveLength(1)
  })

  it('lets no line break out of a header', async () => {
    const subject = 'hi\r\nBcc: everybody@example.org'
    await mailer.send({ ...mail, subject, headers: { 'X-Onus-Event': 'a\r\nX-Evil: 1' } })
    const headers = server.mails[0]?.mail.headers
    expect(headers?.has('bcc')).toBe(false)
    expect(headers?.has('x-evil')).toBe(false)
  })
})

it.each([
  [{ code: 'EENVELOPE', command: 'RCPT TO', responseCode: 550 }, 'recipient'],
  [{ code: 'EENVELOPE', command: 'RCPT TO', responseCode: 452 }, 'temporary'],
  [{ code: 'EENVELOPE', command: 'MAIL FROM', responseCode: 550 }, 'temporary'],
  [{ code: 'EENVELOPE', command: 'API' }, 'recipient'],
  [{ code: 'EMESSAGE', command: 'DATA', responseCode: 554 }, 'message'],
  [{ code: 'EMESSAGE', command: 'DATA', responseCode: 451 }, 'temporary'],
  [{ code: 'EAUTH', command: 'AUTH PLAIN', responseCode: 535 }, 'temporary'],
  [{ code: 'ECONNECTION', command: 'CONN' }, 'temporary'],
  [{ code: 'EDNS' }, 'temporary'],
])('%j is %s', (error, kind) => {
  const failed = mailFailure(Object.assign(new Error('no'), error))
  expect(failed).toBeInstanceOf(DeliveryFailure)
  expect(failed.kind).toBe(kind)
})
