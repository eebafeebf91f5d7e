import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { afterEach, describe, expect, it } from 'vitest'
import { fromEnvironment } from './testing/environment.ts'

const MAIN = fileURLToPath(new URL('./testing/traced-process.ts', import.meta.url))

const cleanUp: (() => void)[] = []
afterEach(() => {
  for (const undo of cleanUp.splice(0)) undo()
})

/** Takes what an OpenTelemetry collector would, as text: names are readable in the protobuf. */
async function collect(): Promise<{ endpoint: string; received: string[] }> {
  const received: string[] = []
  const collector = createServer(async (request, response) => {
    let body = ''
    for await (const chunk of request) body += (chunk as Buffer).toString('latin1')
    received.push(`${request.url} ${body}`)
    response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end()
  })
  await new Promise<void>((resolve) => collector.listen(0, '127.0.0.1', resolve))
  cleanUp.push(() => {
    collector.closeAllConnections()
    collector.close()
  })
  return { endpoint: `http://127.0.0.1:${(collector.address() as AddressInfo).port}`, received }
}

async function runTraced(env: Record<string, string>): Promise<number> {
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
  child.stdout.on('data', (text: Buffer) => {
    if (text.toString().includes('"msg":"ready"')) child.kill('SIGTERM')
  })
  const [code] = await once(child, 'close')
  return code
}

describe('traces', () => {
  it('of our own spans, HTTP, MongoDB, Kafka and a workflow reach a collector before the process ends', async () => {
    const { endpoint, received } = await collect()
    expect(await runTraced({ OTEL_EXPORTER_OTLP_ENDPOINT: endpoint })).toBe(0)
    const all = received.join('\n')
    expect(all).toMatch(/^\/v1\/traces /)
    expect(all).toContain('the-work')
    expect(all).toContain('GET')
    expect(all).toContain('traced_things')
    expect(all).toContain('nowhere')
    expect(all).toContain('RunWorkflow:traced')
    expect(all).toContain('RunActivity:look')
    expect(all).toContain('@opentelemetry/instrumentation-http')
    expect(all).toContain('@opentelemetry/instrumentation-mongodb')
    expect(all).toContain('@opentelemetry/instrumentation-kafkajs')
  })

  it('are not needed: a collector that is away holds nothing up', async () => {
    const began = Date.now()
    expect(await runTraced({ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1' })).toBe(0)
    expect(Date.now() - began).toBeLessThan(40_000)
  })
})
