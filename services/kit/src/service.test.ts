import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { afterEach, describe, expect, it } from 'vitest'

const MAIN = fileURLToPath(new URL('./testing/stopping-service.ts', import.meta.url))
const GOOD = { ONUS_INTERNAL_KEY: 'k'.repeat(32), HEALTH_PORT: '0' }
/** The machine may be busy with other tests. */
const PATIENCE_MS = 30_000

interface Line {
  msg: string
  what?: string
  part?: string
  level: string
  healthPort?: number
  problems?: string[]
}

const children: ChildProcess[] = []
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
})

function run(env: Record<string, string>) {
  const { PATH = '' } = process.env
  const child = spawn(process.execPath, [MAIN], {
    env: { PATH, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  children.push(child)
  const lines: Line[] = []
  const output = createInterface({ input: child.stdout }).on('line', (line) => lines.push(JSON.parse(line)))
  const ended = Promise.all([once(child, 'close'), once(output, 'close')]).then(([[code]]) => code as number)
  const said = async (msg: string): Promise<Line> => {
    await expect.poll(() => lines.some((line) => line.msg === msg), { timeout: PATIENCE_MS }).toBe(true)
    return lines.find((line) => line.msg === msg) as Line
  }
  const steps = () => lines.map(({ what }) => what).filter((what) => what !== undefined)
  return { child, lines, ended, said, steps }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  await new Promise((closed) => server.close(closed))
  return port
}

describe('a service', { timeout: 60_000 }, () => {
  it('stops its parts in reverse order on SIGTERM, and ends with 0', async () => {
    const service = run(GOOD)
    const { healthPort } = await service.said('ready')
    expect((await fetch(`http://127.0.0.1:${healthPort}/readyz`)).status).toBe(200)
    service.child.kill('SIGTERM')
    expect(await service.ended).toBe(0)
    expect(service.steps()).toEqual(['told', 'server stopped', 'broken stopped', 'store stopped'])
  })

  it('is live and not ready while it stops', async () => {
    const service = run({ ...GOOD, TEST_MODE: 'hang', SHUTDOWN_TIMEOUT_MS: '3000' })
    const { healthPort } = await service.said('ready')
    service.child.kill('SIGTERM')
    await service.said('stopping')
    expect((await fetch(`http://127.0.0.1:${healthPort}/readyz`)).status).toBe(503)
    expect((await fetch(`http://127.0.0.1:${healthPort}/livez`)).status).toBe(200)
  })

  it('ends within the deadline when a part hangs, and still stops the others', async () => {
    const service = run({ ...GOOD, TEST_MODE: 'hang', SHUTDOWN_TIMEOUT_MS: '700' })
    await service.said('ready')
    const began = Date.now()
    service.child.kill('SIGTERM')
    expect(await service.ended).toBe(1)
    expect(Date.now() - began).toBeLessThan(10_000)
    expect(service.steps()).toEqual(['told', 'broken stopped', 'store stopped'])
  })

  it('stops the others when one fails to', async () => {
    const service = run({ ...GOOD, TEST_MODE: 'broken' })
    await service.said('ready')
    service.child.kill('SIGINT')
    expect(await service.ended).toBe(1)
    expect(service.steps()).toEqual(['told', 'server stopped', 'broken stopped', 'store stopped'])
    expect(service.lines.find(({ msg }) => msg === 'part did not stop')?.part).toBe('broken')
  })

  it('stops what had been started when it cannot start', async () => {
    const service = run({ ...GOOD, TEST_MODE: 'fail' })
    expect(await service.ended).toBe(1)
    expect(service.steps()).toEqual(['told', 'server stopped', 'broken stopped', 'store stopped'])
  })

  it('waits for what it needs, live and not ready, and says for what', async () => {
    const [port, healthPort] = [await freePort(), await freePort()]
    const service = run({ ...GOOD, HEALTH_PORT: `${healthPort}`, TEST_NEEDS: `${port}` })
    await service.said('waiting to start')
    expect((await fetch(`http://127.0.0.1:${healthPort}/livez`)).status).toBe(200)
    const readiness = await fetch(`http://127.0.0.1:${healthPort}/readyz`)
    expect(readiness.status).toBe(503)
    expect(await readiness.json()).toMatchObject({
      problems: { process: 'starting', neighbour: expect.stringContaining('ECONNREFUSED') },
    })
    const neighbour = createServer().listen(port, '127.0.0.1')
    await service.said('ready')
    expect(await (await fetch(`http://127.0.0.1:${healthPort}/readyz`)).json()).toMatchObject({ ok: true })
    neighbour.close()
  })

  it('stops at once on SIGTERM while it waits', async () => {
    const service = run({ ...GOOD, TEST_NEEDS: `${await freePort()}` })
    await service.said('waiting to start')
    service.child.kill('SIGTERM')
    expect(await service.ended).toBe(0)
    expect(service.steps()).toContain('store stopped')
  })

  it('lists everything that is wrong with its environment, and ends', async () => {
    const service = run({ HEALTH_PORT: 'x', LOG_LEVEL: 'loud' })
    expect(await service.ended).toBe(1)
    const { problems } = await service.said('wrong configuration')
    expect(problems?.map((line) => line.split(':')[0])).toEqual([
      'LOG_LEVEL',
      'HEALTH_PORT',
      'ONUS_INTERNAL_KEY',
    ])
  })

  it('stops in order after an exception that nobody caught, and ends with 1', async () => {
    const service = run({ ...GOOD, TEST_MODE: 'crash' })
    expect(await service.ended).toBe(1)
    expect(service.steps()).toContain('store stopped')
    expect(service.lines.some(({ msg }) => msg === 'uncaught exception')).toBe(true)
  })

  it('goes on after a rejection that nobody waited for, and logs it', async () => {
    const service = run({ ...GOOD, TEST_MODE: 'reject' })
    await service.said('unhandled rejection')
    const { healthPort } = await service.said('ready')
    expect((await fetch(`http://127.0.0.1:${healthPort}/livez`)).status).toBe(200)
  })
})
