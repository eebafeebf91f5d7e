import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { stringify } from 'yaml'
import {
  ALERT_TESTS_FILE,
  ALERTS_FILE,
  alerts,
  dashboards,
  declaredMetrics,
  filledIn,
  metricsIn,
  queries,
} from '../observe/metrics.ts'
import { type Manifest, MINIMAL, render } from './helm.ts'

const run = promisify(execFile)
const { PROMTOOL } = process.env

const of = (manifests: Manifest[], kind: string): any[] => manifests.filter((each) => each.kind === kind)
const withMetrics = (metrics: Record<string, unknown>) => render({ ...MINIMAL, metrics })

describe('scraping', () => {
  it('is not set up unless asked for', async () => {
    const manifests = await withMetrics({})
    for (const kind of ['ServiceMonitor', 'PodMonitor', 'PrometheusRule'])
      expect(of(manifests, kind)).toEqual([])
  })

  it('goes by a ServiceMonitor over one Service that all parts are behind', async () => {
    const manifests = await withMetrics({
      serviceMonitor: { enabled: true, labels: { release: 'prometheus' }, interval: '15s' },
    })
    const [monitor, ...others] = of(manifests, 'ServiceMonitor')
    expect(others).toEqual([])
    expect(monitor.metadata.labels.release).toBe('prometheus')
    const [endpoint] = monitor.spec.endpoints
    expect(endpoint).toMatchObject({ port: 'health', path: '/metrics', interval: '15s' })

    const wanted = Object.entries(monitor.spec.selector.matchLabels)
    const services = of(manifests, 'Service').filter(({ metadata }) =>
      wanted.every(([name, value]) => metadata.labels[name] === value),
    )
    expect(services.map(({ metadata }) => metadata.name)).toEqual(['onus-metrics'])
    const [service] = services
    expect(service.spec.ports.map(({ name }: { name: string }) => name)).toContain(endpoint.port)
    const pods = of(manifests, 'Deployment').map(({ spec }) => spec.template)
    expect(pods.length).toBeGreaterThanOrEqual(6)
    for (const { metadata, spec } of pods) {
      expect(metadata.labels).toMatchObject(service.spec.selector)
      const ports = spec.containers.flatMap(({ ports: all }: any) => all.map(({ name }: any) => name))
      expect(ports).toContain(service.spec.ports[0].targetPort)
    }
  })

  it('or by a PodMonitor, not by both', async () => {
    const manifests = await withMetrics({ podMonitor: { enabled: true } })
    expect(of(manifests, 'PodMonitor')).toHaveLength(1)
    expect(of(manifests, 'Service').map(({ metadata }) => metadata.name)).not.toContain('onus-metrics')
    const both = { serviceMonitor: { enabled: true }, podMonitor: { enabled: true } }
    await expect(withMetrics(both)).rejects.toThrow(/twice/)
  })

  it('refuses values that nothing reads', async () => {
    await expect(withMetrics({ serviceMonitor: { enable: true } })).rejects.toThrow(/enable/)
    await expect(withMetrics({ prometheusRule: { runbookUrl: 'wiki' } })).rejects.toThrow(/runbookUrl/)
  })
})

