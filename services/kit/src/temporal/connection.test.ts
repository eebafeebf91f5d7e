import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { Secret } from '../config.ts'
import { temporalConnectionOptions } from './connection.ts'

const folder = mkdtempSync(join(tmpdir(), 'onus-tls-'))
afterAll(() => rmSync(folder, { recursive: true }))
const file = (name: string): string => {
  writeFileSync(join(folder, name), name)
  return join(folder, name)
}
const base = { TEMPORAL_ADDRESS: 'temporal:7233', TEMPORAL_NAMESPACE: 'onus' }

describe('the connection to Temporal', () => {
  it('is plain unless something asks for TLS', () => {
    expect(temporalConnectionOptions(base)).toEqual({ address: 'temporal:7233' })
    expect(temporalConnectionOptions({ ...base, TEMPORAL_TLS: true })).toMatchObject({ tls: {} })
  })

  it('takes authorities, a client certificate and a name', () => {
    const options = temporalConnectionOptions({
      ...base,
      TEMPORAL_TLS_CA: file('ca'),
      TEMPORAL_TLS_CERT: file('cert'),
      TEMPORAL_TLS_KEY: file('key'),
      TEMPORAL_TLS_SERVER_NAME: 'onus.tmprl.example',
    })
    expect(options.tls).toEqual({
      serverRootCACertificate: Buffer.from('ca'),
      clientCertPair: { crt: Buffer.from('cert'), key: Buffer.from('key') },
      serverNameOverride: 'onus.tmprl.example',
    })
  })

  it('sends an API key over TLS only', () => {
    const TEMPORAL_API_KEY = new Secret('hunter2')
    expect(temporalConnectionOptions({ ...base, TEMPORAL_API_KEY })).toMatchObject({
      apiKey: 'hunter2',
      tls: {},
    })
    expect(() => temporalConnectionOptions({ ...base, TEMPORAL_API_KEY, TEMPORAL_TLS: false })).toThrow(
      /TEMPORAL_TLS/,
    )
  })

  it('names the variable of what is missing', () => {
    expect(() => temporalConnectionOptions({ ...base, TEMPORAL_TLS_CERT: file('cert') })).toThrow(
      /TEMPORAL_TLS_CERT, TEMPORAL_TLS_KEY: set both/,
    )
    expect(() => temporalConnectionOptions({ ...base, TEMPORAL_TLS_CA: join(folder, 'none') })).toThrow(
      /TEMPORAL_TLS_CA: cannot be read \(ENOENT\)/,
    )
  })
})
