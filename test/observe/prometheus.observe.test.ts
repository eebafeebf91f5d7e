import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parse, stringify } from 'yaml'
import { eventually } from '../support/api.ts'
import { mailArrives, recipients } from '../support/mail.ts'
import { createWorld, expectStatus, type World } from '../support/world.ts'
import { ALERTS_FILE, alerts, dashboards, filledIn, metricsIn, queries } from './metrics.ts'

/** A real Prometheus scrapes the running stack, with our alerts and the questions of our dashboards. */

const { PROMETHEUS } = process.env
/** As the rules are, a fault must last for minutes; the same rules beside them wait for seconds. */
const SHORT_FOR = '3s'
const SHORT = 'short: '

/**
 * Panels about what did not happen here: their metrics may be there, and what they ask of them is not.
 * Everything else that is measured at all must be drawn.
 */
const ABOUT_FAULTS = /fail|refus|error|broke|dead|lost|parked|retr|breaker|loop|miss|bounce|webhook|evict/i

let folder: string
let world: World
let prometheus: ChildProcess
let url: string
let said = ''

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  await new Promise((resolve) => server.close(resolve))
  return port
}

async function ask(path: string, query: Record<string, string> = {}): Promise<any> {
  const response = await fetch(`${url}/api/v1/${path}?${new URLSearchParams(query)}`)
  const body: any = await response.json()
  if (body.status !== 'success') throw new Error(`${path} ${JSON.stringify(query)}: ${body.error}`)
  return body.data
}

const rules = async (): Promise<any[]> =>
  (await ask('rules')).groups.flatMap((group: any) =>
    group.rules.map((rule: any) => ({ ...rule, group: group.name })),
  )
const stateOf = async (name: string, group: (name: string) => boolean): Promise<string> =>
  (await rules()).find((rule) => rule.name === name && group(rule.group)).state
const asItIs = (group: string): boolean => !group.startsWith(SHORT)
const behave = (mode: string) =>
  fetch(`${world.local.mailSinkUrl}/behaviour`, { method: 'POST', body: JSON.stringify({ mode }) })

async function assignToBen(): Promise<string> {
  const ticket = await world.createTicket()
  expectStatus(
    await world.agents.ada!.api.post(`/tickets/${ticket.id}/assign`, { agentId: world.agents.ben!.id }),
    200,
  )
  return ticket.id
}

