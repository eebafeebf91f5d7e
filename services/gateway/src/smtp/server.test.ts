import { execFileSync } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { createLogger } from '@onus/kit/logging'
import { Problem, problems } from '@onus/kit/problems'
import type { AcceptMailRequest } from '@onus/proto/onus/v1/ticket'
import { createTransport } from 'nodemailer'
import { afterEach, describe, expect, it } from 'vitest'
import { createInboundSmtp, type InboundSmtp, type InboundSmtpDeps } from './server.ts'

const log = createLogger('smtp-test', 'silent')
const MAX = 200_000

interface Taken {
  from: string
  to: string[]
  content: Buffer
  chunks: number[]
}

let server: InboundSmtp | undefined
const sockets: Socket[] = []
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy()
  await server?.close()
  server = undefined
})

async function take(parts: AsyncIterable<AcceptMailRequest>): Promise<Taken> {
  const taken: Taken = { from: '?', to: [], content: Buffer.alloc(0), chunks: [] }
  const chunks: Uint8Array[] = []
  for await (const { part } of parts) {
    if (part?.$case === 'envelope') Object.assign(taken, part.value)
    if (part?.$case === 'chunk') chunks.push(part.value)
  }
  return { ...taken, content: Buffer.concat(chunks), chunks: chunks.map((chunk) => chunk.length) }
}

async function start(changes: Partial<InboundSmtpDeps> = {}): Promise<{ port: number; taken: Taken[] }> {
  const taken: Taken[] = []
  server = createInboundSmtp({
    log,
    maxMailBytes: MAX,
    closeTimeoutMs: 200,
    directory: {
      async resolveAddress({ address }) {
        if (address === 'down@acme.example') throw problems.unavailable()
        if (!['support@acme.example', 'billing@acme.example'].includes(address))
          throw problems.notFound('address', address)
        return {}
      },
    },
    ticket: {
      async acceptMail(parts) {
        taken.push(await take(parts))
        return { intakeIds: [`intake${taken.length}`] }
      },
    },
    ...changes,
  })
  return { port: await server.listen('127.0.0.1', 0), taken }
}

/** Speaks SMTP by hand: sends each line when the last one was answered. */
class Talk {
  readonly #socket: Socket
  #buffer = ''
  closed = false

  constructor(port: number) {
    this.#socket = connect(port, '127.0.0.1')
    sockets.push(this.#socket)
    this.#socket.setEncoding('latin1')
    this.#socket.on('data', (data) => {
      this.#buffer += data
    })
    this.#socket.on('error', () => {})
    this.#socket.on('close', () => {
      this.closed = true
    })
  }

  async reply(): Promise<string> {
    for (let n = 0; n < 500; n++) {
      const match = /^(?:\d{3}-.*\r\n)*\d{3} .*\r\n/.exec(this.#buffer)
      if (match) {
        this.#buffer = this.#buffer.slice(match[0].length)
        return match[0].trim()
      }
      if (this.closed) return 'closed'
      await sleep(10)
    }
    throw new Error(`no reply; have ${JSON.stringify(this.#buffer)}`)
  }

  write(data: string | Buffer): void {
    this.#socket.write(data)
  }

  async say(line: string): Promise<string> {
    this.write(`${line}\r\n`)
    return await this.reply()
  }

  hangUp(): void {
    this.#socket.destroy()
  }
}

async function greeted(port: number): Promise<Talk> {
  const talk = new Talk(port)
  expect(await talk.reply()).toMatch(/^220 .*Onus/)
  await talk.say('EHLO client.example')
  return talk
}

async function readyForData(port: number, to = 'support@acme.example'): Promise<Talk> {
  const talk = await greeted(port)
  expect(await talk.say('MAIL FROM:<lena@gmail.example>')).toMatch(/^250 2\.1\.0/)
  expect(await talk.say(`RCPT TO:<${to}>`)).toMatch(/^250 2\.1\.5/)
  expect(await talk.say('DATA')).toMatch(/^354/)
  return talk
}

