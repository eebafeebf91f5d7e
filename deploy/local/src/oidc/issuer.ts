import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { exportJWK, generateKeyPair, importJWK, type JWK, SignJWT } from 'jose'
import { type Configuration, Provider } from 'oidc-provider'
import { SwitchedPort } from '../sinks/port.ts'
import { Memory } from './memory.ts'

/** Audience of every token, and the one public client. */
export const AUDIENCE = 'onus'

export interface DemoUser {
  /** The issuer's own name for the person. */
  sub: string
  name: string
  email: string
}

export interface Issuer {
  url: string
  /** Whom the sign-in page offers. */
  setUsers(users: DemoUser[]): void
  close(): Promise<void>
}

/**
 * An OpenID Connect issuer for the embedded stack. Signing in is one click on a name, so it answers on loopback
 * only. `GET <url>/demo/token?email=` gives a test the access token that such a click would end in.
 * @param keyFile keeps the signing key, so that tokens hold after a restart
 */
export async function startIssuer(port: number, keyFile: string): Promise<Issuer> {
  const url = `http://127.0.0.1:${port}`
  let users: DemoUser[] = []
  const jwk = await signingKey(keyFile)
  const provider = new Provider(
    url,
    configuration(jwk, () => users),
  )
  const handle = provider.callback()

  const route = async (request: IncomingMessage, response: ServerResponse) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', url)
    if (!/^(127\.0\.0\.1|localhost)(:\d+)?$/.test(request.headers.host ?? '')) {
      return send(response, 403, 'loopback only')
    }
    if (pathname === '/demo/token') {
      const user = users.find(({ email }) => email === searchParams.get('email'))
      if (!user) return send(response, 404, 'nobody here has this address')
      const token = await accessToken(url, jwk, user)
      return send(
        response,
        200,
        JSON.stringify({ access_token: token, token_type: 'Bearer' }),
        'application/json',
      )
    }
    if (pathname.startsWith('/interaction/')) return interact(provider, () => users, request, response)
    await handle(request, response)
  }
  const server = createServer((request, response) => {
    route(request, response).catch((error: Error) => send(response, 400, error.message))
  })
  const switched = new SwitchedPort(server, port)
  await switched.open()
  return {
    url,
    setUsers: (next) => {
      users = next
    },
    close: () => switched.close(),
  }
}

function configuration(jwk: JWK, users: () => DemoUser[]): Configuration {
  return {
    adapter: Memory,
    jwks: { keys: [jwk] },
    clients: [
      {
        client_id: AUDIENCE,
        token_endpoint_auth_method: 'none',
        grant_types: ['authorization_code', 'refresh_token'],
        response_types: ['code'],
        // A native client's loopback addresses match with any port.
        application_type: 'native',
        redirect_uris: ['127.0.0.1', 'localhost'].flatMap((host) =>
          ['', 'callback', 'auth/callback', 'console/', 'console/callback'].map(
            (path) => `http://${host}/${path}`,
          ),
        ),
      },
    ],
    claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name'] },
    conformIdTokenClaims: false,
    clientBasedCORS: () => true,
    features: {
      devInteractions: { enabled: false },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => 'urn:onus:api',
        useGrantedResource: () => true,
        getResourceServerInfo: () => ({
          scope: 'openid email profile',
          audience: AUDIENCE,
          accessTokenFormat: 'jwt',
          accessTokenTTL: 3600,
          jwt: { sign: { alg: 'RS256' } },
        }),
      },
    },
    extraTokenClaims: (_context, token) => {
      const sub = 'accountId' in token ? token.accountId : undefined
      const user = users().find((candidate) => candidate.sub === sub)
      return user ? claimsOf(user) : undefined
    },
    findAccount: (_context, sub) => {
      const user = users().find((candidate) => candidate.sub === sub)
      return user && { accountId: sub, claims: () => ({ sub, ...claimsOf(user) }) }
    },
    // The one client is ours: it is granted what it asks for without a second question.
    loadExistingGrant: async (context) => {
      const { provider, client, session, params, result } = context.oidc
      const known = result?.consent?.grantId ?? (client && session?.grantIdFor(client.clientId))
      const found = known ? await provider.Grant.find(known) : undefined
      if (found) return found
      const grant = new provider.Grant({ clientId: client?.clientId, accountId: session?.accountId })
      const scope = String(params?.scope ?? 'openid')
      grant.addOIDCScope(scope)
      grant.addResourceScope('urn:onus:api', scope)
      await grant.save()
      return grant
    },
    interactions: { url: (_context, interaction) => `/interaction/${interaction.uid}` },
    ttl: { AccessToken: 3600, Session: 86_400, Grant: 86_400, Interaction: 3600, IdToken: 3600 },
    cookies: { keys: [jwk.kid ?? 'onus'] },
  }
}

const claimsOf = ({ name, email }: DemoUser) => ({ name, email, email_verified: true })

/** The sign-in page, and the click on one of its names. */
async function interact(
  provider: Provider,
  users: () => DemoUser[],
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { uid, prompt, grantId } = await provider.interactionDetails(request, response)
  if (prompt.name === 'consent') {
    // Asked of every native client; ours has been granted all by `loadExistingGrant`.
    const result = { consent: { grantId } }
    return provider.interactionFinished(request, response, result, { mergeWithLastSubmission: true })
  }
  if (request.method === 'POST') {
    let body = ''
    for await (const chunk of request) body = `${body}${chunk}`.slice(0, 4096)
    const user = users().find(({ sub }) => sub === new URLSearchParams(body).get('sub'))
    if (!user) return send(response, 400, 'nobody here has this name')
    await provider.interactionFinished(request, response, { login: { accountId: user.sub } })
    return
  }
  const buttons = users().map(
    ({ sub, name, email }) =>
      `<p><button name="sub" value="${encoded(sub)}">${encoded(name)}</button> ${encoded(email)}</p>`,
  )
  const form = `<form method="post" action="/interaction/${encoded(uid)}">${buttons.join('')}</form>`
  const style = 'body{font:16px system-ui,sans-serif;margin:3rem auto;max-width:30rem}button{font:inherit}'
  const page = `<!doctype html><html lang="en"><meta charset="utf-8"><title>Sign in</title><style>${style}</style>
<h1>Who are you today?</h1>${form}</html>`
  send(response, 200, page, 'text/html; charset=utf-8')
}

async function accessToken(issuer: string, jwk: JWK, user: DemoUser): Promise<string> {
  return new SignJWT({ ...claimsOf(user), scope: 'openid email profile', client_id: AUDIENCE })
    .setProtectedHeader({ alg: 'RS256', typ: 'at+jwt', kid: jwk.kid })
    .setIssuer(issuer)
    .setAudience(AUDIENCE)
    .setSubject(user.sub)
    .setIssuedAt()
    .setExpirationTime('1h')
    .setJti(crypto.randomUUID())
    .sign(await importJWK(jwk, 'RS256'))
}

async function signingKey(file: string): Promise<JWK> {
  if (existsSync(file)) return JSON.parse(readFileSync(file, 'utf8')) as JWK
  const { privateKey } = await generateKeyPair('RS256', { extractable: true })
  const jwk = { ...(await exportJWK(privateKey)), kid: crypto.randomUUID(), alg: 'RS256', use: 'sig' }
  writeFileSync(file, JSON.stringify(jwk), { mode: 0o600 })
  return jwk
}

const encoded = (text: string): string =>
  text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)

function send(response: ServerResponse, status: number, body: string, type = 'text/plain'): void {
  if (response.headersSent) return void response.end()
  response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' })
  response.end(body)
}
