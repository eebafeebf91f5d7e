import { randomBytes } from 'node:crypto'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Secret } from '@onus/kit/config'
import { createLogger } from '@onus/kit/logging'
import { EncryptionCodec, parseCodecKeys } from '@onus/kit/temporal'
import { createLocalJWKSet, exportJWK, generateKeyPair, SignJWT } from 'jose'
import { afterEach, describe, expect, it } from 'vitest'
import { createCodecApp } from './app.ts'
import { createAuthorize, type OidcRule } from './authorize.ts'
import { readConfig } from './config.ts'

const OPERATOR_KEY = 'operator-key-of-this-test'
const UI = 'https://temporal.example'
const NOTE = 'the lease of Lena'

const keyText = (id: string) => `${id}:${randomBytes(32).toString('base64')}`
const [older, newer] = [keyText('2026-01'), keyText('2026-02')]
const codecOf = (...keys: string[]) => new EncryptionCodec(parseCodecKeys(keys.join(',')))

const servers: Server[] = []
afterEach(() => {
  for (const server of servers.splice(0)) server.close()
})

async function serve({ keys = [older], oidc }: { keys?: string[]; oidc?: OidcRule } = {}) {
  const lines: string[] = []
  const app = createCodecApp({
    codec: codecOf(...keys),
    authorize: createAuthorize({ operatorKey: new Secret(OPERATOR_KEY), oidc }),
    origins: [UI],
    namespace: 'onus',
    log: createLogger('codec', 'info', { write: (line) => void lines.push(line) }),
  })
  const server = createServer(app)
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const send = async (path: string, body: unknown, headers: Record<string, string> = {}, method = 'POST') => {
    const response = await fetch(`${base}${path}`, {
      method,
      headers: { authorization: `Bearer ${OPERATOR_KEY}`, 'content-type': 'application/json', ...headers },
      ...(method === 'POST' && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    })
    const text = await response.text()
    return { status: response.status, headers: response.headers, body: text ? JSON.parse(text) : undefined }
  }
  return { send, lines }
}

const plain = {
  metadata: { encoding: Buffer.from('json/plain').toString('base64') },
  data: Buffer.from(JSON.stringify({ note: NOTE })).toString('base64'),
}

describe('the codec server', () => {
  it('gives back what it encoded, as the Temporal UI sends and expects it', async () => {
    const { send, lines } = await serve()
    const encoded = await send('/encode', { payloads: [plain, plain] }, { 'x-namespace': 'onus' })
    expect(encoded.status).toBe(200)
    expect(JSON.stringify(encoded.body)).not.toContain(plain.data)
    const decoded = await send('/decode', encoded.body, { 'x-namespace': 'onus' })
    expect(decoded.body).toEqual({ payloads: [plain, plain] })
    expect(lines.join('')).not.toMatch(/Lena|operator-key-of/)
    expect(lines.join('')).toContain('"by":"operator_key"')
  })

  it('reads on after the keys were rotated, and writes with the new one', async () => {
    const before = await serve({ keys: [older] })
    const { body: old } = await before.send('/encode', { payloads: [plain] })
    const during = await serve({ keys: [newer, older] })
    expect((await during.send('/decode', old)).body).toEqual({ payloads: [plain] })
    const { body: fresh } = await during.send('/encode', { payloads: [plain] })
    expect(Buffer.from(fresh.payloads[0].metadata['encryption-key-id'], 'base64').toString()).toBe('2026-02')

    // The old key is gone: what it wrote is shown as it is, and hinders nothing else.
    const after = await serve({ keys: [newer] })
    const mixed = { payloads: [old.payloads[0], fresh.payloads[0]] }
    expect((await after.send('/decode', mixed)).body).toEqual({ payloads: [old.payloads[0], plain] })
  })

  it('passes what was never encrypted', async () => {
    const { send } = await serve()
    expect((await send('/decode', { payloads: [plain] })).body).toEqual({ payloads: [plain] })
    expect((await send('/decode', {})).body).toEqual({ payloads: [] })
  })

  it('lets in nobody without a key, with a wrong one, or for another namespace', async () => {
    const { send } = await serve()
    for (const authorization of [
      '',
      'Bearer wrong-key-of-this-test',
      `Basic ${OPERATOR_KEY}`,
      'Bearer a.b.c',
    ]) {
      const answer = await send('/decode', { payloads: [plain] }, { authorization })
      expect(answer.status).toBe(401)
      expect(answer.body).toMatchObject({ status: 401 })
    }
    expect((await send('/decode', { payloads: [plain] }, { 'x-namespace': 'another' })).status).toBe(403)
  })

  it('answers browsers of the Temporal UI only', async () => {
    const { send } = await serve()
    const asked = await send('/decode', undefined, { origin: UI, authorization: '' }, 'OPTIONS')
    expect(asked.status).toBe(204)
    expect(asked.headers.get('access-control-allow-origin')).toBe(UI)
    expect(asked.headers.get('access-control-allow-headers')).toContain('authorization')
    const foreign = await send('/decode', undefined, { origin: 'https://evil.example' }, 'OPTIONS')
    expect(foreign.headers.get('access-control-allow-origin')).toBeNull()
  })

  it('refuses rubbish by its field, and what is too large', async () => {
    const { send } = await serve()
    expect((await send('/decode', '{')).status).toBe(400)
    const wrong = await send('/decode', { payloads: [{ data: '%%%' }] })
    expect(wrong.status).toBe(400)
    expect(JSON.stringify(wrong.body.errors)).toContain('payloads.0.data')
    expect((await send('/decode', { payloads: 'x'.repeat(9 * 1024 * 1024) })).status).toBe(413)
    expect((await send('/nothing', {})).status).toBe(404)
    expect((await send('/decode', undefined, {}, 'GET')).status).toBe(405)
  })
})

describe('operators who sign in', () => {
  const issuer = 'https://id.example'
  const audience = 'temporal'

  async function withIssuer() {
    const { publicKey, privateKey } = await generateKeyPair('ES256')
    const keys = createLocalJWKSet({ keys: [{ ...(await exportJWK(publicKey)), alg: 'ES256' }] })
    const { send, lines } = await serve({
      oidc: { issuer, audience, allow: ['groups=operators', 'email=ola@onus.example'], keys },
    })
    const decodeAs = async (claims: Record<string, unknown>, from = issuer, to = audience) => {
      const token = await new SignJWT({ sub: 'u1', ...claims })
        .setProtectedHeader({ alg: 'ES256' })
        .setIssuer(from)
        .setAudience(to)
        .setExpirationTime('5m')
        .sign(privateKey)
      return (await send('/decode', { payloads: [plain] }, { authorization: `Bearer ${token}` })).status
    }
    return { decodeAs, lines }
  }

  it('are let in by a claim', async () => {
    const { decodeAs, lines } = await withIssuer()
    expect(await decodeAs({ groups: ['staff', 'operators'] })).toBe(200)
    expect(await decodeAs({ email: 'ola@onus.example', email_verified: true })).toBe(200)
    expect(lines.join('')).toContain('"operatorId":"u1"')
  })

  it('and nobody else: no other group, address that was not checked, issuer or audience', async () => {
    const { decodeAs } = await withIssuer()
    expect(await decodeAs({ groups: ['staff'] })).toBe(403)
    expect(await decodeAs({ email: 'ola@onus.example' })).toBe(403)
    expect(await decodeAs({ groups: ['operators'] }, 'https://other.example')).toBe(401)
    expect(await decodeAs({ groups: ['operators'] }, issuer, 'onus')).toBe(401)
  })
})

describe('its configuration', () => {
  const base = { TEMPORAL_CODEC_KEYS: older, ONUS_OPERATOR_KEY: OPERATOR_KEY }

  it('is complete, or says what is missing', () => {
    expect(
      readConfig({ ...base, CODEC_UI_ORIGINS: `${UI},http://127.0.0.1:8233` }).CODEC_UI_ORIGINS,
    ).toHaveLength(2)
    expect(() => readConfig({ TEMPORAL_CODEC_KEYS: older })).toThrow(/ONUS_OPERATOR_KEY/)
    expect(() => readConfig({ ...base, CODEC_OIDC_ISSUER: 'https://id.example' })).toThrow(/CODEC_OIDC_ALLOW/)
    expect(() => readConfig({ ...base, CODEC_UI_ORIGINS: 'https://temporal.example/ui' })).toThrow(
      /no origin/,
    )
    expect(() => readConfig({ ...base, CODEC_OIDC_ALLOW: 'operators' })).toThrow(/claim=value/)
  })
})
