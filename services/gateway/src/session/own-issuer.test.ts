import { Secret } from '@onus/kit/config'
import { problems } from '@onus/kit/problems'
import type { AuthenticateIdentityRequest, Principal, SignInClient } from '@onus/proto/onus/v1/directory'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createApp } from '../app.ts'
import { createTokenVerifier } from '../http/authentication/oidc.ts'
import { AT, fakeDeps } from '../testing/fakes.ts'
import { discover } from './discovery.ts'
import { createMemorySessionStore, createSessions } from './sessions.ts'
import { createSignIn } from './sign-in.ts'
import { type CompanyIssuer, type Person, startCompanyIssuer } from './testing/provider.ts'

/** Signing in with a company's own issuer, a real one, through the gateway's own routes. */

const PUBLIC_URL = 'http://127.0.0.1:9'
const INSTALLATION = { issuer: 'https://login.installation.example', clientId: 'onus' }
const ANA: Person = { sub: 'u-1', email: 'ana@acme.example' }
const OURS = { 'sec-fetch-site': 'same-origin' }

let acme: CompanyIssuer
let other: CompanyIssuer
beforeAll(async () => {
  const redirect = `${PUBLIC_URL}/auth/callback`
  ;[acme, other] = await Promise.all([
    startCompanyIssuer(redirect),
    startCompanyIssuer(redirect, 'onus-at-other'),
  ])
})
afterAll(() => Promise.all([acme.close(), other.close()]))

const passThrough = (url: string, init?: object) => fetch(url, init as RequestInit)
/** The installation's issuer only has to be found; nobody signs in with it here. */
const withInstallation = async (url: string, init?: object) =>
  url.startsWith(INSTALLATION.issuer)
    ? Response.json({
        issuer: INSTALLATION.issuer,
        authorization_endpoint: `${INSTALLATION.issuer}/authorize`,
        token_endpoint: `${INSTALLATION.issuer}/token`,
        jwks_uri: `${INSTALLATION.issuer}/jwks`,
      })
    : passThrough(url, init)

let clients: Record<string, SignInClient>
let asked: AuthenticateIdentityRequest[]
let now: Date
let logged: unknown[]
beforeEach(() => {
  const { url: issuer, clientId, clientSecret } = acme
  clients = {
    acme: { accountId: 'acme', issuer, clientId, clientSecret },
    other: {
      accountId: 'other',
      issuer: other.url,
      clientId: other.clientId,
      clientSecret: other.clientSecret,
    },
  }
  asked = []
  logged = []
  now = new Date(AT)
})

/** The directory's rule: a subject that is known, or the verified address of an agent of that account. */
async function identify(identity: AuthenticateIdentityRequest): Promise<Principal> {
  asked.push(identity)
  const { accountId, email, emailVerified } = identity
  if (accountId !== 'acme' || email !== ANA.email || !emailVerified) throw problems.unauthenticated()
  return { accountId, type: 'agent', id: 'ana', name: 'Ana', role: 'agent', scopes: [], locale: 'en' }
}

