import { randomBytes } from 'node:crypto'
import type { Payload } from '@temporalio/common'
import { defaultPayloadConverter } from '@temporalio/common'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ConfigError, Secret } from '../config.ts'
import { EncryptionCodec, parseCodecKeys, temporalDataConverter } from './codec.ts'

const keyText = (id: string) => `${id}:${randomBytes(32).toString('base64')}`
const [first, second] = [keyText('2026-01'), keyText('2026-02')]
const codec = (...keys: string[]) => new EncryptionCodec(parseCodecKeys(keys.join(',')))
const payload = (value: unknown): Payload => defaultPayloadConverter.toPayload(value) as Payload
const unpacked = (from: Payload | undefined): unknown => defaultPayloadConverter.fromPayload(from!)

describe('encryption of what Temporal keeps', () => {
  it('gives back every value, and shows none of it', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.jsonValue(), { maxLength: 5 }), async (values) => {
        const held = codec(first)
        const encoded = await held.encode(values.map(payload))
        const decoded = await held.decode(encoded)
        expect(decoded.map(unpacked)).toEqual(values.map((value) => JSON.parse(JSON.stringify(value))))
      }),
    )
    const [hidden] = await codec(first).encode([payload({ note: 'the lease of Lena' })])
    expect(Buffer.from(hidden!.data!).toString('latin1')).not.toMatch(/lease|Lena|json/)
  })

  it('reads what an older key wrote, and writes with the newest', async () => {
    const [old] = await codec(first).encode([payload('before')])
    const rotated = codec(second, first)
    expect(unpacked((await rotated.decode([old!]))[0])).toBe('before')
    const [fresh] = await rotated.encode([payload('after')])
    expect(Buffer.from(fresh!.metadata!['encryption-key-id']!).toString()).toBe('2026-02')
    await expect(codec(first).decode([fresh!])).rejects.toThrow(/2026-02/)
  })

  it('passes what was never encrypted', async () => {
    const plain = payload({ a: 1 })
    expect(await codec(first).decode([plain])).toEqual([plain])
  })

  it('refuses what was tampered with', async () => {
    const held = codec(first, second)
    const [good] = await held.encode([payload('x')])
    for (let at = 0; at < good!.data!.length; at += 7) {
      const data = Buffer.from(good!.data!)
      data[at] = data[at]! ^ 1
      await expect(held.decode([{ ...good!, data }])).rejects.toThrow()
    }
    const metadata = { ...good!.metadata, 'encryption-key-id': Buffer.from('2026-02') }
    await expect(held.decode([{ ...good!, metadata }])).rejects.toThrow()
  })

  it('never uses a nonce twice', async () => {
    const encoded = await codec(first).encode(Array.from({ length: 200 }, () => payload('same')))
    const nonces = encoded.map(({ data }) => Buffer.from(data!.subarray(0, 12)).toString('hex'))
    expect(new Set(nonces).size).toBe(200)
  })

  it('refuses keys that are none, without printing them', () => {
    const short = `a:${randomBytes(16).toString('base64')}`
    for (const text of ['', 'a', 'a:', `:${first.slice(8)}`, short, `${first},${short}`]) {
      const refused = () => parseCodecKeys(text)
      expect(refused).toThrow(ConfigError)
      expect(refused).toThrow(/TEMPORAL_CODEC_KEYS/)
      expect(refused).not.toThrow(short.slice(2))
    }
    expect(() => parseCodecKeys(`${first},${first}`)).toThrow(/two keys/)
  })

  it('is off without keys', () => {
    expect(temporalDataConverter({})).toEqual({})
    expect(temporalDataConverter({ TEMPORAL_CODEC_KEYS: new Secret(first) }).dataConverter).toBeDefined()
  })
})
