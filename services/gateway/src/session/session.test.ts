import type { Caller } from '@onus/kit/caller'
import { Secret } from '@onus/kit/config'
import { problems } from '@onus/kit/problems'
import type { Principal } from '@onus/proto/onus/v1/directory'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import { beforeAll, describe, expect, it } from 'vitest'
import { createApp } from '../app.ts'
import { createTokenVerifier } from '../http/authentication/oidc.ts'
import { AT, aTicket, fakeAuthenticate, fakeDeps } from '../testing/fakes.ts'
import { SESSION_SCHEME } from './cookie.ts'
import { createMemorySessionStore, createSessions } from './sessions.ts'
import { createSignIn, ownPath } from './sign-in.ts'

const ISSUER = 'https://login.example'
const PUBLIC_URL = 'https://onus.example'
const ANA: Principal = {
  accountId: 'acct',
  type: 'agent',
  id: 'ana',
  name: 'Ana',
  role: 'agent',
  scopes: [],
  locale: 'en',
}
const OURS = { 'sec-fetch-site': 'same-origin' }

let keys: Awaited<ReturnType<typeof generateKeyPair>>
let jwk: object
beforeAll(async () => {
  keys = await generateKeyPair('RS256')
  jwk = { ...(await exportJWK(keys.publicKey)), kid: 'k', alg: 'RS256' }
})

const json = (body: unknown) => ({ ok: true, status: 200, json: async () => body })

/** A gateway with an issuer beside it; `issued` says what its tokens claim. */
function world(options: { trusted?: () => boolean; active?: () => boolean } = {}) {
  const issued = { nonce: '', audience: 'onus' }
  const posted: URLSearchParams[] = []
  const fetch = async (url: string) =>
    json(
      url.endsWith('/jwks')
        ? { keys: [jwk] }
        : {
            issuer: ISSUER,
            jwks_uri: `${ISSUER}/jwks`,
            authorization_endpoint: `${ISSUER}/authorize`,
            token_endpoint: `${ISSUER}/token`,
          },
    )
  const post = async (_url: string, request: { body: string }) => {
    posted.push(new URLSearchParams(request.body))
    const token = new SignJWT({ nonce: issued.nonce, email: 'ana@acme.example', email_verified: true })
    return json({
      id_token: await token
        .setProtectedHeader({ alg: 'RS256', kid: 'k' })
        .setIssuer(ISSUER)
        .setAudience(issued.audience)
        .setSubject('ana-at-login')
        .setIssuedAt()
        .setExpirationTime('5m')
        .sign(keys.privateKey),
    })
  }
  const directory = {
    trustedIssuer: async () => ({ trusted: options.trusted?.() ?? true, audiences: ['onus'] }),
    authenticateIdentity: async () => {
      if (options.active?.() === false) throw problems.unauthenticated()
      return ANA
    },
  }
  let now = new Date(AT)
  const store = createMemorySessionStore()
  const sessions = createSessions({
    store,
    clock: () => now,
    lifetimeMs: 3_600_000,
    ...directory,
  })
  const signIn = createSignIn({
    installation: { issuer: ISSUER, clientId: 'onus' },
    findSignIn: async () => {
      throw problems.notFound('sign-in of', 'anybody')
    },
    once: store.once,
    publicUrl: PUBLIC_URL,
    secret: new Secret('s'.repeat(32)),
    fetch: fetch as never,
    post: post as never,
    verifier: createTokenVerifier({ fetch: fetch as never, ...directory }),
  })
  const seen: Caller[] = []
  const ticket = {
    getTicket: async (_: unknown, { caller }: { caller: Caller }) => {
      seen.push(caller)
      return aTicket()
    },
    execute: async () => aTicket(),
  }
  const app = createApp(
    fakeDeps(
      { ticket: ticket as never },
      {
        document: { publicUrl: PUBLIC_URL, version: '1', issuer: ISSUER },
        console: { sessions, signIn, clientId: 'onus' },
        authenticate: (authorization, deadline) =>
          authorization?.startsWith(SESSION_SCHEME)
            ? sessions.authenticate(authorization.slice(SESSION_SCHEME.length), deadline)
            : fakeAuthenticate(authorization, deadline),
      },
    ),
  )
  const begin = async (query = '') => {
    const answer = await app.request(`/auth/login${query}`)
    const location = new URL(answer.headers.get('location') ?? '')
    issued.nonce = location.searchParams.get('nonce') ?? ''
    const cookie = (answer.headers.get('set-cookie') ?? '').split(';')[0] as string
    return { location, cookie, setCookie: answer.headers.get('set-cookie') ?? '' }
  }
  const finish = (state: string, cookie: string) =>
    app.request(`/auth/callback?code=c1&state=${state}`, { headers: { cookie } })
  const signedIn = async () => {
    const { location, cookie } = await begin('?returnTo=/tickets/t1')
    const answer = await finish(location.searchParams.get('state') ?? '', cookie)
    const session = answer.headers.getSetCookie().find((each) => each.includes('onus_session')) ?? ''
    return { answer, session, cookie: session.split(';')[0] as string }
  }
  const later = (ms: number) => {
    now = new Date(now.getTime() + ms)
  }
  return { app, begin, finish, signedIn, issued, posted, seen, later }
}

