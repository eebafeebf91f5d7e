import { createHash, hkdfSync, randomBytes } from 'node:crypto'
import type { Secret } from '@onus/kit/config'
import { Problem, problems } from '@onus/kit/problems'
import { decodeJwt, EncryptJWT, jwtDecrypt } from 'jose'
import type { Fetch, TokenVerifier } from '../http/authentication/oidc.ts'
import type { Identity } from './sessions.ts'

/** What the issuer is asked with, beside `Fetch`: the token endpoint takes a form. */
export type PostForm = (
  url: string,
  request: { method: string; headers: Record<string, string>; body: string; signal?: AbortSignal },
) => Promise<Pick<Response, 'ok' | 'status' | 'json'>>

export interface SignInDeps {
  issuer: string
  clientId: string
  clientSecret?: Secret
  /** Where the console is reached; the issuer sends people back to `/auth/callback` below it. */
  publicUrl: string
  /** The key under which the pending sign-in is kept in the browser is derived from this. */
  secret: Secret
  fetch: Fetch
  post: PostForm
  verifier: TokenVerifier
}

/** A sign-in that has left for the issuer. */
interface Pending {
  state: string
  nonce: string
  verifier: string
  returnTo: string
}

/** Somebody has come back from the issuer. */
export interface SignedIn {
  identity: Identity
  returnTo: string
}

export interface SignIn {
  /** The issuer's address to send the browser to, and what the browser keeps meanwhile. */
  begin(options: { returnTo?: string; again?: boolean }): Promise<{ location: string; pending: string }>
  /** Takes what the issuer sent back; rejects when it was not asked for or proves nobody. */
  finish(query: URLSearchParams, pending: string | undefined, deadline: Date): Promise<SignedIn>
}

export const PENDING_SECONDS = 600
const TIMEOUT_MS = 5_000
const DISCOVERY_MS = 10 * 60_000

interface Discovered {
  authorization_endpoint: string
  token_endpoint: string
}

/**
 * Signing in by OpenID Connect: authorization code with PKCE, done by the gateway, so that no token ever
 * reaches the browser's scripts. `state` ties the answer to this browser, `nonce` the token to this sign-in.
 */
export function createSignIn(deps: SignInDeps): SignIn {
  const redirectUri = `${deps.publicUrl.replace(/\/$/, '')}/auth/callback`
  const key = new Uint8Array(hkdfSync('sha256', deps.secret.reveal(), '', 'console sign-in', 32))
  let known: { until: number; endpoints: Discovered } | undefined

  async function endpoints(): Promise<Discovered> {
    if (known && known.until > Date.now()) return known.endpoints
    const found = await discover(deps)
    known = { until: Date.now() + DISCOVERY_MS, endpoints: found }
    return found
  }

  return {
    async begin({ returnTo, again }) {
      const { authorization_endpoint: address } = await endpoints()
      const pending: Pending = {
        state: randomBytes(16).toString('base64url'),
        nonce: randomBytes(16).toString('base64url'),
        verifier: randomBytes(32).toString('base64url'),
        returnTo: ownPath(returnTo),
      }
      const location = new URL(address)
      const parameters = {
        client_id: deps.clientId,
        response_type: 'code',
        redirect_uri: redirectUri,
        scope: 'openid email profile',
        state: pending.state,
        nonce: pending.nonce,
        code_challenge: createHash('sha256').update(pending.verifier).digest('base64url'),
        code_challenge_method: 'S256',
        ...(again && { prompt: 'login' }),
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
      const code = query.get('code')
      if (!code) throw problems.unauthenticated(`The issuer refused: ${query.get('error') ?? 'no code'}`)
      const idToken = await exchange(deps, (await endpoints()).token_endpoint, {
        grant_type: 'authorization_code',
        client_id: deps.clientId,
        code,
        redirect_uri: redirectUri,
        code_verifier: pending.verifier,
      })
      // Verifies signature, issuer, audience and time, and asks the directory whether that is anybody here.
      await deps.verifier.verify(idToken, deadline)
      const claims = decodeJwt(idToken)
      if (claims.nonce !== pending.nonce)
        throw problems.unauthenticated('The token was made for another sign-in.')
      return {
        returnTo: pending.returnTo,
        identity: {
          issuer: String(claims.iss),
          audiences: [claims.aud ?? []].flat(),
          subject: String(claims.sub),
          ...(typeof claims.email === 'string' && { email: claims.email }),
          emailVerified: claims.email_verified === true,
        },
      }
    },
  }
}

async function opened(sealed: string | undefined, key: Uint8Array): Promise<Pending> {
  try {
    const { payload } = await jwtDecrypt(sealed ?? '', key)
    return payload as unknown as Pending
  } catch {
    throw problems.unauthenticated('The sign-in took too long, or was begun in another browser.')
  }
}

async function discover({ issuer, fetch }: SignInDeps): Promise<Discovered> {
  const address = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`
  try {
    const response = await fetch(address, { signal: AbortSignal.timeout(TIMEOUT_MS) })
    if (!response.ok) throw new Error(`${response.status} from ${address}`)
    const found = (await response.json()) as Partial<Discovered> & { issuer?: unknown }
    if (found.issuer !== issuer) throw new Error(`${address} is about another issuer`)
    const { authorization_endpoint, token_endpoint } = found
    if (!authorization_endpoint || !token_endpoint) throw new Error(`${address} names no endpoints`)
    return { authorization_endpoint, token_endpoint }
  } catch (error) {
    throw problems.unavailable('The issuer does not answer.', error)
  }
}

async function exchange(
  { clientSecret, post }: SignInDeps,
  address: string,
  form: Record<string, string>,
): Promise<string> {
  const secret: Record<string, string> = clientSecret ? { client_secret: clientSecret.reveal() } : {}
  try {
    const response = await post(address, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' },
      body: new URLSearchParams({ ...form, ...secret }).toString(),
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