describe.skipIf(!PROMETHEUS)('a Prometheus', () => {
  beforeAll(async () => {
    world = await createWorld({ agents: { ada: { in: ['Support'] }, ben: { in: ['Support'] } } })
    folder = await mkdtemp(join(tmpdir(), 'onus-prometheus-'))
    const own = parse(await readFile(ALERTS_FILE, 'utf8'))
    const short = structuredClone(own)
    for (const group of short.groups) {
      group.name = SHORT + group.name
      for (const rule of group.rules) if (rule.for) rule.for = SHORT_FOR
    }
    await writeFile(join(folder, 'short.yaml'), stringify(short))
    await writeFile(
      join(folder, 'prometheus.yaml'),
      stringify({
        global: { scrape_interval: '1s', evaluation_interval: '1s' },
        rule_files: [ALERTS_FILE, 'short.yaml'],
        scrape_configs: [
          {
            job_name: 'onus',
            static_configs: Object.entries(world.local.metricsUrls).map(([component, address]) => ({
              targets: [new URL(address).host],
              // What the operator's discovery puts on each target in Kubernetes.
              labels: { namespace: 'onus', component, pod: `onus-${component}-0` },
            })),
          },
        ],
      }),
    )
    const port = await freePort()
    url = `http://127.0.0.1:${port}`
    prometheus = spawn(
      PROMETHEUS!,
      [
        `--config.file=${join(folder, 'prometheus.yaml')}`,
        `--storage.tsdb.path=${join(folder, 'data')}`,
        `--web.listen-address=127.0.0.1:${port}`,
      ],
      { stdio: ['ignore', 'ignore', 'pipe'] },
    )
    prometheus.stderr!.on('data', (chunk) => (said += chunk))
    await eventually('Prometheus to be ready', async () => (await fetch(`${url}/-/ready`)).ok).catch(() => {
      throw new Error(`Prometheus did not start: ${said}`)
    })
    // Traffic, so that there is something to draw.
    const ticketId = await assignToBen()
    await world.agents.ben!.api.post(`/tickets/${ticketId}/messages`, {
      author: 'agent',
      kind: 'public',
      body: 'It is out.',
    })
    await world.agents.ben!.api.post(`/tickets/${ticketId}/resolve`, {})
    expect((await world.agents.ada!.api.get('/tickets')).status).toBe(200)
    await mailArrives('the mail to Ben', world.local.mailSinkUrl, (mail) =>
      recipients(mail).includes(world.agents.ben!.email),
    )
  })
  afterAll(async () => {
    await behave('ok')
    const ended = new Promise((resolve) => prometheus.once('exit', resolve))
    prometheus.kill('SIGTERM')
    await ended
    await rm(folder, { recursive: true, force: true })
  })

  it('finds every process up', async () => {
    const parts = Object.keys(world.local.metricsUrls)
    const up = await eventually('all targets', async () => {
      const { activeTargets } = await ask('targets')
      return activeTargets.length >= parts.length &&
        activeTargets.every((target: any) => target.health === 'up')
        ? activeTargets
        : undefined
    })
    expect(up.map((target: any) => target.labels.component).sort()).toEqual(parts.sort())
  })

  it('evaluates every alert without an error, and all is quiet', async () => {
    const names = (await alerts()).map(({ alert }) => alert)
    const evaluated = await eventually('all rules to be evaluated', async () => {
      const all = await rules()
      return all.every((rule) => rule.health !== 'unknown') ? all : undefined
    })
    const ours = evaluated.filter(({ group }) => asItIs(group)).map(({ name }) => name)
    expect(ours.sort()).toEqual(names.sort())
    expect(evaluated.filter(({ health }) => health !== 'ok')).toEqual([])
    // A machine that is busy may be slow; it must not be wrong. Before its first look Prometheus misses everything.
    const loud = async () =>
      (await rules())
        .filter(({ state, labels }) => state === 'firing' && labels.severity === 'critical')
        .map(({ name }) => name)
    await expect.poll(loud, { timeout: 30_000, interval: 500 }).toEqual([])
  })

  it('answers every question of every dashboard, and has data for all that has happened', async () => {
    // Two scrapes after the traffic, so that rates are rates.
    await eventually(
      'rates',
      async () => {
        expect((await world.agents.ada!.api.get('/tickets')).status).toBe(200)
        const query = 'sum(rate(http_server_request_duration_seconds_count[1m])) > 0'
        return (await ask('query', { query })).result.length > 0
      },
      30_000,
    )
    const measured = new Set<string>(await ask('label/__name__/values'))
    const empty: string[] = []
    let drawn = 0
    for (const { where, expr } of await queries()) {
      const { result } = await ask('query', { query: filledIn(expr) })
      if (result.length > 0) drawn += 1
      else if (metricsIn(expr).every((name) => measured.has(name))) empty.push(where)
    }
    const ofAlerts = new Set((await alerts()).map(({ alert }) => alert))
    expect(empty.filter((where) => !ofAlerts.has(where) && !ABOUT_FAULTS.test(where))).toEqual([])
    expect(drawn).toBeGreaterThan(40)
    for (const [name, { templating }] of await dashboards())
      for (const { type, query } of templating.list) {
        if (type !== 'query') continue
        const [, series, label] = /^label_values\((.+), (\w+)\)$/.exec((query as { query: string }).query)!
        const found = await ask('query', { query: `count by (${label}) (${series})` })
        expect([name, found.result.map(({ metric }: any) => metric[label!])]).toEqual([name, ['onus']])
      }
  })

  it('fires when a mail server refuses, and is quiet again when it does not', async () => {
    const alert = 'OnusProviderBreakerOpen'
    await behave('refuse')
    const refusedAt = Date.now()
    // A provider is known to fail by several notices, one after the other.
    for (let i = 0; i < 8; i += 1) await assignToBen()
    await eventually(
      'the alert to fire',
      async () => (await stateOf(alert, (group) => !asItIs(group))) === 'firing',
      90_000,
    )
    expect(await stateOf(alert, asItIs)).toBe('pending')
    const { alerts: active } = await ask('alerts')
    const found = active.find((each: any) => each.labels.alertname === alert && each.state === 'firing')
    expect(found.annotations.summary).toBe('The provider of email does not work; all its notices wait')
    const firedAt = Date.now()
    await behave('ok')
    await eventually(
      'the alert to end',
      async () => (await stateOf(alert, (group) => !asItIs(group))) === 'inactive',
      90_000,
    )
    console.log(
      `${alert} fired ${((firedAt - refusedAt) / 1000).toFixed(1)} s after the mail server refused, ` +
        `and ended ${((Date.now() - firedAt) / 1000).toFixed(1)} s after it did not`,
    )
  })
})
