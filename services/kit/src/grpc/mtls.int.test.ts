import { renameSync } from 'node:fs'
import { type Rule, RulesServiceClient, RulesServiceService } from '@onus/proto/onus/v1/rules'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { Caller } from '../caller.ts'
import { Secret } from '../config.ts'
import { createGrpcClient, createGrpcServer, type Handlers } from '../grpc.ts'
import { createLogger } from '../logging.ts'
import { TestCertificates } from '../testing/certificates.ts'

const key = new Secret('k'.repeat(32))
const ann: Caller = { type: 'agent', accountId: 'a1', id: 'ann', name: 'Ann', role: 'agent', scopes: [] }
const log = createLogger('test', 'silent')
const certificates = new TestCertificates()

const tls = (name: string, authority: string) => ({
  GRPC_TLS_CA: certificates.file(`${authority}.pem`),
  GRPC_TLS_CERT: certificates.file(`${name}.pem`),
  GRPC_TLS_KEY: certificates.file(`${name}.key`),
})

const cleanUp: (() => unknown)[] = []

beforeAll(() => {
  certificates.authority('ours').authority('theirs')
  certificates.issue('server', 'ours').issue('client', 'ours').issue('stranger', 'theirs')
})
afterEach(async () => {
  for (const undo of cleanUp.splice(0).reverse()) await undo()
})
afterAll(() => certificates.remove())

async function serve(tlsRefreshMs?: number): Promise<string> {
  const server = createGrpcServer({ log, config: tls('server', 'ours'), internalKey: key, tlsRefreshMs })
  const handlers = Object.fromEntries(
    Object.keys(RulesServiceService).map((name) => [name, async () => ({ items: [] as Rule[] })]),
  ) as unknown as Handlers<typeof RulesServiceService>
  server.add(RulesServiceService, handlers)
  const port = await server.listen('127.0.0.1', 0)
  cleanUp.push(() => server.stop())
  return `127.0.0.1:${port}`
}

function connect(address: string, config: object) {
  const client = createGrpcClient(RulesServiceClient, address, { config, internalKey: key, caller: ann })
  cleanUp.push(() => client.close())
  return () =>
    client.listRules({}, { retry: false, deadlineMs: 5000 }).then(
      () => 'answered',
      (error) => error.reason,
    )
}

describe('mutual TLS', () => {
  it('lets in who has a certificate of our authority, and nobody else', async () => {
    const address = await serve()
    expect(await connect(address, tls('client', 'ours'))()).toBe('answered')
    expect(await connect(address, tls('stranger', 'ours'))()).toBe('unavailable')
    expect(await connect(address, tls('client', 'theirs'))()).toBe('unavailable')
    expect(await connect(address, {})()).toBe('unavailable')
  })

  it('takes renewed certificates without a restart', async () => {
    const address = await serve(200)
    expect(await connect(address, tls('client', 'ours'))()).toBe('answered')
    // The authority changes too, so that only a server that read its files again is trusted.
    certificates.issue('renewed', 'theirs')
    for (const kind of ['pem', 'key'])
      renameSync(certificates.file(`renewed.${kind}`), certificates.file(`server.${kind}`))
    const renewed = () =>
      connect(address, { ...tls('client', 'ours'), GRPC_TLS_CA: certificates.file('theirs.pem') })()
    await expect.poll(renewed, { timeout: 8000, interval: 300 }).toBe('answered')
  })
})
