import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'

/** Slack's Web API for tests: what it was asked, and what it says. */
export interface TestSlack {
  url: string
  calls: { method: string; token: string; type: string; body: Record<string, unknown> }[]
  /** Answers a call; undefined: everything is well. */
  reply: (method: string) => { status?: number; headers?: Record<string, string>; body: object } | undefined
  close(): Promise<void>
}

async function read(request: IncomingMessage): Promise<Record<string, unknown>> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk)
  const text = Buffer.concat(chunks).toString()
  if (request.headers['content-type']?.startsWith('application/json')) return JSON.parse(text)
  return Object.fromEntries(new URLSearchParams(text))
}

const USUAL: Record<string, object> = {
  'users.lookupByEmail': { user: { id: 'U1' } },
  'users.info': { user: { id: 'U1', profile: { email: 'ann@acme.example' } } },
  'conversations.open': { channel: { id: 'D1' } },
  'chat.postMessage': { channel: 'D1', ts: '1.2' },
}

export async function startSlack(): Promise<TestSlack> {
  const http = createServer(async (request, response) => {
    const method = request.url?.split('/').at(-1) ?? ''
    const body = await read(request)
    const token = request.headers.authorization?.replace('Bearer ', '') ?? ''
    slack.calls.push({ method, token, type: request.headers['content-type'] ?? '', body })
    const given = slack.reply(method)
    response.writeHead(given?.status ?? 200, { 'content-type': 'application/json', ...given?.headers })
    response.end(JSON.stringify(given?.body ?? { ...USUAL[method], ok: true }))
  })
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
  const slack: TestSlack = {
    url: `http://127.0.0.1:${(http.address() as AddressInfo).port}/api`,
    calls: [],
    reply: () => undefined,
    close: () =>
      new Promise<void>((resolve) => {
        http.close(() => resolve())
        http.closeAllConnections()
      }),
  }
  return slack
}
