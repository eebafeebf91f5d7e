import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { type AddressInfo, connect } from 'node:net'
import { createServer } from 'node:tls'
import { fileURLToPath } from 'node:url'
import { NativeConnection, Worker } from '@temporalio/worker'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { Secret } from '../config.ts'
import { newId } from '../ids.ts'
import {
  connectTemporal,
  type TemporalSettings,
  temporalConnectionOptions,
  temporalDataConverter,
  workerTracing,
} from '../temporal.ts'
import { TestCertificates } from '../testing/certificates.ts'
import { fromEnvironment } from '../testing/environment.ts'

const certificates = new TestCertificates()
const target = fromEnvironment('TEMPORAL_ADDRESS')
const namespace = fromEnvironment('TEMPORAL_NAMESPACE')
const plain: TemporalSettings = { TEMPORAL_ADDRESS: target, TEMPORAL_NAMESPACE: namespace }
const cleanUp: (() => unknown)[] = []

/** A front of the real server that takes only clients with a certificate of our authority. */
async function tlsFront(): Promise<string> {
  const server = createServer(
    {
      ca: readFileSync(certificates.file('ours.pem')),
      cert: readFileSync(certificates.file('server.pem')),
      key: readFileSync(certificates.file('server.key')),
      requestCert: true,
      rejectUnauthorized: true,
      ALPNProtocols: ['h2'],
    },
    (near) => {
      const [host, port] = target.split(':')
      const far = connect({ host, port: Number(port) })
      for (const [from, to] of [
        [near, far],
        [far, near],
      ] as const) {
        from.pipe(to)
        from.on('error', () => to.destroy())
        from.on('close', () => to.destroy())
      }
    },
  )
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  cleanUp.push(() => void server.close())
  return `127.0.0.1:${(server.address() as AddressInfo).port}`
}

const withCertificate = (address: string, name: string): TemporalSettings => ({
  ...plain,
  TEMPORAL_ADDRESS: address,
  TEMPORAL_TLS_CA: certificates.file('ours.pem'),
  TEMPORAL_TLS_CERT: certificates.file(`${name}.pem`),
  TEMPORAL_TLS_KEY: certificates.file(`${name}.key`),
})

async function connected(config: TemporalSettings) {
  const temporal = await connectTemporal(config)
  cleanUp.push(() => temporal.close())
  return temporal
}

beforeAll(() => {
  certificates.authority('ours').authority('theirs')
  certificates.issue('server', 'ours').issue('client', 'ours').issue('stranger', 'theirs')
})
afterEach(async () => {
  for (const undo of cleanUp.splice(0).reverse()) await undo()
})
afterAll(() => certificates.remove())

describe('a Temporal server behind mutual TLS', () => {
  it('answers who has a certificate of our authority, and nobody else', async () => {
    const address = await tlsFront()
    await (await connected(withCertificate(address, 'client'))).ping()
    await Promise.all([
      expect(connectTemporal(withCertificate(address, 'stranger'))).rejects.toThrow(),
      expect(connectTemporal({ ...plain, TEMPORAL_ADDRESS: address })).rejects.toThrow(),
    ])
  })

  it('keeps only what it cannot read, and clients and workers with the key do', async () => {
    const config: TemporalSettings = {
      ...withCertificate(await tlsFront(), 'client'),
      TEMPORAL_CODEC_KEYS: new Secret(`k1:${randomBytes(32).toString('base64')}`),
    }
    const [taskQueue, workflowId] = [`kit-${newId()}`, newId()]
    const connection = await NativeConnection.connect(temporalConnectionOptions(config))
    cleanUp.push(() => connection.close())
    const worker = await Worker.create({
      connection,
      namespace,
      taskQueue,
      workflowsPath: fileURLToPath(new URL('../testing/traced-workflow.ts', import.meta.url)),
      activities: { look: async () => 'the lease of Lena' },
      ...temporalDataConverter(config),
      ...(await workerTracing('test', { bundled: false })),
    })
    const { client } = await connected(config)
    await worker.runUntil(client.workflow.execute('traced', { taskQueue, workflowId, args: ['Lena'] }))

    const stored = await (await connected(plain)).client.workflow.getHandle(workflowId).fetchHistory()
    const text = stored.events!.flatMap((event) => [
      ...(event.workflowExecutionStartedEventAttributes?.input?.payloads ?? []),
      ...(event.activityTaskCompletedEventAttributes?.result?.payloads ?? []),
    ])
    expect(text.length).toBeGreaterThan(1)
    for (const { data, metadata } of text) {
      expect(Buffer.from(metadata!.encoding!).toString()).toBe('binary/encrypted')
      expect(Buffer.from(data!).toString('latin1')).not.toContain('Lena')
    }
  })
})
