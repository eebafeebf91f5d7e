import type { AddressInfo } from 'node:net'
import { type ParsedMail, simpleParser } from 'mailparser'
import { SMTPServer } from 'smtp-server'

export type SmtpMode = 'ok' | 'refuse' | 'hang' | 'hang_at_data' | 'greylist'

/** A mail server for tests, that takes, refuses, hangs or is away. */
export interface TestMailServer {
  url: string
  mode: SmtpMode
  mails: { from: string; to: string[]; mail: ParsedMail }[]
  /** When attempts began: connections, in milliseconds. */
  connections: number[]
  /** Recipients that are refused for ever. */
  dead: Set<string>
  down(): Promise<void>
  up(): Promise<void>
  close(): Promise<void>
}

const refusal = (code: number, text: string) => Object.assign(new Error(text), { responseCode: code })

export async function startMailServer(): Promise<TestMailServer> {
  let smtp = create()
  let port = 0

  function create(): SMTPServer {
    const made = new SMTPServer({
      authOptional: true,
      disabledCommands: ['STARTTLS', 'AUTH'],
      disableReverseLookup: true,
      logger: false,
      onConnect(_session, done) {
        server.connections.push(Date.now())
        if (server.mode !== 'hang') done()
      },
      onMailFrom(_from, _session, done) {
        if (server.mode === 'refuse') done(refusal(451, '4.3.0 try again later'))
        else done()
      },
      onRcptTo({ address }, _session, done) {
        if (server.dead.has(address)) done(refusal(550, `5.1.1 <${address}> no such user`))
        else if (server.mode === 'greylist') done(refusal(450, `4.7.1 <${address}> greylisted`))
        else done()
      },
      onData(stream, session, done) {
        simpleParser(stream).then((mail) => {
          if (server.mode === 'hang_at_data') return
          const { mailFrom, rcptTo } = session.envelope
          const from = mailFrom === false ? '' : mailFrom.address
          server.mails.push({ from, to: rcptTo.map((to) => to.address), mail })
          done()
        }, done)
      },
    })
    made.on('error', () => {})
    return made
  }
  const listen = () =>
    new Promise<void>((resolve, reject) => {
      smtp.once('error', reject)
      smtp.listen(port, '127.0.0.1', () => resolve())
    })
  const close = () => new Promise<void>((resolve) => smtp.close(() => resolve()))

  const server: TestMailServer = {
    url: '',
    mode: 'ok',
    mails: [],
    connections: [],
    dead: new Set(),
    down: close,
    async up() {
      smtp = create()
      await listen()
    },
    close,
  }
  await listen()
  port = (smtp.server.address() as AddressInfo).port
  server.url = `smtp://127.0.0.1:${port}`
  return server
}
