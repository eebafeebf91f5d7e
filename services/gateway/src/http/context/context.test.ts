import { createLogger } from '@onus/kit/logging'
import { currentTraceparent, startTelemetry } from '@onus/kit/telemetry'
import { Hono } from 'hono'
import { beforeAll, expect, it } from 'vitest'
import { type GatewayEnv, requestContext } from './context.ts'

const lines: string[] = []
const log = createLogger('gateway', 'debug', { write: (line: string) => void lines.push(line) })
const app = new Hono<GatewayEnv>()
app.use(requestContext(log, () => new Date('2026-03-01T09:00:00.000Z'), 10_000))
app.get('/thing', (c) => c.json({ deadline: c.get('deadline'), traceparent: currentTraceparent() }))

beforeAll(() => startTelemetry('gateway-test').then(() => undefined))

it('gives a request an id and a deadline', async () => {
  const response = await app.request('/thing')
  expect(response.headers.get('x-request-id')).toMatch(/^[0-9a-f]{32}$/)
  expect(await response.json()).toMatchObject({ deadline: '2026-03-01T09:00:10.000Z' })
})

it('keeps the caller’s id if it is a plain name', async () => {
  const named = (id: string) => app.request('/thing', { headers: { 'x-request-id': id } })
  expect((await named('order-7')).headers.get('x-request-id')).toBe('order-7')
  expect((await named('<script>')).headers.get('x-request-id')).not.toBe('<script>')
})

it('goes on with the caller’s trace', async () => {
  const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
  const response = await app.request('/thing', { headers: { traceparent } })
  const body = (await response.json()) as { traceparent: string }
  expect(body.traceparent).toContain('0af7651916cd43dd8448eb211c80319c')
})

it('logs the request without its query', async () => {
  lines.length = 0
  await app.request('/thing?q=carla@example.com')
  expect(lines).toHaveLength(1)
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({ method: 'GET', path: '/thing', status: 200 })
  expect(lines[0]).not.toContain('carla')
})
