import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Principal } from '@onus/proto/onus/v1/directory'
import { type CryptoKey, exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose'
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { createTokenVerifier } from './oidc.ts'

const principal = { accountId: 'acct', type: 'agent', id: 'ana' } as Principal
const deadline = new Date(Date.now() + 10_000)
let issuer: string
let server: Server
let key: CryptoKey
let discovery: object
let asked: string[]

beforeAll(async () => {
  const pair = await generateKeyPair('ES256')
  key = pair.privateKey
  const keys = [{ ...(await exportJWK(pair.publicKey)), kid: 'one', alg: 'ES256', use: 'sig' }]
  server = createServer((request, response) => {
    asked.push(request.url ?? '')
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify(request.url === '/jwks' ? { keys } : discovery))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(() => {
  server.close()
})
beforeEach(() => {
  asked = []
  discovery = { issuer, jwks_uri: `${issuer}/jwks` }
})

const sign = (claims: JWTPayload = {}, options: { alg?: string; key?: CryptoKey | Uint8Array } = {}) =>
  new SignJWT({
    iss: issuer,
    aud: 'onus',
    sub: 'user-1',
    email: 'ana@acme.example',
    email_verified: true,
    exp: Math.floor(Date.now() / 1000) + 60,
    ...claims,
  })
    .setProtectedHeader({ alg: options.alg ?? 'ES256', kid: 'one' })
    .sign(options.key ?? key)

function verifier(
  trust: { trusted: boolean; audiences: string[] } = { trusted: true, audiences: ['onus', 'other'] },
) {
  const trustedIssuer = vi.fn(async (_: string) => trust)
  const authenticateIdentity = vi.fn(async (_: object) => principal)
  return {
    ...createTokenVerifier({ trustedIssuer, authenticateIdentity }),
    trustedIssuer,
    authenticateIdentity,
  }
}

describe('identity tokens', () => {
  it('are matched to an agent by issuer and subject', async () => {
    const { verify, authenticateIdentity } = verifier()
    expect(await verify(await sign(), deadline)).toBe(principal)
    expect(authenticateIdentity).toHaveBeenCalledWith(
      { issuer, audiences: ['onus'], subject: 'user-1', email: 'ana@acme.example', emailVerified: true },
      deadline,
    )
  })

  it('count an e-mail as verified only if the issuer says so', async () => {
    const { verify, authenticateIdentity } = verifier()
    await verify(await sign({ email_verified: 'true' }), deadline)
    expect(authenticateIdentity.mock.calls[0]?.[0]).toMatchObject({ emailVerified: false })
  })

  it('fetch the keys once', async () => {
    const { verify } = verifier()
    for (let at = 0; at < 3; at++) await verify(await sign(), deadline)
    expect(asked).toEqual(['/.well-known/openid-configuration', '/jwks'])
  })

  it.each<[string, JWTPayload]>([
    ['another audience', { aud: 'elsewhere' }],
    ['no audience', { aud: undefined }],
    ['no subject', { sub: undefined }],
    ['an empty subject', { sub: '' }],
    ['no end', { exp: undefined }],
    ['its end behind it', { exp: Math.floor(Date.now() / 1000) - 120 }],
    ['its beginning before it', { nbf: Math.floor(Date.now() / 1000) + 120 }],
  ])('are refused with %s', async (_, claims) => {
    await expect(verifier().verify(await sign(claims), deadline)).rejects.toMatchObject({
      reason: 'unauthenticated',
    })
  })

  it('are given half a minute for clocks that differ', async () => {
    await verifier().verify(await sign({ exp: Math.floor(Date.now() / 1000) - 10 }), deadline)
  })

  it('are refused with a signature by somebody else, by a shared secret, or none', async () => {
    const { verify } = verifier()
    const other = await generateKeyPair('ES256')
    const unsigned = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${(await sign()).split('.')[1]}.x`
    const tokens = [
      await sign({}, { key: other.privateKey }),
      await sign({}, { alg: 'HS256', key: new TextEncoder().encode('a shared secret of 32 characters') }),
      unsigned,
    ]
    for (const token of tokens)
      await expect(verify(token, deadline)).rejects.toMatchObject({ reason: 'unauthenticated' })
  })

  it('make us call nobody whom no account trusts', async () => {
    const { verify } = verifier({ trusted: false, audiences: [] })
    await expect(verify(await sign(), deadline)).rejects.toMatchObject({ reason: 'unauthenticated' })
    expect(asked).toEqual([])
  })

  it.each(['http://intranet.example', 'file:///etc/passwd', 'not a url', 7])(
    'name an issuer that can be asked, and not %s',
    async (iss) => {
      const { verify, trustedIssuer } = verifier()
      await expect(verify(await sign({ iss: iss as string }), deadline)).rejects.toMatchObject({
        reason: 'unauthenticated',
      })
      expect(trustedIssuer).not.toHaveBeenCalled()
    },
  )

  it('are refused as unavailable while the issuer speaks for another', async () => {
    discovery = { issuer: 'https://somebody.else.example', jwks_uri: `${issuer}/jwks` }
    const { verify } = verifier()
    await expect(verify(await sign(), deadline)).rejects.toMatchObject({ reason: 'unavailable' })
    discovery = { issuer, jwks_uri: `${issuer}/jwks` }
    expect(await verify(await sign(), deadline)).toBe(principal)
  })
})
