import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createGuardedFetch } from '@onus/kit/net'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { newSecret, verifies } from './domain/signature.ts'
import { createSender, retryAfterMs } from './sender.ts'

let server: Server
let base: string
const seen: { path: string; headers: Record<string, string>; body: string }[] = []

beforeAll(async () => {
  server = createServer(async (request, response) => {
    let body = ''
    for await (const chunk of request) body += chunk
    const path = request.url ?? ''
    seen.push({ path, headers: request.headers as Record<string, string>, body })
    if (path === '/moved') response.writeHead(302, { location: '/ok' }).end()
    else if (path === '/busy') response.writeHead(429, { 'retry-after': '7' }).end('slow down')
    else if (path === '/hang') setTimeout(() => response.destroy(), 5_000).unref()
    else response.writeHead(200).end('x'.repeat(1_000_000))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(() => {
  server.closeAllConnections()
  server.close()
})

const local = createSender(createGuardedFetch({ allowLoopback: true }))
const secret = newSecret()
const message = (path: string) => ({ url: base + path, id: 'e-1', body: '{"a":1}', secrets: [secret] })

it('sends the body, signed', async () => {
  expect(await local.send(message('/ok'))).toMatchObject({ type: 'delivered', statusCode: 200 })
  const { headers = {}, body = '' } = seen.at(-1) ?? {}
  expect(body).toBe('{"a":1}')
  expect(headers['content-type']).toBe('application/cloudevents+json; charset=utf-8')
  expect(verifies(secret, headers, body, new Date())).toBe(true)
})

it('follows no redirect', async () => {
  const before = seen.length
  expect(await local.send(message('/moved'))).toMatchObject({
    type: 'failed',
    statusCode: 302,
    error: 'The receiver answered 302; redirects are not followed.',
  })
  expect(seen.length).toBe(before + 1)
})

it('hears what the receiver asks for', async () => {
  expect(await local.send(message('/busy'))).toMatchObject({
    type: 'failed',
    statusCode: 429,
    retryAfterMs: 7000,
  })
  const now = new Date('2026-03-01T09:00:00Z')
  expect(retryAfterMs('Sun, 01 Mar 2026 09:01:00 GMT', now)).toBe(60_000)
  expect(retryAfterMs('soon', now)).toBeUndefined()
  expect(retryAfterMs(null, now)).toBeUndefined()
})

it('waits for an answer no longer than it was told', async () => {
  const outcome = await local.send(message('/hang'), { timeoutMs: 200 })
  expect(outcome).toMatchObject({ type: 'failed', error: 'The receiver did not answer within 0.2 s.' })
  expect(outcome.durationMs).toBeLessThan(2000)
})

it('says that nobody listens', async () => {
  const other = createServer()
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
  const closed = (other.address() as AddressInfo).port
  await new Promise((resolve) => other.close(resolve))
  const outcome = await local.send({ ...message('/'), url: `http://127.0.0.1:${closed}/` })
  expect(outcome).toMatchObject({ type: 'failed', error: 'The connection failed: ECONNREFUSED.' })
})

it.each([
  'http://127.0.0.1:1/',
  'http://10.0.0.1/',
  'http://169.254.169.254/latest',
  'http://[::1]/',
  'http://[fd00::1]/',
])('never calls %s', async (url) => {
  const guarded = createSender(createGuardedFetch())
  const outcome = await guarded.send({ url, id: 'e-1', body: '{}', secrets: [secret] })
  expect(outcome).toMatchObject({ type: 'failed', error: expect.stringContaining('not public') })
})

it('judges a name by what it resolves to when it is called', async () => {
  const guarded = createSender(createGuardedFetch({ resolve: async () => ['192.168.1.7'] }))
  const outcome = await guarded.send({
    url: 'http://hooks.example/',
    id: 'e-1',
    body: '{}',
    secrets: [secret],
  })
  expect(outcome).toMatchObject({ type: 'failed', error: expect.stringContaining('not public') })
})
