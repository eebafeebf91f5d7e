import { createHash, hkdfSync, randomBytes } from 'node:crypto'
import { Secret } from '@onus/kit/config'
import { Problem, problems } from '@onus/kit/problems'
import type { FindSignInRequest, SignInClient } from '@onus/proto/onus/v1/directory'
import { decodeJwt, EncryptJWT, type JWTPayload, jwtDecrypt } from 'jose'
import type { Fetch, TokenVerifier } from '../http/authentication/oidc.ts'
import { createDiscovery, type Issuer } from './discovery.ts'
import type { Identity } from './sessions.ts'

/** What the issuer is asked with, beside `Fetch`: the token endpoint takes a form. */
export type PostForm = (
  url: string,
  request: { method: string; headers: Record<string, string>; body: string; signal?: AbortSignal },
) => Promise<Pick<Response, 'ok' | 'status' | 'json'>>

/** How Onus is known to an issuer. */
export interface Client {
  issuer: string
  clientId: string
  clientSecret?: Secret
}

export interface SignInDeps {
  /** Whoever names no account and no address signs in with this one; absent: they cannot. */
  installation?: Client
  /** The issuer of an account, or of an address's domain; rejects with `not-found` when it has none of its own. */
  findSignIn(where: FindSignInRequest, deadline: Date): Promise<SignInClient>
  /** Where the console is reached; the issuer sends people back to `/auth/callback` below it. */
  publicUrl: string
  /** The key under which the pending sign-in is kept in the browser is derived from this. */
  secret: Secret
  fetch: Fetch
  post: PostForm
  verifier: TokenVerifier
  /** Whether this is the first time that something is used, until it is forgotten. */
  once(key: string, until: Date): Promise<boolean>
}

/** A sign-in that has left for the issuer. */
interface Pending {
  state: string
  nonce: string
  verifier: string
  returnTo: string
  /** Whom the browser was sent to; an answer of anybody else is not for this sign-in. */
  issuer: string
  /** The account whose own issuer that is. */
  accountId?: string
}

/** Where somebody wants to sign in. */
export interface Wish {
  returnTo?: string
  /** The issuer asks again who they are. */
  again?: boolean
  /** The account that they want to sign in to; empty: none of its own. */
  account?: string
  /** Their address; only its domain decides who is asked, so it tells nobody who is an agent. */
  email?: string
  deadline: Date
}

/** Somebody has come back from the issuer. */
export interface SignedIn {
  identity: Identity
  returnTo: string
}

export interface SignIn {
  /** The issuer's address to send the browser to, and what the browser keeps meanwhile. */
  begin(wish: Wish): Promise<{ location: string; pending: string }>
  /** Takes what the issuer sent back; rejects when it was not asked for or proves nobody. */
  finish(query: URLSearchParams, pending: string | undefined, deadline: Date): Promise<SignedIn>
  /** To which account a pending sign-in wants, to begin again there. */
  accountOf(pending: string | undefined): Promise<string | undefined>
}

export const PENDING_SECONDS = 600
const TIMEOUT_MS = 5_000

/**
 * Signing in by OpenID Connect: authorization code with PKCE, done by the gateway, so that no token ever
 * reaches the browser's scripts. `state` ties the answer to this browser and is good for one, `nonce` ties the
 * token to this sign-in, and the issuer that was asked is the only one that can answer.
 */
export function createSignIn(deps: SignInDeps): SignIn {
  const redirectUri = redirectUriOf(deps.publicUrl)
  const key = new Uint8Array(hkdfSync('sha256', deps.secret.reveal(), '', 'console sign-in', 32))
  const discovered = createDiscovery(deps.fetch)

  async function issuerOf({ issuer }: Client): Promise<Issuer> {
    try {
      return await discovered(issuer)
    } catch (error) {
      throw problems.unavailable('The issuer does not answer.', error)
    }
  }

  async function ownClient(where: FindSignInRequest, deadline: Date): Promise<OwnClient | null> {
    try {
      return ownClientOf(await deps.findSignIn(where, deadline), deps.installation)
    } catch (error) {
      if (error instanceof Problem && error.reason === 'not-found') return null
      throw error
    }
  }

  /** An account that does not exist is answered as one without an issuer of its own. */
  async function clientFor({ account, email, deadline }: Wish): Promise<Client & { accountId?: string }> {
    const where = account ? { accountId: account } : email ? { email } : null
    const own = where && (await ownClient(where, deadline))
    const client = own ?? deps.installation
    if (!client) throw problems.notFound('issuer', 'to sign in with')
    return client
  }

  async function clientOf({ accountId, issuer }: Pending, deadline: Date): Promise<Client> {
    const client = accountId ? await ownClient({ accountId }, deadline) : deps.installation
    if (client?.issuer !== issuer)
      throw problems.unauthenticated('The account signs in with another issuer now.')
    return client
  }

  return {
    async begin(wish) {
      const client = await clientFor(wish)
      const { authorizationEndpoint } = await issuerOf(client)
      const pending: Pending = {
        state: randomBytes(16).toString('base64url'),
        nonce: randomBytes(16).toString('base64url'),
        verifier: randomBytes(32).toString('base64url'),
        returnTo: ownPath(wish.returnTo),
        issuer: client.issuer,
        ...(client.accountId && { accountId: client.accountId }),
      }
      const location = new URL(authorizationEndpoint)
      const parameters = {
        client_id: client.clientId,
        response_type: 'code',
        redirect_uri: redirectUri,
        scope: 'openid email profile',
        state: pending.state,
        nonce: pending.nonce,
        code_challenge: createHash('sha256').update(pending.verifier).digest('base64url'),
        code_challenge_method: 'S256',
        ...(wish.again && { prompt: 'login' }),
        ...(wish.email && { login_hint: wish.email }),
      }
      for (const [name, value] of Object.entries(parameters)) location.searchParams.set(name, value)
      const sealed = await new EncryptJWT({ ...pending })
        .setProtectedHeader({ alg: 'dir', enc: 'A256GCM' })
        .setExpirationTime(`${PENDING_SECONDS}s`)
        .encrypt(key)
      return { location: location.href, pending: sealed }
    },

    async finish(query, sealed, deadline) {
      const pending = await opened(sealed, key)
      if (query.get('state') !== pending.state)
        throw problems.unauthenticated('This sign-in was begun by somebody else.')
      const until = new Date(Date.now() + PENDING_SECONDS * 1000)
      if (!(await deps.once(pending.state, until)))
        throw problems.unauthenticated('This sign-in has been answered already.')
      const client = await clientOf(pending, deadline)
      const issuer = await issuerOf(client)
      refuseOtherIssuer(query.get('iss'), client, issuer)
      const code = query.get('code')
      if (!code) throw problems.unauthenticated(`The issuer refused: ${query.get('error') ?? 'no code'}`)
      const idToken = await exchange(deps.post, client, issuer, {
        grant_type: 'authorization_code',
        code,
        redirect_uri: redirectUri,
        code_verifier: pending.verifier,
      })
      const claims = claimsOf(idToken, pending, client)
      // Verifies signature, audience and time, and asks the directory whether that is anybody there.
      await deps.verifier.verify(idToken, deadline, pending.accountId)
      return {
        returnTo: pending.returnTo,
        identity: {
          issuer: client.issuer,
          audiences: [claims.aud ?? []].flat(),
          subject: String(claims.sub),
          ...(typeof claims.email === 'string' && { email: claims.email }),
          emailVerified: claims.email_verified === true,
          ...(pending.accountId && { accountId: pending.accountId }),
        },
      }
    },

    accountOf: (sealed) =>
      opened(sealed, key).then(
        ({ accountId }) => accountId,
        () => undefined,
      ),
  }
}