function gateway() {
  const directory = {
    trustedIssuer: async (issuer: string) => {
      const audiences = Object.values(clients).flatMap((one) => (one.issuer === issuer ? [one.clientId] : []))
      return { trusted: audiences.length > 0, audiences }
    },
    authenticateIdentity: identify,
  }
  const store = createMemorySessionStore()
  const sessions = createSessions({ store, clock: () => now, lifetimeMs: 3_600_000, ...directory })
  const signIn = createSignIn({
    installation: INSTALLATION,
    async findSignIn({ accountId, email }) {
      const found = clients[accountId ?? (email?.endsWith('@acme.example') ? 'acme' : '')]
      if (!found) throw problems.notFound('sign-in of', '')
      return found
    },
    publicUrl: PUBLIC_URL,
    secret: new Secret('s'.repeat(32)),
    fetch: withInstallation as never,
    post: passThrough as never,
    verifier: createTokenVerifier({ fetch: passThrough as never, ...directory }),
    once: store.once,
  })
  const app = createApp(
    fakeDeps(
      {},
      { document: { publicUrl: PUBLIC_URL, version: '1' }, console: { sessions, signIn, clientId: 'onus' } },
    ),
  )
  const begin = async (query: string, headers: Record<string, string> = OURS) => {
    const answer = await app.request(`/auth/login${query}`, { headers })
    const cookie = (answer.headers.get('set-cookie') ?? '').split(';')[0] ?? ''
    return { location: answer.headers.get('location') ?? '', cookie, status: answer.status }
  }
  const finish = async (back: URL, cookie: string) => {
    const answer = await app.request(`/auth/callback${back.search}`, { headers: { cookie } })
    const cookies = answer.headers.getSetCookie()
    return {
      to: answer.headers.get('location'),
      cookies,
      session: cookies.find((each) => each.startsWith('onus_session=')),
    }
  }
  return { begin, finish, sessions }
}

async function signsIn(who: Person = ANA, query = '?account=acme') {
  const { begin, finish, sessions } = gateway()
  const { location, cookie } = await begin(query)
  const back = await acme.walk(location, who)
  return { back, cookie, finish, sessions, answer: await finish(back, cookie) }
}
const REFUSED = '/sign-in?error=refused&account=acme'

describe('an account with an issuer of its own', () => {
  it('signs its people in by code, PKCE and its secret, within that account alone', async () => {
    const { answer, sessions } = await signsIn(ANA, '?account=acme&returnTo=/tickets/t1')
    expect(answer.to).toBe('/tickets/t1')
    expect(asked.at(-1)).toMatchObject({ accountId: 'acme', subject: ANA.sub, emailVerified: true })
    const secret = /onus_session=([^;]+)/.exec(answer.session ?? '')?.[1] ?? ''
    asked = []
    expect(await sessions.authenticate(secret, new Date(Date.now() + 1000))).toMatchObject({ id: 'ana' })
    expect(asked).toMatchObject([{ accountId: 'acme' }])
    expect(answer.cookies.join('\n')).toMatch(/onus_account=acme; Path=\/auth; HttpOnly/)
  })

  it('is found by the domain of an address, whoever is before the @', async () => {
    const { begin } = gateway()
    for (const person of ['ana', 'nobody-at-all']) {
      const { location } = await begin(`?login_hint=${person}@acme.example`)
      expect(new URL(location).origin).toBe(acme.url)
      expect(new URL(location).searchParams.get('login_hint')).toBe(`${person}@acme.example`)
    }
  })

  it.each(['?account=nobody', '?login_hint=ana@elsewhere.example', ''])(
    'is not told of to who asks with "%s": the installation’s issuer is asked',
    async (query) => {
      const { location } = await gateway().begin(query)
      expect(new URL(location).origin).toBe(INSTALLATION.issuer)
    },
  )

  it('signs nobody in by a link from elsewhere before they pressed the button', async () => {
    const { begin } = gateway()
    for (const site of ['cross-site', 'same-site'])
      expect(await begin('?account=acme', { 'sec-fetch-site': site })).toMatchObject({
        location: '/sign-in?account=acme',
        cookie: '',
      })
  })

  it('leads its people there again without being named', async () => {
    const { begin } = gateway()
    const { location } = await begin('', { ...OURS, cookie: 'onus_account=acme' })
    expect(new URL(location).origin).toBe(acme.url)
    const elsewhere = await begin('?account=', { ...OURS, cookie: 'onus_account=acme' })
    expect(new URL(elsewhere.location).origin).toBe(INSTALLATION.issuer)
  })
})

