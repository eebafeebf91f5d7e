import { isLoopback } from '@onus/kit/config'
import type { Fetch } from '../http/authentication/oidc.ts'

/** What an issuer says of itself, as far as signing in needs it. */
export interface Issuer {
  authorizationEndpoint: string
  tokenEndpoint: string
  /** The client's secret goes into the form; else into the Authorization header, which every issuer takes. */
  secretInForm: boolean
  /** It names itself in its answers (RFC 9207), so an answer that does not is somebody else's. */
  namesItself: boolean
  /** It takes a proof that the code comes back to who asked for it; undefined when it does not say. */
  pkce?: boolean
}

export type IssuerFault = 'unreachable' | 'not_found' | 'other_issuer' | 'incomplete' | 'no_pkce' | 'no_keys'

/** Why nobody could sign in with an issuer. */
export class UnusableIssuer extends Error {
  readonly fault: IssuerFault

  constructor(fault: IssuerFault, message: string, cause?: unknown) {
    super(message, { cause })
    this.name = 'UnusableIssuer'
    this.fault = fault
  }
}

const TIMEOUT_MS = 5_000
const KEPT_MS = 10 * 60_000
/** At most so many issuers are remembered; the oldest is forgotten first. */
const MOST_ISSUERS = 200

/** Asks an issuer what it is. @throws UnusableIssuer */
export async function discover(issuer: string, fetch: Fetch): Promise<Issuer> {
  if (!isSafe(issuer)) throw new UnusableIssuer('unreachable', 'An issuer is asked over TLS only.')
  const address = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`
  const found = await documentAt(address, fetch)
  if (found.issuer !== issuer) throw new UnusableIssuer('other_issuer', `${address} is about another issuer`)
  const { authorization_endpoint: authorizationEndpoint, token_endpoint: tokenEndpoint } = found
  if (!isSafe(authorizationEndpoint) || !isSafe(tokenEndpoint))
    throw new UnusableIssuer('incomplete', `${address} names no endpoints`)
  if (!isSafe(found.jwks_uri)) throw new UnusableIssuer('no_keys', `${address} names no keys`)
  const methods = found.token_endpoint_auth_methods_supported
  const challenges = found.code_challenge_methods_supported
  return {
    authorizationEndpoint,
    tokenEndpoint,
    secretInForm: Array.isArray(methods) && methods.includes('client_secret_post'),
    namesItself: found.authorization_response_iss_parameter_supported === true,
    ...(Array.isArray(challenges) && { pkce: challenges.includes('S256') }),
  }
}

async function documentAt(address: string, fetch: Fetch): Promise<Record<string, unknown>> {
  let response: Awaited<ReturnType<Fetch>>
  try {
    response = await fetch(address, { signal: AbortSignal.timeout(TIMEOUT_MS) })
  } catch (error) {
    throw new UnusableIssuer('unreachable', `${address} does not answer`, error)
  }
  if (!response.ok) throw new UnusableIssuer('not_found', `${response.status} from ${address}`)
  try {
    const found: unknown = await response.json()
    if (found !== null && typeof found === 'object') return found as Record<string, unknown>
  } catch (error) {
    throw new UnusableIssuer('not_found', `${address} answers no JSON`, error)
  }
  throw new UnusableIssuer('not_found', `${address} answers no object`)
}

/** People and their codes go over TLS; only this machine itself may do without. */
function isSafe(address: unknown): address is string {
  if (typeof address !== 'string' || !URL.canParse(address)) return false
  const { protocol, hostname } = new URL(address)
  return protocol === 'https:' || (protocol === 'http:' && isLoopback(hostname))
}

/** Remembers what issuers said for ten minutes, and nothing that failed. */
export function createDiscovery(fetch: Fetch): (issuer: string) => Promise<Issuer> {
  const known = new Map<string, { found: Issuer; until: number }>()
  return async function discovered(issuer) {
    const before = known.get(issuer)
    if (before && before.until > Date.now()) return before.found
    const found = await discover(issuer, fetch)
    const oldest = known.keys().next().value
    if (known.size >= MOST_ISSUERS && oldest !== undefined) known.delete(oldest)
    known.set(issuer, { found, until: Date.now() + KEPT_MS })
    return found
  }
}