describe('inbound SMTP', () => {
  it('hands a mail over byte by byte, with dots unstuffed, and answers 250 with the intake', async () => {
    const { port, taken } = await start()
    const talk = await readyForData(port)
    talk.write('From: lena@gmail.example\r\nSubject: Hi\r\n\r\n..dot\r\n\xff\x00bytes\r\n')
    expect(await talk.say('.')).toMatch(/^250 2\.6\.0 Kept as intake1/)
    expect(taken[0]).toMatchObject({ from: 'lena@gmail.example', to: ['support@acme.example'] })
    expect(taken[0]?.content.toString('utf8')).toBe(
      'From: lena@gmail.example\r\nSubject: Hi\r\n\r\n.dot\r\nÿ\x00bytes\r\n',
    )
  })

  it('is spoken by a mail program, with large mails in even chunks', async () => {
    const { port, taken } = await start()
    const transport = createTransport({ host: '127.0.0.1', port, ignoreTLS: true })
    const content = Buffer.alloc(120_000, 'x')
    const sent = await transport.sendMail({
      from: 'lena@gmail.example',
      to: ['support@acme.example', 'billing@acme.example'],
      subject: 'Large',
      text: 'See the file.',
      attachments: [{ filename: 'x.bin', content }],
    })
    transport.close()
    expect(sent.response).toContain('Kept as intake1')
    expect(taken[0]?.to).toEqual(['support@acme.example', 'billing@acme.example'])
    expect(taken[0]?.chunks.slice(0, -1).every((bytes) => bytes === 65536)).toBe(true)
  })

  it('offers size, 8-bit, UTF-8 and enhanced codes, and neither authentication nor STARTTLS', async () => {
    const { port } = await start()
    const talk = new Talk(port)
    await talk.reply()
    const features = await talk.say('EHLO client.example')
    for (const feature of [`SIZE ${MAX}`, '8BITMIME', 'SMTPUTF8', 'PIPELINING', 'ENHANCEDSTATUSCODES'])
      expect(features).toContain(feature)
    expect(features).not.toMatch(/AUTH|STARTTLS/)
    expect(await talk.say('AUTH PLAIN AGEAYg==')).toMatch(/^50\d /)
  })

  it('offers STARTTLS where it has a certificate', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'onus-smtp-'))
    const [keyFile, certFile] = [join(folder, 'key.pem'), join(folder, 'cert.pem')]
    const request = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '1', '-subj', '/CN=localhost']
    execFileSync('openssl', [...request, '-keyout', keyFile, '-out', certFile], { stdio: 'pipe' })
    const { port, taken } = await start({ tls: { certFile, keyFile } })
    await rm(folder, { recursive: true })
    const transport = createTransport({
      host: '127.0.0.1',
      port,
      requireTLS: true,
      tls: { rejectUnauthorized: false },
    })
    await transport.sendMail({ from: 'a@b.example', to: 'support@acme.example', text: 'Sealed.' })
    transport.close()
    expect(taken[0]?.content.toString()).toContain('Sealed.')
  })

  it('takes bounces, which have no sender', async () => {
    const { port, taken } = await start()
    const talk = await greeted(port)
    expect(await talk.say('MAIL FROM:<>')).toMatch(/^250/)
    expect(await talk.say('RCPT TO:<support@acme.example>')).toMatch(/^250/)
    expect(await talk.say('DATA')).toMatch(/^354/)
    expect(await talk.say('Subject: failure\r\n\r\nx\r\n.')).toMatch(/^250/)
    expect(taken[0]?.from).toBe('')
  })

  it('knows an address in any case and with a plus', async () => {
    const { port, taken } = await start()
    for (const address of ['Support@Acme.EXAMPLE', 'support+invoice-7@acme.example']) {
      const talk = await readyForData(port, address)
      expect(await talk.say('Subject: x\r\n\r\nx\r\n.')).toMatch(/^250/)
    }
    expect(taken.map(({ to }) => to[0])).toEqual(['Support@Acme.EXAMPLE', 'support+invoice-7@acme.example'])
  })

  it('refuses an unknown address with 550 5.1.1, and does not relay', async () => {
    const { port } = await start()
    const talk = await greeted(port)
    await talk.say('MAIL FROM:<lena@gmail.example>')
    expect(await talk.say('RCPT TO:<nobody@acme.example>')).toMatch(/^550 5\.1\.1/)
    expect(await talk.say('RCPT TO:<someone@elsewhere.example>')).toMatch(/^550 5\.1\.1/)
    expect(await talk.say('DATA')).toMatch(/^503/)
  })

  it('says 451 4.3.0 while the directory or the ticket service is away', async () => {
    const { port } = await start({
      ticket: {
        async acceptMail(parts) {
          await take(parts)
          throw problems.unavailable()
        },
      },
    })
    const talk = await greeted(port)
    await talk.say('MAIL FROM:<lena@gmail.example>')
    expect(await talk.say('RCPT TO:<down@acme.example>')).toMatch(/^451 4\.3\.0/)
    expect(await talk.say('RCPT TO:<support@acme.example>')).toMatch(/^250/)
    await talk.say('DATA')
    expect(await talk.say('Subject: x\r\n\r\nx\r\n.')).toMatch(/^451 4\.3\.0/)
  })

  it('says 451 when the ticket service refuses before it has read the mail, and goes on with the session', async () => {
    const { port } = await start({
      ticket: {
        async acceptMail() {
          throw new Error('connection refused')
        },
      },
    })
    const talk = await readyForData(port)
    talk.write(`Subject: x\r\n\r\n${'x'.repeat(100_000)}\r\n`)
    expect(await talk.say('.')).toMatch(/^451 4\.3\.0/)
    expect(await talk.say('MAIL FROM:<lena@gmail.example>')).toMatch(/^250/)
  })

  it('refuses an announced size that is too large', async () => {
    const { port } = await start()
    const talk = await greeted(port)
    expect(await talk.say(`MAIL FROM:<lena@gmail.example> SIZE=${MAX + 1}`)).toMatch(/^552 5\.3\.4/)
    expect(await talk.say(`MAIL FROM:<lena@gmail.example> SIZE=${MAX}`)).toMatch(/^250/)
  })

  it('refuses a mail that is larger than announced, and nothing of it is kept', async () => {
    const { port, taken } = await start()
    const talk = await greeted(port)
    await talk.say('MAIL FROM:<lena@gmail.example> SIZE=10')
    await talk.say('RCPT TO:<support@acme.example>')
    await talk.say('DATA')
    talk.write(`Subject: x\r\n\r\n${`${'x'.repeat(998)}\r\n`.repeat(230)}`)
    expect(await talk.say('.')).toMatch(/^552 5\.3\.4/)
    expect(taken).toEqual([])
    expect(await talk.say('NOOP')).toMatch(/^250/)
  })

  it('takes a mail of exactly the limit', async () => {
    const { port, taken } = await start()
    const talk = await readyForData(port)
    const head = 'Subject: x\r\n\r\n'
    talk.write(`${head}${'x'.repeat(MAX - head.length - 2)}\r\n`)
    expect(await talk.say('.')).toMatch(/^250/)
    expect(taken[0]?.content.length).toBe(MAX)
  })

  it('cuts a sender off that never stops', async () => {
    const { port } = await start()
    const talk = await readyForData(port)
    for (let n = 0; n < 40 && !talk.closed; n++) {
      talk.write(`${`${'x'.repeat(998)}\r\n`.repeat(25)}`)
      await sleep(10)
    }
    expect(talk.closed).toBe(true)
  })

  it('keeps nothing of a mail whose sender hangs up', async () => {
    const outcome = Promise.withResolvers<unknown>()
    const { port, taken } = await start({
      ticket: {
        async acceptMail(parts) {
          await take(parts).then(outcome.resolve, outcome.reject)
          return { intakeIds: ['x'] }
        },
      },
    })
    const talk = await readyForData(port)
    talk.write(`Subject: half\r\n\r\n${'x'.repeat(70_000)}`)
    await sleep(50)
    talk.hangUp()
    await expect(outcome.promise).rejects.toThrow('gone')
    expect(taken).toEqual([])
  })

  it('limits recipients, guesses and connections', async () => {
    const { port } = await start({ maxRecipients: 2, maxConnections: 2 })
    const talk = await greeted(port)
    await talk.say('MAIL FROM:<lena@gmail.example>')
    await talk.say('RCPT TO:<support@acme.example>')
    await talk.say('RCPT TO:<billing@acme.example>')
    expect(await talk.say('RCPT TO:<support+x@acme.example>')).toMatch(/^452 4\.5\.3/)
    const guesser = await greeted(port)
    await guesser.say('MAIL FROM:<x@gmail.example>')
    const third = new Talk(port)
    expect(await third.reply()).toMatch(/^421/)
    let last = ''
    for (let n = 0; n < 25 && !last.startsWith('421'); n++)
      last = await guesser.say(`RCPT TO:<guess${n}@acme.example>`)
    expect(last).toMatch(/^421/)
  })

  it('closes an idle connection, and ends at once when nobody sends', async () => {
    const { port } = await start({ idleTimeoutMs: 300 })
    const talk = await greeted(port)
    expect(await talk.reply()).toMatch(/^421|closed/)
    const before = Date.now()
    await server?.close()
    server = undefined
    expect(Date.now() - before).toBeLessThan(1000)
  })

  it('translates what the ticket service refuses', async () => {
    const reasons = ['not-found', 'payload-too-large', 'invalid-request', 'internal'] as const
    const codes = []
    for (const reason of reasons) {
      const { port } = await start({
        ticket: {
          async acceptMail(parts) {
            await take(parts)
            throw new Problem(reason, 'No.')
          },
        },
      })
      const talk = await readyForData(port)
      codes.push((await talk.say('Subject: x\r\n\r\nx\r\n.')).slice(0, 9))
      await server?.close()
      server = undefined
    }
    expect(codes).toEqual(['550 5.1.1', '552 5.3.4', '554 5.6.0', '451 4.3.0'])
  })
})

