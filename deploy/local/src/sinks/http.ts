import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { Behaviour, Receiver } from './behaviour.ts'
import { SwitchedPort } from './port.ts'

export interface HttpCall {
  method: string
  path: string
  query: URLSearchParams
  headers: IncomingMessage['headers']
  body: string
  bytes: Buffer
}

export interface HttpReply {
  status: number
  headers?: Record<string, string>
  body?: unknown
}

const LARGEST_BODY = 2 * 1024 * 1024

/** How a service words that it does not work for the moment. */
export interface Refusals {
  refuse: HttpReply
  rateLimit: HttpReply
}

const REFUSALS: Refusals = {
  refuse: { status: 503, body: { error: 'unavailable' } },
  rateLimit: { status: 429, body: { ok: false, error: 'ratelimited' } },
}

/** A receiver that speaks HTTP; `handle` sees a call only while the mode is `ok`. */
export async function startHttpReceiver<Item>(
  port: number,
  items: Item[],
  handle: (call: HttpCall) => HttpReply | Promise<HttpReply>,
  refusals: Refusals = REFUSALS,
): Promise<Receiver<Item>> {
  let behaviour: Behaviour = { mode: 'ok' }
  const server = createServer(async (request, response) => {
    const call = await readCall(request).catch(() => null)
    if (behaviour.mode === 'hang') return
    if (call === null) return reply(response, { status: 413, body: { error: 'too large' } })
    if (behaviour.mode === 'refuse') return reply(response, refusals.refuse)
    if (behaviour.mode === 'rate_limit') {
      const headers = { 'retry-after': String(behaviour.retryAfter ?? 1) }
      return reply(response, { ...refusals.rateLimit, headers })
    }
    try {
      reply(response, await handle(call))
    } catch (error) {
      reply(response, { status: 500, body: { error: (error as Error).message } })
    }
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
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length
    if (length <= LARGEST_BODY) chunks.push(chunk)
  }
  if (length > LARGEST_BODY) throw new Error('body too large')
  const bytes = Buffer.concat(chunks)
  return {
    method: request.method ?? 'GET',
    path: url.pathname,
    query: url.searchParams,
    headers: request.headers,
    body: bytes.toString('utf8'),
    bytes,
  }
}

export function reply(response: ServerResponse, { status, headers = {}, body }: HttpReply): void {
  const text = typeof body === 'string' ? body : body === undefined ? '' : JSON.stringify(body)
  const type = typeof body === 'string' ? 'text/html; charset=utf-8' : 'application/json; charset=utf-8'
  response.writeHead(status, { 'content-type': type, ...headers })
  response.end(text)
}
