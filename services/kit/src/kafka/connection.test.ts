import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { Secret } from '../config.ts'
import { kafkaSecurity } from './connection.ts'

const folder = mkdtempSync(join(tmpdir(), 'onus-tls-'))
afterAll(() => rmSync(folder, { recursive: true }))
const file = (name: string): string => {
  writeFileSync(join(folder, name), name)
  return join(folder, name)
}

describe('the connection to Kafka', () => {
  it('is plain unless something asks for more', () => {
    expect(kafkaSecurity({})).toEqual({})
    expect(kafkaSecurity({ KAFKA_TLS: true })).toEqual({ ssl: true })
  })

  it('takes authorities, a client certificate, and a name with a password', () => {
    const security = kafkaSecurity({
      KAFKA_TLS_CA: file('ca'),
      KAFKA_TLS_CERT: file('cert'),
      KAFKA_TLS_KEY: file('key'),
      KAFKA_SASL_MECHANISM: 'scram-sha-512',
      KAFKA_SASL_USERNAME: 'onus',
      KAFKA_SASL_PASSWORD: new Secret('hunter2'),
    })
    expect(security).toEqual({
      ssl: { ca: [Buffer.from('ca')], cert: Buffer.from('cert'), key: Buffer.from('key') },
      sasl: { mechanism: 'scram-sha-512', username: 'onus', password: 'hunter2' },
    })
  })

  it('names the variables of what is missing', () => {
    expect(() => kafkaSecurity({ KAFKA_SASL_USERNAME: 'onus' })).toThrow(/KAFKA_SASL_MECHANISM.*all three/)
    expect(() => kafkaSecurity({ KAFKA_TLS_KEY: file('key') })).toThrow(/KAFKA_TLS_CERT, KAFKA_TLS_KEY/)
    expect(() => kafkaSecurity({ KAFKA_TLS_CA: join(folder, 'none') })).toThrow(
      /KAFKA_TLS_CA: cannot be read/,
    )
  })
})