describe('nobody is signed in', () => {
  it('with an address that the issuer has not verified', async () => {
    const { answer } = await signsIn({ ...ANA, sub: 'u-2', emailVerified: false })
    expect([answer.to, answer.session]).toEqual([REFUSED, undefined])
  })

  it('who is an agent of another account', async () => {
    const { answer } = await signsIn({ sub: 'u-3', email: 'otto@other.example' })
    expect([answer.to, answer.session]).toEqual([REFUSED, undefined])
    expect(asked).toMatchObject([{ accountId: 'acme' }])
  })

  it('twice by the same answer', async () => {
    const { back, cookie, finish, answer } = await signsIn()
    expect(answer.session).toBeTruthy()
    const again = await finish(back, cookie)
    expect([again.to, again.session]).toEqual([REFUSED, undefined])
  })

  it('by an answer to another browser, or after the time for it', async () => {
    const { begin, finish } = gateway()
    const { location } = await begin('?account=acme')
    const back = await acme.walk(location, ANA)
    for (const cookie of ['', 'onus_sign_in=eyJ.rubbish'])
      expect((await finish(back, cookie)).to).toBe('/sign-in?error=refused')
  })

  it('when another issuer answers (RFC 9207), or none names itself where it should', async () => {
    for (const iss of [other.url, null]) {
      const { begin, finish } = gateway()
      const { location, cookie } = await begin('?account=acme')
      const back = await acme.walk(location, ANA)
      expect(back.searchParams.get('iss')).toBe(acme.url)
      if (iss) back.searchParams.set('iss', iss)
      else back.searchParams.delete('iss')
      expect((await finish(back, cookie)).to).toBe(REFUSED)
    }
  })

  it('when the account has chosen another issuer or client meanwhile', async () => {
    const { begin, finish } = gateway()
    for (const changed of [{ issuer: other.url }, { clientId: 'another' }]) {
      const { location, cookie } = await begin('?account=acme')
      const back = await acme.walk(location, ANA)
      const before = clients.acme as SignInClient
      clients.acme = { ...before, ...changed }
      expect((await finish(back, cookie)).session).toBeUndefined()
      clients.acme = before
    }
  })

  it('with a wrong secret, and the secret is in no answer', async () => {
    const { begin, finish } = gateway()
    const { location, cookie } = await begin('?account=acme')
    const back = await acme.walk(location, ANA)
    clients.acme = { ...(clients.acme as SignInClient), clientSecret: 'a-wrong-secret' }
    const answer = await finish(back, cookie)
    expect(answer.to).toBe(REFUSED)
    expect(JSON.stringify([answer, location, logged])).not.toMatch(/wrong-secret|long-enough/)
  })
})

describe('asking an issuer', () => {
  const answering =
    (body: unknown, ok = true) =>
    async () =>
      ({ ok, status: ok ? 200 : 404, json: async () => body }) as Response
  const whole = {
    issuer: 'https://a.example',
    authorization_endpoint: 'https://a.example/a',
    token_endpoint: 'https://a.example/t',
    jwks_uri: 'https://a.example/k',
  }

  it.each([
    ['not_found', answering({}, false)],
    ['other_issuer', answering({ ...whole, issuer: 'https://b.example' })],
    ['incomplete', answering({ ...whole, token_endpoint: 'http://a.example/t' })],
    ['incomplete', answering({ ...whole, authorization_endpoint: 'javascript:alert(1)' })],
    ['no_keys', answering({ ...whole, jwks_uri: undefined })],
    ['not_found', answering(null)],
    ['unreachable', () => Promise.reject(new Error('refused'))],
  ] as const)('says %s of one that cannot be used', async (fault, ask) => {
    await expect(discover('https://a.example', ask as never)).rejects.toMatchObject({ fault })
  })

  it('takes one that is whole', async () => {
    const found = await discover('https://a.example', answering(whole) as never)
    expect(found).toEqual({
      authorizationEndpoint: 'https://a.example/a',
      tokenEndpoint: 'https://a.example/t',
      secretInForm: false,
      namesItself: false,
    })
  })
})
