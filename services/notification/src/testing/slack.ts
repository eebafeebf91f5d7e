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

export async function startSlack(): Promise<TestSlack> {
  const http = createServer(async (request, response) => {
    const method = request.url?.split('/').at(-1) ?? ''
    const body = await read(request)
    const token = request.headers.authorization?.replace('Bearer ', '') ?? ''
    slack.calls.push({ method, token, type: request.headers['content-type'] ?? '', body })
    const given = slack.reply(method)
    const usual =
      method === 'users.lookupByEmail' ? { ok: true, user: { id: 'U1' } } : { ok: true, ts: '1.2' }
    response.writeHead(given?.status ?? 200, { 'content-type': 'application/json', ...given?.headers })
    response.end(JSON.stringify(given?.body ?? usual))
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
