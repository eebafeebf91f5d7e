import { isLoopback } from '@onus/kit/config'
import { problems } from '@onus/kit/problems'
import type { GetTrustedIssuerResponse, Principal } from '@onus/proto/onus/v1/directory'
import {
  createRemoteJWKSet,
  customFetch,
  decodeJwt,
  errors,
  type JWTPayload,
  type JWTVerifyGetKey,
  jwtVerify,
} from 'jose'
import { asUnauthenticated } from './authentication.ts'

/** Finds out who an identity token speaks for. */
export interface TokenVerifier {
  /** With an account it speaks for somebody of that one only. */
  verify(token: string, deadline: Date, accountId?: string): Promise<Principal>
}

export interface TokenVerifierDeps {
  trustedIssuer(issuer: string, deadline: Date): Promise<GetTrustedIssuerResponse>
  authenticateIdentity(
    identity: {
      issuer: string
      audiences: string[]
      subject: string
      email?: string
      emailVerified: boolean
      accountId?: string
    },
    deadline: Date,
  ): Promise<Principal>
  fetch?: Fetch
}

/** The part of `fetch` that is needed here; the one that is passed in may refuse addresses. */
export type Fetch = (
  url: string,
  request: { headers?: Record<string, string>; signal?: AbortSignal },
) => Promise<Pick<Response, 'ok' | 'status' | 'json'>>

/** Signatures with a public key only: no `none`, and no HMAC that could be made with a public key. */
const ALGORITHMS = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA']
const CLOCK_TOLERANCE_SECONDS = 30
const FETCH_TIMEOUT_MS = 5_000
/** An issuer's address of its keys is asked again after this time. */
const DISCOVERY_MS = 10 * 60_000
/** At most this many issuers are remembered; the oldest is forgotten first. */
const MAX_ISSUERS = 200

/**
 * Verifies tokens of the issuers that some account trusts. Only for those is anything fetched, so that a
 * token from anywhere makes us call nobody.
 */
export function createTokenVerifier(deps: TokenVerifierDeps): TokenVerifier {
  const fetcher: Fetch = deps.fetch ?? ((url, request) => fetch(url, { ...request, redirect: 'error' }))
  const keySets = new Map<string, { keys: Promise<JWTVerifyGetKey>; until: number }>()

  function keysOf(issuer: string): Promise<JWTVerifyGetKey> {
    const known = keySets.get(issuer)
    if (known && known.until > Date.now()) return known.keys
    const keys = discover(issuer, fetcher)
    // A failed discovery is not remembered.
    keys.catch(() => keySets.delete(issuer))
    const oldest = keySets.keys().next().value
    if (keySets.size >= MAX_ISSUERS && oldest !== undefined) keySets.delete(oldest)
    keySets.set(issuer, { keys, until: Date.now() + DISCOVERY_MS })
    return keys
  }

  return {
    async verify(token, deadline, accountId) {
      const issuer = claimedIssuer(token)
      const trust = await deps.trustedIssuer(issuer, deadline)
      if (!trust.trusted || trust.audiences.length === 0)
        throw problems.unauthenticated('No account trusts the issuer of this token.')
      const keys = await keysOf(issuer)
      const payload = await verified(token, keys, issuer, trust.audiences)
      const identity = {
        issuer,
        audiences: [payload.aud ?? []].flat(),
        subject: payload.sub as string,
        ...(typeof payload.email === 'string' && { email: payload.email }),
        emailVerified: payload.email_verified === true,
        ...(accountId !== undefined && { accountId }),
      }
      return deps.authenticateIdentity(identity, deadline).catch(asUnauthenticated)
    },
  }
}

function claimedIssuer(token: string): string {
  try {
    const { iss } = decodeJwt(token)
    if (typeof iss === 'string' && isFetchable(iss)) return iss
  } catch {
    throw problems.unauthenticated('The token cannot be read.')
  }
  throw problems.unauthenticated('The token names no issuer that can be asked for its keys.')
}

/** Keys come over TLS; only this machine itself may do without. */
const isFetchable = (url: string): boolean => {
  if (url.length > 2000 || !URL.canParse(url)) return false
  const { protocol, hostname } = new URL(url)
  return protocol === 'https:' || (protocol === 'http:' && isLoopback(hostname))
}

async function discover(issuer: string, fetcher: Fetch): Promise<JWTVerifyGetKey> {
  const address = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`
  try {
    const response = await fetcher(address, { signal: AbortSignal.timeout(FETCH_TIMEOUT_MS) })
    if (!response.ok) throw new Error(`${response.status} from ${address}`)
    const found = (await response.json()) as { issuer?: unknown; jwks_uri?: unknown }
    if (found.issuer !== issuer) throw new Error(`${address} is about another issuer`)
    if (typeof found.jwks_uri !== 'string' || !isFetchable(found.jwks_uri))
      throw new Error(`${address} names no address of keys`)
    return createRemoteJWKSet(new URL(found.jwks_uri), {
      timeoutDuration: FETCH_TIMEOUT_MS,
      cooldownDuration: 30_000,
      [customFetch]: (url, { headers, signal }) =>
        fetcher(url, { headers: Object.fromEntries(headers), signal }) as Promise<Response>,
    })
  } catch (error) {
    throw problems.unavailable('The issuer of the token does not answer.', error)
  }
}

async function verified(
  token: string,
  keys: JWTVerifyGetKey,
  issuer: string,
  audience: string[],
): Promise<JWTPayload> {
  try {
    const { payload } = await jwtVerify(token, keys, {
      issuer,
      audience,
      algorithms: ALGORITHMS,
      clockTolerance: CLOCK_TOLERANCE_SECONDS,
      requiredClaims: ['iss', 'sub', 'aud', 'exp'],
    })
    if (!payload.sub) throw new errors.JWTClaimValidationFailed('sub is empty', payload, 'sub', 'missing')
    return payload
  } catch (error) {
    if (error instanceof errors.JWKSTimeout || !(error instanceof errors.JOSEError))
      throw problems.unavailable('The issuer of the token does not give its keys.', error)
    if (error instanceof errors.JWTExpired) throw problems.unauthenticated('The token has expired.')
    throw problems.unauthenticated('The token is not valid.')
  }
}