describe('signing in', () => {
  it('asks the issuer with PKCE, state and nonce, and comes back with a session', async () => {
    const { app, begin, signedIn, posted, seen } = world()
    const { location, setCookie } = await begin()
    expect(Object.fromEntries(location.searchParams)).toMatchObject({
      client_id: 'onus',
      response_type: 'code',
      redirect_uri: `${PUBLIC_URL}/auth/callback`,
      code_challenge_method: 'S256',
    })
    expect(setCookie).toMatch(/HttpOnly.*SameSite=Lax.*Secure/)
    const { answer, session, cookie } = await signedIn()
    expect(answer.headers.get('location')).toBe('/tickets/t1')
    expect(session).toMatch(/^__Host-onus_session=.*Path=\/; HttpOnly; SameSite=Strict; Max-Age=3600; Secure/)
    expect(posted.at(-1)?.get('code_verifier')).toBeTruthy()
    const got = await app.request('/api/v1/tickets/t1', { headers: { cookie } })
    expect(got.status).toBe(200)
    expect(seen[0]).toMatchObject({ id: 'ana', accountId: 'acct' })
  })

  it('refuses an answer that this browser did not ask for', async () => {
    const { begin, finish } = world()
    const { location, cookie } = await begin()
    for (const [state, with_] of [
      ['another', cookie],
      [location.searchParams.get('state') ?? '', ''],
      [location.searchParams.get('state') ?? '', 'onus_sign_in=eyJ.rubbish'],
    ] as const) {
      const answer = await finish(state, with_)
      expect(answer.headers.get('location')).toBe('/sign-in?error=refused')
      expect(answer.headers.getSetCookie().join()).not.toContain('onus_session=')
    }
  })

  it('refuses a token that was made for another sign-in or another client', async () => {
    const { begin, finish, issued } = world()
    for (const wrong of [{ nonce: 'other' }, { audience: 'other' }]) {
      const { location, cookie } = await begin()
      Object.assign(issued, wrong)
      const answer = await finish(location.searchParams.get('state') ?? '', cookie)
      expect(answer.headers.get('location')).toBe('/sign-in?error=refused')
    }
  })

  it.each([
    ['/tickets/t1?x=1', '/tickets/t1?x=1'],
    ['//evil.example', '/'],
    ['/\\evil.example', '/'],
    ['https://evil.example', '/'],
    ['/auth/login', '/'],
    [undefined, '/'],
  ])('leads from %s to %s', (asked, to) => {
    expect(ownPath(asked)).toBe(to)
  })

  it('tells the console where to begin', async () => {
    const { app } = world()
    expect(await (await app.request('/api/v1/console/config')).json()).toEqual({
      signIn: { path: '/auth/login', issuer: ISSUER, clientId: 'onus' },
      version: '1',
    })
  })
})

describe('a session', () => {
  it('changes something only from our own pages', async () => {
    const { app, signedIn } = world()
    const { cookie } = await signedIn()
    const claim = async (headers: Record<string, string>) =>
      (await app.request('/api/v1/tickets/t1/claim', { method: 'POST', headers: { cookie, ...headers } }))
        .status
    expect(await claim(OURS)).toBe(200)
    expect(await claim({ origin: PUBLIC_URL })).toBe(200)
    for (const foreign of [
      {},
      { 'sec-fetch-site': 'same-site' },
      { 'sec-fetch-site': 'cross-site', origin: PUBLIC_URL },
      { origin: 'https://evil.example' },
      { origin: 'null' },
    ])
      expect(await claim(foreign as Record<string, string>)).toBe(403)
  })

  it('ends by signing out, by time, with the agent and with the trust in the issuer', async () => {
    let active = true
    let trusted = true
    const { app, signedIn, later } = world({ active: () => active, trusted: () => trusted })
    const { cookie } = await signedIn()
    const status = async (with_ = cookie) =>
      (await app.request('/api/v1/tickets/t1', { headers: { cookie: with_ } })).status
    expect(await status()).toBe(200)
    active = false
    expect(await status()).toBe(401)
    active = true
    trusted = false
    expect(await status()).toBe(401)
    trusted = true
    const out = (headers: Record<string, string>) =>
      app.request('/auth/logout', { method: 'POST', headers: { cookie, ...headers } })
    expect((await out({ origin: 'https://evil.example' })).status).toBe(403)
    expect(await status()).toBe(200)
    const answer = await out(OURS)
    expect(answer.headers.get('set-cookie')).toContain('Max-Age=0')
    expect(await status()).toBe(401)
    const again = await signedIn()
    expect(await status(again.cookie)).toBe(200)
    later(3_600_001)
    expect(await status(again.cookie)).toBe(401)
  })

  it('is not looked at when the request brings a key', async () => {
    const { app, signedIn, seen } = world()
    const { cookie } = await signedIn()
    await app.request('/api/v1/tickets/t1', { headers: { cookie, authorization: 'Bearer olive' } })
    expect(seen).toEqual([])
  })
})
