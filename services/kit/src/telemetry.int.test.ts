import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { afterEach, describe, expect, it } from 'vitest'
import { type Collector, startCollector } from './testing/collector.ts'
import { fromEnvironment } from './testing/environment.ts'

const MAIN = fileURLToPath(new URL('./testing/traced-process.ts', import.meta.url))

const cleanUp: (() => void)[] = []
afterEach(() => {
  for (const undo of cleanUp.splice(0)) undo()
})

async function collect(): Promise<Collector> {
  const collector = await startCollector()
  cleanUp.push(() => collector.close())
  return collector
}

interface Ran {
  code: number
  /** How long it took to end, in milliseconds. */
  ms: number
  lines: Record<string, unknown>[]
}

async function runTraced(env: Record<string, string>): Promise<Ran> {
  const child = spawn(process.execPath, ['--import', '@onus/kit/register', MAIN], {
    env: {
      PATH: process.env.PATH ?? '',
      ONUS_INTERNAL_KEY: 'k'.repeat(32),
      MONGODB_URI: fromEnvironment('MONGODB_URI'),
      KAFKA_BROKERS: fromEnvironment('KAFKA_BROKERS'),
      TEMPORAL_ADDRESS: fromEnvironment('TEMPORAL_ADDRESS'),
      TEMPORAL_NAMESPACE: fromEnvironment('TEMPORAL_NAMESPACE'),
      ...env,
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  cleanUp.push(() => child.kill('SIGKILL'))
  let text = ''
  let told: number | undefined
  child.stdout.on('data', (chunk: Buffer) => {
    text += chunk
    if (told !== undefined || !text.includes('"msg":"ready"')) return
    told = Date.now()
    child.kill('SIGTERM')
  })
  const [code] = await once(child, 'close')
  const lines = text.split('\n').filter((line) => line.startsWith('{'))
  return { code, ms: Date.now() - (told ?? 0), lines: lines.map((line) => JSON.parse(line)) }
}

describe('telemetry by OTLP', { timeout: 150_000 }, () => {
  it('has our own spans, HTTP, MongoDB, Kafka and a workflow before the process ends', async () => {
    const collector = await collect()
    const { code } = await runTraced({
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.endpoint,
      OTEL_EXPORTER_OTLP_HEADERS: 'x-team=help',
      OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=test',
    })
    expect(code).toBe(0)
    const { spans, logs, metrics, resources, headers } = collector
    const work = spans.find(({ name }) => name === 'the-work')
    for (const name of ['GET', 'publish nowhere', 'RunWorkflow:traced', 'RunActivity:look'])
      expect(spans.filter((span) => span.traceId === work?.traceId).map((span) => span.name)).toContain(name)
    expect(spans.map(({ scope }) => scope)).toEqual(
      expect.arrayContaining([
        '@opentelemetry/instrumentation-http',
        '@opentelemetry/instrumentation-mongodb',
      ]),
    )
    expect(logs.map(({ body }) => body)).toContain('ready')
    // What is logged within a span is a part of its trace.
    expect(logs.find(({ body }) => body === 'at work')).toMatchObject({
      traceId: work?.traceId,
      severity: 'INFO',
      attributes: { thing: 'traced', token: '[removed]' },
    })
    expect(metrics.map(({ name }) => name)).toContain('kafka.publish.duration.seconds')
    for (const each of resources)
      expect(each).toMatchObject({
        'service.name': 'traced',
        'service.version': expect.stringMatching(/^\d/),
        'deployment.environment.name': 'test',
      })
    for (const each of headers) expect(each).toMatchObject({ 'x-team': 'help' })
    expect(collector.text()).not.toMatch(/k{32}|hunter2/)
  })

  it('obeys the standard variables: a name, a sampler, and what is not to be sent', async () => {
    const collector = await collect()
    const { code } = await runTraced({
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.endpoint,
      OTEL_SERVICE_NAME: 'another',
      OTEL_TRACES_SAMPLER: 'always_off',
      OTEL_LOGS_EXPORTER: 'none',
    })
    expect(code).toBe(0)
    expect(collector.spans).toEqual([])
    expect(collector.logs).toEqual([])
    expect(new Set(collector.metrics.map(({ service }) => service))).toEqual(new Set(['another']))
  })

  it('is not needed: a collector that is away holds nothing up, and is named once', async () => {
    const { code, ms, lines } = await runTraced({
      OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1',
      OTEL_EXPORTER_OTLP_TIMEOUT: '500',
      OTEL_BSP_SCHEDULE_DELAY: '100',
      OTEL_BLRP_SCHEDULE_DELAY: '100',
    })
    expect(code).toBe(0)
    expect(ms).toBeLessThan(40_000)
    const complaints = lines.filter(({ msg }) => /the collector does not take/.test(String(msg)))
    const signals = complaints.map(({ signal }) => signal)
    expect(signals.length).toBeGreaterThan(0)
    expect(new Set(signals).size).toBe(signals.length)
  })
})
