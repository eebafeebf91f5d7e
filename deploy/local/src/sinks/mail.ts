import { randomUUID } from 'node:crypto'
import { type ParsedMail, simpleParser } from 'mailparser'
import { SMTPServer } from 'smtp-server'
import { type Behaviour, keep, type Receiver } from './behaviour.ts'
import { SwitchedPort } from './port.ts'

export interface SunkMail {
  id: string
  receivedAt: string
  /** The envelope's recipients, comma-separated; who the mail says it is to is in the headers. */
  to: string
  from: string
  subject: string
  text: string
  html: string | null
  /** Lower-case names; a repeated header's values are joined by a line break. */
  headers: Record<string, string>
  attachments: { filename: string | null; contentType: string; size: number }[]
}

const LARGEST_MAIL = 50 * 1024 * 1024

/** An SMTP server that takes every mail, delivers none and shows them all; on loopback unless told otherwise. */
export async function startMailSink(port: number, host?: string): Promise<Receiver<SunkMail>> {
  const items: SunkMail[] = []
  let behaviour: Behaviour = { mode: 'ok' }
  /** Calls `done` as the mode wants it: at once, with a temporary refusal, or never. */
  const asItBehaves = (done: (error?: Error) => void) => {
    if (behaviour.mode === 'hang') return
    if (behaviour.mode === 'ok') return done()
    done(Object.assign(new Error('4.3.0 Try again later'), { responseCode: 451 }))
  }
  const smtp = new SMTPServer({
    name: 'localhost',
    banner: 'Onus mail sink',
    authOptional: true,
    allowInsecureAuth: true,
    disabledCommands: ['STARTTLS'],
    disableReverseLookup: true,
    size: LARGEST_MAIL,
    logger: false,
    onConnect: (_session, done) => {
      if (behaviour.mode !== 'hang') done()
    },
    onAuth: (_auth, _session, done) => done(null, { user: 'anybody' }),
    onMailFrom: (_address, _session, done) => asItBehaves(done),
    onRcptTo: (_address, _session, done) => asItBehaves(done),
    onData: (stream, session, done) => {
      const { mailFrom, rcptTo } = session.envelope
      const from = mailFrom ? mailFrom.address : ''
      simpleParser(stream).then(
        (mail) =>
          asItBehaves((error) => {
            if (!error)
              keep(
                items,
                describe(
                  mail,
                  from,
                  rcptTo.map((to) => to.address),
                ),
              )
            done(error)
          }),
        (error: Error) => done(error),
      )
    },
  })
  // A client that breaks off is not our error.
  smtp.on('error', () => {})
  const switched = new SwitchedPort(smtp.server, port, host)
  await switched.open()
  return {
    port,
    items,
    get behaviour() {
      return behaviour
    },
    async behave(next) {
      const was = behaviour.mode
      behaviour = next.mode === 'rate_limit' ? { mode: 'refuse' } : next
      await switched.follow(was, behaviour.mode)
    },
    close: () => switched.close(),
  }
}

function describe(mail: ParsedMail, envelopeFrom: string, recipients: string[]): SunkMail {
  const headers: Record<string, string> = {}
  for (const { key, line } of mail.headerLines) {
    const value = line
      .slice(line.indexOf(':') + 1)
      .replace(/\r?\n[ \t]+/g, ' ')
      .trim()
    headers[key] = key in headers ? `${headers[key]}\n${value}` : value
  }
  if (mail.subject !== undefined) headers.subject = mail.subject
  return {
    id: randomUUID(),
    receivedAt: new Date().toISOString(),
    from: mail.from?.value[0]?.address ?? envelopeFrom,
    to: recipients.join(', '),
    subject: mail.subject ?? '',
    text: mail.text ?? '',
    html: mail.html || null,
    headers,
    attachments: mail.attachments.map(({ filename, contentType, size }) => ({
      filename: filename ?? null,
      contentType,
      size,
    })),
  }
}
