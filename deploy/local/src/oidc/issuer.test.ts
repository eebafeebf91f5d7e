import { createHash, randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createRemoteJWKSet, jwtVerify } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { takePort } from '../ports.ts'
import { AUDIENCE, type Issuer, startIssuer } from './issuer.ts'

const SONIA = { sub: 'sonia', name: 'Sonia', email: 'sonia@demo.example' }
let issuer: Issuer
let folder: string

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'onus-issuer-'))
  issuer = await startIssuer(await takePort(), join(folder, 'key.json'))
  issuer.setUsers([SONIA])
})
afterAll(async () => {
  await issuer.close()
  rmSync(folder, { recursive: true })
})

async function verified(token: string) {
  const configuration = await (await fetch(`${issuer.url}/.well-known/openid-configuration`)).json()
  const { jwks_uri: keys } = configuration as { jwks_uri: string }
  const { payload } = await jwtVerify(token, createRemoteJWKSet(new URL(keys)), {
    issuer: issuer.url,
    audience: AUDIENCE,
  })
  return payload
}

/** Follows redirects inside the issuer as a browser does, with its cookies. */
class Browser {
  readonly #cookies = new Map<string, string>()

  async go(url: string, init: RequestInit = {}): Promise<Response | URL> {
    const cookie = [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    const response = await fetch(url, { ...init, redirect: 'manual', headers: { ...init.headers, cookie } })
    for (const set of response.headers.getSetCookie()) {
      const [name = '', value = ''] = (set.split(';')[0] ?? '').split('=')
      this.#cookies.set(name, value)
    }
    const location = response.headers.get('location')
    if (!location) return response
    const next = new URL(location, issuer.url)
    return next.origin === issuer.url ? this.go(next.href) : next
  }
}

describe('the local issuer', () => {
  it('signs somebody in with one click and gives tokens that any verifier accepts', async () => {
    const browser = new Browser()
    const verifier = randomBytes(32).toString('base64url')
    const redirect = 'http://127.0.0.1:9999/callback'
    const query = new URLSearchParams({
      client_id: AUDIENCE,
      response_type: 'code',
      redirect_uri: redirect,
      scope: 'openid email profile',
      code_challenge: createHash('sha256').update(verifier).digest('base64url'),
      code_challenge_method: 'S256',
    })
    const page = (await browser.go(`${issuer.url}/auth?${query}`)) as Response
    const html = await page.text()
    expect(html).toContain('Sonia')
    const action = /action="([^"]+)"/.exec(html)?.[1] ?? ''
    const back = (await browser.go(`${issuer.url}${action}`, {
      method: 'POST',
      body: new URLSearchParams({ sub: 'sonia' }),
    })) as URL
    expect(`${back.origin}${back.pathname}`).toBe(redirect)
    const answer = await fetch(`${issuer.url}/token`, {
      method: 'POST',
      body: new URLSearchParams({
        grant_type: 'authorization_code',
        client_id: AUDIENCE,
        code: back.searchParams.get('code') ?? '',
        redirect_uri: redirect,
        code_verifier: verifier,
      }),
    })
    const tokens = (await answer.json()) as { access_token: string; id_token: string }
    const expected = { sub: 'sonia', email: 'sonia@demo.example', email_verified: true }
    expect(await verified(tokens.access_token)).toMatchObject(expected)
    expect(await verified(tokens.id_token)).toMatchObject(expected)
  })

  it('gives a test the token of a person it knows, and of nobody else', async () => {
    const answer = await fetch(`${issuer.url}/demo/token?email=${SONIA.email}`)
    const { access_token: token } = (await answer.json()) as { access_token: string }
    expect(await verified(token)).toMatchObject({ sub: 'sonia', email_verified: true })
    expect((await fetch(`${issuer.url}/demo/token?email=x@y.example`)).status).toBe(404)
  })
})