describe('mail that comes back', () => {
  const notice = 'f3b0c44298fc1c149afbf4c8996fb924'
  const door = (reply: () => Promise<{ kind: string }> = async () => ({ kind: 'hard' })) => {
    const came: { noticeId: string; mail: string }[] = []
    const bounces: InboundSmtpDeps['bounces'] = {
      domain: 'onus.example',
      notification: {
        async acceptBounce({ noticeId, mail }) {
          came.push({ noticeId, mail: Buffer.from(mail).toString() })
          return reply()
        },
      },
    }
    return { came, bounces }
  }
  const send = (port: number, to: string) =>
    createTransport({ host: '127.0.0.1', port, ignoreTLS: true }).sendMail({
      envelope: { from: '', to },
      raw: 'Subject: Undelivered\r\n\r\nNo such user\r\n',
    })

  it('goes to its notice, and is no ticket', async () => {
    const { came, bounces } = door()
    const { port, taken } = await start({ bounces })
    expect((await send(port, `bounce+${notice}@onus.example`)).response).toContain('250')
    expect(came).toEqual([{ noticeId: notice, mail: expect.stringContaining('No such user') }])
    expect(taken).toEqual([])
  })

  it('is kept by its sender while nobody can take it', async () => {
    const { bounces } = door(async () => {
      throw problems.unavailable()
    })
    const { port } = await start({ bounces })
    await expect(send(port, `bounce+${notice}@onus.example`)).rejects.toMatchObject({ responseCode: 451 })
  })

  it('is known by its address only', async () => {
    const { bounces } = door()
    const { port } = await start({ bounces })
    for (const other of [`bounce+${notice}@acme.example`, 'bounce+x@onus.example', 'bounce@onus.example'])
      await expect(send(port, other)).rejects.toMatchObject({ responseCode: 550 })
    const without = await start()
    await expect(send(without.port, `bounce+${notice}@onus.example`)).rejects.toMatchObject({
      responseCode: 550,
    })
  })
})
