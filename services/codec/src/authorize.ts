import { createHash, timingSafeEqual } from 'node:crypto'
import type { Secret } from '@onus/kit/config'
import { problems } from '@onus/kit/problems'
import { createRemoteJWKSet, type JWTPayload, type JWTVerifyGetKey, jwtVerify } from 'jose'

/** Who asked, for the log. */
export type Operator = { by: 'operator_key' } | { by: 'oidc'; operatorId: string }

export interface OidcRule {
  issuer: string
  audience: string
  /** `claim=value`; one that holds is enough. */
  allow: readonly string[]
  /** Keys of the issuer; default: those that it publishes. */
  keys?: JWTVerifyGetKey
}

export interface AuthorizeOptions {
  operatorKey?: Secret | undefined
  oidc?: OidcRule | undefined
}

const ALGORITHMS = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'EdDSA']
const CLOCK_TOLERANCE_S = 30

/**
 * Decides whether a bearer may read what Temporal keeps. That is everything of every account at once, so an
 * account's own roles count for nothing here: only those who operate the installation are let in.
 */
export function createAuthorize({ operatorKey, oidc }: AuthorizeOptions) {
  let keys = oidc?.keys
  return async function authorize(header: string | undefined): Promise<Operator> {
    const token = /^Bearer ([\w.~+/=-]{1,8192})$/i.exec(header ?? '')?.[1]
    if (!token) throw problems.unauthenticated()
    if (operatorKey && same(token, operatorKey.reveal())) return { by: 'operator_key' }
    if (!oidc || token.split('.').length !== 3) throw problems.unauthenticated()
    keys ??= await discover(oidc.issuer)
    const { issuer, audience } = oidc
    const options = { issuer, audience, algorithms: ALGORITHMS, clockTolerance: CLOCK_TOLERANCE_S }
    const verified = await jwtVerify(token, keys, { ...options, requiredClaims: ['exp', 'sub'] }).catch(
      () => {
        throw problems.unauthenticated()
      },
    )
    if (!oidc.allow.some((rule) => holds(rule, verified.payload))) throw problems.forbidden('decode payloads')
    return { by: 'oidc', operatorId: String(verified.payload.sub) }
  }
}

/** Equal, in a time that does not tell how nearly. */
function same(given: string, expected: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(given), digest(expected))
}

function holds(rule: string, claims: JWTPayload): boolean {
  const at = rule.indexOf('=')
  const [name, wanted] = [rule.slice(0, at), rule.slice(at + 1)]
  // An address that the issuer did not check may be anybody's.
  if (name === 'email' && claims.email_verified !== true) return false
  const value = claims[name]
  return Array.isArray(value) ? value.includes(wanted) : value === wanted
}

async function discover(issuer: string): Promise<JWTVerifyGetKey> {
  const unavailable = (cause: unknown) =>
    problems.unavailable('The issuer of the token does not answer.', cause)
  try {
    const response = await fetch(`${issuer}/.well-known/openid-configuration`, {
      signal: AbortSignal.timeout(5000),
    })
    const { jwks_uri: uri } = (await response.json()) as { jwks_uri?: string }
    if (!uri) throw new Error('it publishes no keys')
    return createRemoteJWKSet(new URL(uri))
  } catch (error) {
    throw unavailable(error)
  }
}