export const redirectUriOf = (publicUrl: string): string => `${publicUrl.replace(/\/$/, '')}/auth/callback`

type OwnClient = Client & { accountId: string }

/** An account may name the installation's own issuer: then Onus proves itself there as the installation does. */
function ownClientOf(found: SignInClient, installation: Client | undefined): OwnClient {
  const { accountId, issuer, clientId, clientSecret } = found
  const same = installation?.issuer === issuer && installation.clientId === clientId
  const secret = clientSecret ? new Secret(clientSecret) : same ? installation.clientSecret : undefined
  return { accountId, issuer, clientId, ...(secret && { clientSecret: secret }) }
}

async function opened(sealed: string | undefined, key: Uint8Array): Promise<Pending> {
  try {
    const { payload } = await jwtDecrypt(sealed ?? '', key)
    return payload as unknown as Pending
  } catch {
    throw problems.unauthenticated('The sign-in took too long, or was begun in another browser.')
  }
}

/** RFC 9207: an answer that another issuer gave would hand that one's code to this one. */
function refuseOtherIssuer(named: string | null, client: Client, issuer: Issuer): void {
  if (named === null ? issuer.namesItself : named !== client.issuer)
    throw problems.unauthenticated('Another issuer has answered this sign-in.')
}

/** What the token claims; nothing of it counts before its signature is verified. */
function claimsOf(idToken: string, pending: Pending, client: Client): JWTPayload {
  let claims: JWTPayload
  try {
    claims = decodeJwt(idToken)
  } catch {
    throw problems.unauthenticated('The issuer gave no identity token for this sign-in.')
  }
  const audiences = [claims.aud ?? []].flat()
  if (claims.iss !== pending.issuer) throw problems.unauthenticated('The token is of another issuer.')
  if (!audiences.includes(client.clientId)) throw problems.unauthenticated('The token is for another client.')
  if ((audiences.length > 1 || claims.azp !== undefined) && claims.azp !== client.clientId)
    throw problems.unauthenticated('The token was asked for by another client.')
  if (claims.nonce !== pending.nonce)
    throw problems.unauthenticated('The token was made for another sign-in.')
  return claims
}

async function exchange(
  post: PostForm,
  { clientId, clientSecret }: Client,
  { tokenEndpoint, secretInForm }: Issuer,
  grant: Record<string, string>,
): Promise<string> {
  const form = new URLSearchParams(grant)
  const headers: Record<string, string> = {
    'content-type': 'application/x-www-form-urlencoded',
    accept: 'application/json',
  }
  if (clientSecret && !secretInForm) {
    const pair = [clientId, clientSecret.reveal()].map(encodeURIComponent).join(':')
    headers.authorization = `Basic ${Buffer.from(pair).toString('base64')}`
  } else {
    form.set('client_id', clientId)
    if (clientSecret) form.set('client_secret', clientSecret.reveal())
  }
  try {
    const response = await post(tokenEndpoint, {
      method: 'POST',
      headers,
      body: form.toString(),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    })
    const answer = (await response.json()) as { id_token?: unknown }
    if (response.ok && typeof answer.id_token === 'string') return answer.id_token
  } catch (error) {
    throw problems.unavailable('The issuer does not answer.', error)
  }
  throw new Problem('unauthenticated', 'The issuer gave no identity token for this sign-in.')
}

/** Paths of this origin only: what came with a link must not lead people elsewhere. */
export const ownPath = (path: string | undefined): string =>
  path && /^\/(?![/\\])[^\s\\]*$/.test(path) && !path.startsWith('/auth/') ? path.slice(0, 2000) : '/'
