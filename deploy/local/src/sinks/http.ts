import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { Behaviour, Receiver } from './behaviour.ts'
import { SwitchedPort } from './port.ts'

export interface HttpCall {
  method: string
  path: string
  query: URLSearchParams
  headers: IncomingMessage['headers']
  body: string
}

export interface HttpReply {
  status: number
  headers?: Record<string, string>
  body?: unknown
}

const LARGEST_BODY = 2 * 1024 * 1024

/** A receiver that speaks HTTP; `handle` sees a call only while the mode is `ok`. */
export async function startHttpReceiver<Item>(
  port: number,
  items: Item[],
  handle: (call: HttpCall) => HttpReply,
): Promise<Receiver<Item>> {
  let behaviour: Behaviour = { mode: 'ok' }
  const server = createServer(async (request, response) => {
    const call = await readCall(request).catch(() => null)
    if (behaviour.mode === 'hang') return
    if (call === null) return reply(response, { status: 413, body: { error: 'too large' } })
    if (behaviour.mode === 'refuse') return reply(response, { status: 503, body: { error: 'unavailable' } })
    if (behaviour.mode === 'rate_limit') {
      const headers = { 'retry-after': String(behaviour.retryAfter ?? 1) }
      return reply(response, { status: 429, headers, body: { ok: false, error: 'ratelimited' } })
    }
    reply(response, handle(call))
  })
  const switched = new SwitchedPort(server, port)
  await switched.open()
  return {
    port,
    items,
    get behaviour() {
      return behaviour
    },
    async behave(next) {
      const was = behaviour.mode
      behaviour = next
      await switched.follow(was, next.mode)
    },
    close: () => switched.close(),
  }
}

/** Reads a call with its whole body; rejects when the body is too large. */
export async function readCall(request: IncomingMessage): Promise<HttpCall> {
  const url = new URL(request.url ?? '/', 'http://localhost')
  let body = ''
  let tooLarge = false
  request.setEncoding('utf8')
  for await (const chunk of request) {
    if (body.length + chunk.length > LARGEST_BODY) tooLarge = true
    else body += chunk
  }
  if (tooLarge) throw new Error('body too large')
  return {
    method: request.method ?? 'GET',
    path: url.pathname,
    query: url.searchParams,
    headers: request.headers,
    body,
  }
}

export function reply(response: ServerResponse, { status, headers = {}, body }: HttpReply): void {
  const text = typeof body === 'string' ? body : body === undefined ? '' : JSON.stringify(body)
  const type = typeof body === 'string' ? 'text/html; charset=utf-8' : 'application/json; charset=utf-8'
  response.writeHead(status, { 'content-type': type, ...headers })
  response.end(text)
}
