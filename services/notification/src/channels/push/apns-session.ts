import { type ClientHttp2Session, connect, constants } from 'node:http2'
import { DeliveryFailure } from '../../domain/failure.ts'

export interface ApnsAnswer {
  status: number
  headers: Record<string, string>
  body: string
}

/** One kept HTTP/2 connection to Apple, made when it is needed and made anew when it is gone. */
export interface ApnsSession {
  /** @throws DeliveryFailure when there is no answer */
  post(path: string, headers: Record<string, string>, body: string): Promise<ApnsAnswer>
  close(): void
}

export interface ApnsSessionOptions {
  origin: string
  timeoutMs: number
  /** How often a connection is tried that nothing is sent on. Default 1 min. */
  pingMs?: number
}

const { HTTP2_HEADER_METHOD, HTTP2_HEADER_PATH, HTTP2_HEADER_STATUS, NGHTTP2_CANCEL } = constants

export function createApnsSession({ origin, timeoutMs, pingMs = 60_000 }: ApnsSessionOptions): ApnsSession {
  let current: ClientHttp2Session | undefined

  function session(): ClientHttp2Session {
    if (current && !current.closed && !current.destroyed) return current
    const made = connect(origin)
    const leave = () => {
      clearInterval(timer)
      if (current === made) current = undefined
    }
    const timer = setInterval(() => ping(made), pingMs)
    timer.unref()
    // An idle connection keeps no process alive; one that waits for an answer has that answer's timer.
    made.unref()
    made.on('error', () => made.destroy())
    made.once('close', leave)
    // Apple says so before it ends a connection: what is under way is finished, the next goes elsewhere.
    made.once('goaway', () => {
      leave()
      made.close()
    })
    current = made
    return made
  }

  /** A connection that a firewall forgot looks open for ever: it is left when it does not answer. */
  function ping(made: ClientHttp2Session): void {
    const late = setTimeout(() => made.destroy(), timeoutMs)
    late.unref()
    const sent = !made.destroyed && made.ping(() => clearTimeout(late))
    if (!sent) clearTimeout(late)
  }

  /** One request on one connection. */
  function exchange(
    own: ClientHttp2Session,
    path: string,
    headers: Record<string, string>,
    body: string,
  ): Promise<ApnsAnswer> {
    return new Promise((resolve, reject) => {
      const fail = (why: string, cause?: unknown) =>
        reject(new DeliveryFailure('temporary', `${new URL(origin).host}: ${why}`, { cause }))
      const stream = own.request({ ...headers, [HTTP2_HEADER_METHOD]: 'POST', [HTTP2_HEADER_PATH]: path })
      const timer = setTimeout(() => {
        fail(`no answer in ${timeoutMs} ms`)
        stream.close(NGHTTP2_CANCEL)
        // It may be the connection that is dead, and not this one request.
        ping(own)
      }, timeoutMs)
      let answered: Record<string, string> = {}
      let text = ''
      stream.setEncoding('utf8')
      stream.on('response', (given) => {
        answered = Object.fromEntries(Object.entries(given).map(([name, value]) => [name, String(value)]))
      })
      stream.on('data', (chunk: string) => {
        text += chunk
      })
      stream.on('error', (error) => fail((error as { code?: string }).code ?? 'the connection failed', error))
      stream.on('close', () => {
        clearTimeout(timer)
        const status = Number(answered[HTTP2_HEADER_STATUS])
        if (status) resolve({ status, headers: answered, body: text })
        else fail('the connection was closed')
      })
      stream.end(body)
    })
  }

  return {
    async post(path, headers, body) {
      const own = session()
      const kept = !own.connecting
      try {
        return await exchange(own, path, headers, body)
      } catch (error) {
        // A kept connection may end in the moment in which it is used; the same identity goes out again.
        if (!kept || !own.destroyed) throw error
        return await exchange(session(), path, headers, body)
      }
    },
    close() {
      current?.destroy()
    },
  }
}
