import { Agent, request as httpRequest } from 'node:http'
import { connect } from 'node:net'
import { createLogger } from '@onus/kit/logging'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createLiveEvents } from '../events/live.ts'
import { EventSight } from '../events/sight.ts'
import { aTicket, CALLERS, fakeApp } from '../testing/fakes.ts'
import { type HttpServer, serveHttp } from './server.ts'

let server: HttpServer
let base: string
let downloads = 0

beforeAll(async () => {
  const live = createLiveEvents({
    log: createLogger('gateway', 'silent'),
    reauthenticate: async () => CALLERS.agent as never,
    sight: new EventSight({
      members: async () => ({ isMember: () => true }),
      holder: async () => ({}) as never,
    }),
  })
  const { app } = fakeApp(
    {
      ticket: {
        checkAccess: async () => ({}),
        execute: async () => aTicket(),
        listTickets: async () => ({ items: [aTicket()] }),
        downloadAttachment: async () => ({
          head: { id: 'a1', name: 'x".html\r\n', contentType: 'text/html', size: 5 },
          content: new ReadableStream({
            pull(controller) {
              downloads++
              controller.enqueue(Buffer.from('hello'))
              controller.close()
            },
            cancel: () => void downloads--,
          }),
        }),
      },
    },
    { live },
  )
  server = await serveHttp(app.fetch, 0, '127.0.0.1')
  base = `http://127.0.0.1:${server.address.port}/api/v1`
})
afterAll(() => server.close())

const headers = { authorization: 'Bearer agent', 'content-type': 'application/json' }

/** What a client gets that sends these bytes and reads until the end. */
function raw(text: string): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(server.address.port, '127.0.0.1', () => socket.write(text, 'latin1'))
    let answer = ''
    socket.on('data', (data) => {
      answer += data
    })
    socket.on('close', () => resolve(answer))
    socket.on('error', () => resolve(answer))
  })
}
const line = (method: string, target: string) =>
  `${method} ${target} HTTP/1.1\r\nHost: onus\r\nAuthorization: Bearer agent\r\nConnection: close\r\n\r\n`

describe('on a socket', () => {
  it.each([3_000_000, 20_000_000])('tells the sender of %i bytes that they are too many', async (bytes) => {
    const body = JSON.stringify({ x: 'y'.repeat(bytes) })
    const answer = await fetch(`${base}/tickets/t1/claim`, { method: 'POST', headers, body })
    expect(answer.status).toBe(413)
    expect(await answer.json()).toMatchObject({ type: 'https://onus.dev/problems/payload-too-large' })
  })

  it('counts what comes without a length', async () => {
    let sent = 0
    const body = new ReadableStream({
      pull(controller) {
        if (sent++ > 100) controller.close()
        else controller.enqueue(new Uint8Array(65_536))
      },
    })
    const init = { method: 'POST', headers, body, duplex: 'half' } as RequestInit
    expect((await fetch(`${base}/tickets/t1/claim`, init)).status).toBe(413)
  })

  it.each(['TRACE', 'OPTIONS', 'PUT', 'PROPFIND'])('does not know %s', async (method) => {
    const answer = await raw(line(method, '/api/v1/tickets'))
    expect(answer).toMatch(/^HTTP\/1.1 405/)
    expect(answer).toContain('allow: POST, GET, HEAD')
  })

  it.each([
    ['GET', '/api/v1/tickets/%zz', 404],
    ['GET', '//api/v1/tickets', 404],
    ['GET', 'http://elsewhere.example/api/v1/tickets', 200],
    ['HEAD', '/api/v1/tickets', 200],
    ['GET', '/api/v1/tickets?q=%ff%00', 400],
    ['GET', '/api/v1/../../etc/passwd', 404],
    ['GET', '/api/v1/tickets/\xff', 400],
    ['NONSENSE', '/api/v1/tickets', 400],
    ['OPTIONS', '*', 400],
  ])('answers %s %s with %i', async (method, target, status) => {
    expect(await raw(line(method, target))).toMatch(new RegExp(`^HTTP/1.1 ${status} `))
  })

  it('sends files as downloads that nothing can run', async () => {
    const answer = await fetch(`${base}/attachments/a1`, { headers })
    expect(await answer.text()).toBe('hello')
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      'content-disposition': `attachment; filename="x_.html__"; filename*=UTF-8''x%22.html__`,
      'content-security-policy': "default-src 'none'; sandbox",
      'x-content-type-options': 'nosniff',
      'content-length': '5',
    })
    await fetch(`${base}/attachments/a1`, { method: 'HEAD', headers })
    expect(downloads).toBeLessThanOrEqual(1)
  })

  it('notices listeners that leave', async () => {
    for (let at = 0; at < 25; at++) {
      const controller = new AbortController()
      const stream = await fetch(`${base}/me/events`, { headers, signal: controller.signal })
      expect(stream.status).toBe(200)
      await stream.body?.getReader().read()
      controller.abort()
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
    for (let at = 0; at < 25; at++)
      expect((await fetch(`${base}/me/events`, { method: 'HEAD', headers })).status).toBe(200)
  })

  it('keeps a connection for many requests', async () => {
    const once = () =>
      new Promise<number>((resolve, reject) => {
        const request = httpRequest(`${base}/tickets`, { headers }, (answer) => {
          answer.resume()
          answer.on('end', () => resolve(answer.statusCode ?? 0))
        })
        request.on('error', reject)
        request.end()
      })
    expect(await Promise.all(Array.from({ length: 50 }, once))).toEqual(Array(50).fill(200))
  })
})

describe('a server that leaves', () => {
  const ask = (port: number, agent: Agent) =>
    new Promise<string | undefined>((resolve, reject) => {
      const request = httpRequest({ port, agent, path: '/' }, (response) => {
        response.resume()
        response.on('end', () => resolve(response.headers.connection))
      })
      request.on('error', reject)
      request.end()
    })

  it('answers on kept connections and tells their clients to go elsewhere', async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    const leaving = await serveHttp(() => new Response('hello'), 0, '127.0.0.1', { farewellMs: 2000 })
    expect(await ask(leaving.address.port, agent)).toBe('keep-alive')
    const closed = leaving.close()
    expect(await ask(leaving.address.port, agent)).toBe('close')
    // The last connection has gone, so nothing is waited for any more.
    const began = performance.now()
    await closed
    expect(performance.now() - began).toBeLessThan(1500)
  })

  it('does not wait for a client that says nothing more', async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    const leaving = await serveHttp(() => new Response('hello'), 0, '127.0.0.1', { farewellMs: 100 })
    await ask(leaving.address.port, agent)
    await leaving.close()
    await expect(ask(leaving.address.port, agent)).rejects.toThrow()
  })
})