describe('alerts', () => {
  it('come as a PrometheusRule, unchanged but for the runbooks’ place and what is not wanted', async () => {
    const manifests = await withMetrics({
      prometheusRule: {
        enabled: true,
        labels: { release: 'prometheus' },
        runbookUrl: 'https://wiki.example/onus/',
        disabled: ['OnusRulesLoop'],
      },
    })
    const [rule] = of(manifests, 'PrometheusRule')
    expect(rule.metadata.labels.release).toBe('prometheus')
    const rules = rule.spec.groups.flatMap((group: any) => group.rules)
    const expected = (await alerts())
      .filter(({ alert }) => alert !== 'OnusRulesLoop')
      .map((each) => {
        const runbook = each.annotations.runbook_url.replace(
          'https://onus.dev/runbooks',
          'https://wiki.example/onus',
        )
        return { ...each, annotations: { ...each.annotations, runbook_url: runbook } }
      })
    expect(rules).toEqual(expected)
  })

  it('say what is wrong, how bad it is, and which page to read', async () => {
    const all = await alerts()
    expect(new Set(all.map(({ alert }) => alert)).size).toBe(all.length)
    for (const { alert, expr, labels, annotations, for: wait } of all) {
      expect(alert).toMatch(/^Onus[A-Z]/)
      expect(['critical', 'warning', 'info']).toContain(labels.severity)
      // What counts over time has waited already.
      if (!/increase\(|absent_over_time/.test(expr)) expect(wait, alert).toMatch(/^\d+m$/)
      expect(annotations.summary.length).toBeLessThan(120)
      expect(annotations.description).toBeTruthy()
      const page = /^https:\/\/onus\.dev\/runbooks\/([a-z-]+\.md)$/.exec(annotations.runbook_url)?.[1]
      expect(page, alert).toBeDefined()
      expect(existsSync(resolve(import.meta.dirname, '../../deploy/runbooks', page!)), page).toBe(true)
    }
  })

  it('cover what the people on call are to know', async () => {
    const metrics = (await alerts()).flatMap(({ expr }) => metricsIn(expr))
    for (const name of [
      'onus_tickets_unclaimed_oldest_seconds',
      'onus_notice_changes_total',
      'onus_events_waiting_tickets',
      'temporal_workflow_task_schedule_to_start_latency_seconds_bucket',
      'temporal_workflow_task_execution_failed',
      'kafka_consumer_lag',
      'onus_orphans',
      'onus_notice_provider_failing',
      'onus_webhook_dead_letters_total',
    ])
      expect(metrics).toContain(name)
  })
})

describe('docs/observe.md', () => {
  it('names every metric and every alert', async () => {
    const page = await readFile(resolve(import.meta.dirname, '../../docs/observe.md'), 'utf8')
    const ours = [...(await declaredMetrics())].map((name) => name.replace(/_(bucket|sum|count)$/, ''))
    const missing = [...new Set(ours), ...(await alerts()).map(({ alert }) => alert)].filter(
      (name) => !page.includes(`\`${name}\``),
    )
    expect(missing).toEqual([])
  })
})

describe('dashboards', () => {
  it('are ConfigMaps that Grafana’s sidecar finds', async () => {
    const manifests = await withMetrics({
      dashboards: { enabled: true, labels: { grafana_dashboard: '1' }, annotations: { folder: 'Onus' } },
    })
    const maps = of(manifests, 'ConfigMap').filter(({ metadata }) => metadata.labels?.grafana_dashboard)
    const files = await dashboards()
    expect(maps).toHaveLength(files.length)
    for (const [name, board] of files) {
      const data = maps.find((map) => `onus-${name}` in map.data)?.data[`onus-${name}`]
      expect(JSON.parse(data)).toEqual(board)
    }
  })

  it('have an id of their own, a choice of the data source, and no panel without a question', async () => {
    const all = await dashboards()
    expect(new Set(all.map(([, { uid }]) => uid)).size).toBe(all.length)
    for (const [name, { panels, templating }] of all) {
      expect(templating.list.map(({ type }) => type)).toContain('datasource')
      for (const { title, targets = [] } of panels)
        expect(targets.length, `${name}: ${title}`).toBeGreaterThan(0)
    }
  })
})

describe.skipIf(!PROMTOOL)('promtool', () => {
  let folder: string
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'onus-rules-'))
  })
  afterAll(() => rm(folder, { recursive: true }))

  it('finds nothing wrong with the alerts', async () => {
    const { stdout } = await run(PROMTOOL!, ['check', 'rules', '--lint-fatal', ALERTS_FILE])
    expect(stdout).toMatch(/SUCCESS: \d+ rules found/)
  })

  it('sees the alerts fire, and not fire', async () => {
    const { stdout } = await run(PROMTOOL!, ['test', 'rules', ALERT_TESTS_FILE], { cwd: folder })
    expect(stdout).toContain('SUCCESS')
  })

  it('understands every query of every dashboard', async () => {
    const rules = (await queries()).map(({ expr }, index) => ({
      record: `onus:query:${index}`,
      expr: filledIn(expr),
    }))
    const file = join(folder, 'queries.yaml')
    await writeFile(file, stringify({ groups: [{ name: 'queries', rules }] }))
    const { stdout } = await run(PROMTOOL!, ['check', 'rules', file])
    expect(stdout).toContain(`SUCCESS: ${rules.length} rules found`)
  })
})
