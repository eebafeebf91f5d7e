import { readFileSync } from 'node:fs'
import type { AddressInfo, Socket } from 'node:net'
import type { Logger } from '@onus/kit/logging'
import { inSpan, meter } from '@onus/kit/telemetry'
import type { AcceptMailRequest, AcceptMailResponse, MailEnvelope } from '@onus/proto/onus/v1/ticket'
import {
  SMTPServer,
  type SMTPServerAddress,
  type SMTPServerDataStream,
  type SMTPServerOptions,
  type SMTPServerSession,
} from 'smtp-server'
import { type BounceDoor, noticeOf, takeBounce } from './bounces.ts'
import { chunksOf, MailTooLarge } from './chunks.ts'
import { type AddressDirectory, createKnowsAddress } from './recipient.ts'
import { ENHANCED_CODES, refusalFor, refusals, type SmtpRefusal } from './replies.ts'

export interface InboundSmtpDeps {
  directory: AddressDirectory
  ticket: {
    acceptMail(
      parts: AsyncIterable<AcceptMailRequest>,
      options: { deadlineMs: number; signal: AbortSignal },
    ): Promise<AcceptMailResponse>
  }
  /** Absent: what comes back to notices is refused like any unknown address. */
  bounces?: BounceDoor | undefined
  log: Logger
  /** Largest mail in bytes; default 25 MiB. */
  maxMailBytes?: number
  /** What the server calls itself; default the host's name. */
  hostname?: string
  /** Files in PEM; with both STARTTLS is offered. */
  tls?: { certFile: string; keyFile: string }
  /** Recipients of one mail; default 100. */
  maxRecipients?: number
  /** Connections at once; default 200. */
  maxConnections?: number
  /** An idle connection is closed after so long; default 5 minutes, as RFC 5321 asks. */
  idleTimeoutMs?: number
  /** From the first byte of a mail to its being kept; default 5 minutes. */
  mailTimeoutMs?: number
  /** Connections that are still open when the server closes have so long to end; default 5 seconds. */
  closeTimeoutMs?: number
}

export interface InboundSmtp {
  /** Begins to serve; gives the port. */
  listen(host: string, port: number): Promise<number>
  /** Takes no more connections, lets mails under way end, then ends. */
  close(): Promise<void>
}

export const DEFAULT_MAX_MAIL_BYTES = 26_214_400
/** Refused recipients after which a session ends: it guesses addresses. */
const MOST_UNKNOWN = 20
/** A sender that ignores the limit is heard out for so much more, then cut off. */
const OVERRUN = 2

const mails = meter.createCounter('onus.smtp.mails', {
  description: 'Mails that senders offered, by the reply that they got',
})

/** The door for mail: no authentication, no relay; 250 only for what the ticket service keeps. */
export function createInboundSmtp(deps: InboundSmtpDeps): InboundSmtp {
  const { log, maxMailBytes = DEFAULT_MAX_MAIL_BYTES, maxRecipients = 100, mailTimeoutMs = 300_000 } = deps
  const knowsAddress = createKnowsAddress(deps.directory)
  const underWay = new Map<string, AbortController>()
  const unknown = new WeakMap<SMTPServerSession, number>()

  const checkRecipient = async (
    { address }: SMTPServerAddress,
    session: SMTPServerSession,
  ): Promise<void> => {
    if (session.envelope.rcptTo.length >= maxRecipients) throw refusals.tooManyRecipients(maxRecipients)
    if (deps.bounces && noticeOf(address, deps.bounces)) return
    if (await knowsAddress(address)) return
    const count = (unknown.get(session) ?? 0) + 1
    unknown.set(session, count)
    throw count > MOST_UNKNOWN ? refusals.tooManyUnknown() : refusals.unknownAddress()
  }

  const keep = async (stream: SMTPServerDataStream, session: SMTPServerSession): Promise<string> => {
    const gone = new AbortController()
    underWay.set(session.id, gone)
    gone.signal.addEventListener('abort', () => stream.destroy(new Error('The sender has gone')), {
      once: true,
    })
    try {
      const { bounced, others } = sortRecipients(session, deps.bounces)
      if (deps.bounces && bounced.length && !others.length) {
        const kinds = await takeBounce(stream, bounced, deps.bounces)
        log.info({ session: session.id, notices: bounced, kinds }, 'A notice came back')
        return `Kept: ${kinds}`
      }
      const parts = requestOf(stream, session, others, maxMailBytes)
      const { intakeIds } = await deps.ticket.acceptMail(parts, {
        deadlineMs: mailTimeoutMs,
        signal: gone.signal,
      })
      log.info({ session: session.id, bytes: stream.byteLength, intakes: intakeIds }, 'A mail was kept')
      return `Kept as ${intakeIds.join(' ')}`
    } catch (error) {
      if (stream.byteLength > maxMailBytes) throw refusals.tooLarge(maxMailBytes)
      throw error
    } finally {
      underWay.delete(session.id)
    }
  }

  const server = new InboundServer({
    name: deps.hostname,
    banner: 'Onus',
    logger: false,
    authOptional: true,
    disabledCommands: deps.tls ? ['AUTH'] : ['AUTH', 'STARTTLS'],
    ...tlsOptions(deps.tls),
    hideENHANCEDSTATUSCODES: false,
    disableReverseLookup: true,
    size: maxMailBytes,
    maxClients: deps.maxConnections ?? 200,
    socketTimeout: deps.idleTimeoutMs ?? 300_000,
    closeTimeout: deps.closeTimeoutMs ?? 5000,
    onRcptTo(address, session, callback) {
      checkRecipient(address, session).then(
        () => callback(),
        (error) => callback(refused(error, session, 'recipient')),
      )
    },
    onData(stream, session, callback) {
      const overrun = () => {
        if (stream.byteLength > maxMailBytes * OVERRUN) server.cutOff(session.id, 'The mail is far too large')
      }
      inSpan('SMTP receive', { kind: 'server' }, () => keep(stream, session)).then(
        (kept) => {
          mails.add(1, { code: 250 })
          callback(null, kept)
        },
        (error) => {
          // The rest is read and thrown away: a sender listens to our answer only when it has sent everything.
          stream.on('data', overrun)
          stream.resume()
          const refusal = refused(error, session, 'mail')
          mails.add(1, { code: refusal.responseCode })
          callback(refusal)
        },
      )
    },
    onClose(session) {
      underWay.get(session.id)?.abort()
    },
  } as SMTPServerOptions)
  server.on('error', (error) => log.debug({ err: error }, 'SMTP connection failed'))

  function refused(error: unknown, session: SMTPServerSession, what: string): SmtpRefusal {
    const refusal = refusalFor(error, maxMailBytes)
    const context = { session: session.id, code: refusal.responseCode, what }
    if (refusal.responseCode < 500) log.warn({ ...context, err: error }, 'SMTP: not now')
    else log.info(context, 'SMTP: refused')
    return refusal
  }

  return {
    listen: (host, port) =>
      new Promise((resolve, reject) => {
        server.server.once('error', reject)
        server.listen(port, host, () => {
          server.server.off('error', reject)
          const { port: bound } = server.server.address() as AddressInfo
          log.info({ host, port: bound, maxMailBytes }, 'SMTP is served')
          resolve(bound)
        })
      }),
    close: () => new Promise((resolve) => server.shutDown(resolve)),
  }
}

