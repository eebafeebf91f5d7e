import { afterEach, describe, expect, it } from 'vitest'
import { HealthRegistry, type HealthServer, serveHealth } from './health.ts'
import { createLogger } from './logging.ts'
import { recordHttpRequest } from './telemetry.ts'

const log = createLogger('test', 'silent')
let server: HealthServer | undefined
afterEach(() => server?.close())

async function serve(registry: HealthRegistry) {
  server = await serveHealth(registry, { host: '127.0.0.1', port: 0, log })
  const base = `http://127.0.0.1:${server.port}`
  return async (path: string, method = 'GET') => {
    const response = await fetch(base + path, { method })
    return { status: response.status, body: await response.text() }
  }
}

describe('health', () => {
  it('is live and not ready until it runs, and again when it stops', async () => {
    const registry = new HealthRegistry()
    const get = await serve(registry)
    expect((await get('/livez')).status).toBe(200)
    expect(await get('/readyz')).toMatchObject({ status: 503, body: expect.stringContaining('starting') })
    registry.enter('running')
    expect((await get('/readyz')).status).toBe(200)
    registry.enter('stopping')
    expect((await get('/readyz')).status).toBe(503)
    expect((await get('/livez')).status).toBe(200)
  })

  it('is not ready while a probe fails or hangs, and says which', async () => {
    const registry = new HealthRegistry()
    registry.enter('running')
    registry.check('mongo', () => Promise.reject(new Error('no server')))
    registry.check('kafka', () => new Promise(() => {}))
    registry.check('temporal', async () => {})
    const get = await serve(registry)
    const { status, body } = await get('/readyz')
    expect(status).toBe(503)
    expect(JSON.parse(body).problems).toEqual({ mongo: 'no server', kafka: 'no answer in 2000 ms' })
  })

  it('is not live when a watchdog says so', async () => {
    const registry = new HealthRegistry()
    registry.watch('consumer', () => 'does not consume')
    const get = await serve(registry)
    expect(await get('/livez')).toMatchObject({
      status: 503,
      body: expect.stringContaining('does not consume'),
    })
  })

  it('serves metrics in Prometheus’ format, and nothing else', async () => {
    const get = await serve(new HealthRegistry())
    recordHttpRequest({ method: 'GET', route: '/tickets/{id}', status: 200, seconds: 0.02 })
    expect((await get('/metrics')).body).toMatch(
      /^http_server_request_duration_seconds_count\{.*http_route="\/tickets\/\{id\}".*\} 1$/m,
    )
    expect((await get('/')).status).toBe(404)
    expect((await get('/livez', 'POST')).status).toBe(405)
  })
})