/** Return addresses of notices apart from departments' addresses; no real report has both. */
function sortRecipients({ envelope }: SMTPServerSession, door: BounceDoor | undefined) {
  const addresses = envelope.rcptTo.map(({ address }) => address)
  const bounced = addresses.flatMap((address) => (door && noticeOf(address, door)) || [])
  const others = addresses.filter((address) => !(door && noticeOf(address, door)))
  return { bounced, others }
}

async function* requestOf(
  stream: SMTPServerDataStream,
  { envelope }: SMTPServerSession,
  to: string[],
  maxMailBytes: number,
): AsyncGenerator<AcceptMailRequest> {
  const value: MailEnvelope = {
    from: envelope.mailFrom === false ? '' : envelope.mailFrom.address,
    to,
  }
  yield { part: { $case: 'envelope', value } }
  let size = 0
  try {
    for await (const chunk of chunksOf(stream, maxMailBytes)) {
      size += chunk.length
      yield { part: { $case: 'chunk', value: chunk } }
    }
  } catch (error) {
    if (error instanceof MailTooLarge) throw refusals.tooLarge(maxMailBytes)
    throw error
  }
  yield { part: { $case: 'size', value: size } }
}

function tlsOptions(tls: InboundSmtpDeps['tls']): Pick<SMTPServerOptions, 'cert' | 'key'> {
  return tls ? { cert: readFileSync(tls.certFile), key: readFileSync(tls.keyFile) } : {}
}

/** What the library's connections have and its types do not say. */
interface Connection {
  id: string
  _socket: Socket
  session: { envelope?: { mailFrom: unknown } }
  send(code: number, message: string): void
  close(): void
  _getEnhancedStatusCode(code: number, context?: string | boolean): string
}

/** The library's server, with our status codes and an end that waits for nobody who is idle. */
class InboundServer extends SMTPServer {
  /** Called for each accepted socket, before anything is said. */
  connect(socket: Socket, options: unknown): void {
    const base = SMTPServer.prototype as unknown as { connect(socket: Socket, options: unknown): void }
    base.connect.call(this, socket, options)
    for (const connection of this.#connections()) {
      if (connection._socket !== socket) continue
      const usual = connection._getEnhancedStatusCode.bind(connection)
      connection._getEnhancedStatusCode = (code, context) => {
        const code_ = usual(code, context)
        return code_ === '' ? code_ : (ENHANCED_CODES[code] ?? code_)
      }
    }
  }

  cutOff(sessionId: string, why: string): void {
    for (const connection of this.#connections()) {
      if (connection.id !== sessionId) continue
      connection.send(552, why)
      connection.close()
      connection._socket.destroy()
    }
  }

  shutDown(done: () => void): void {
    this.close(done)
    for (const connection of this.#connections())
      if (!connection.session.envelope?.mailFrom) connection.send(421, 'Bye')
  }

  #connections(): Connection[] {
    return [...(this as unknown as { connections: Set<Connection> }).connections]
  }
}
