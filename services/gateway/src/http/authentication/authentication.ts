import { createHash, timingSafeEqual } from 'node:crypto'
import type { Caller } from '@onus/kit/caller'
import type { Secret } from '@onus/kit/config'
import { Problem, problems } from '@onus/kit/problems'
import type { Principal } from '@onus/proto/onus/v1/directory'
import type { TokenVerifier } from './oidc.ts'

/** Finds out who sends a request; throws `unauthenticated` when it is nobody. */
export type Authenticate = (authorization: string | undefined, deadline: Date) => Promise<Caller>

export interface AuthenticationDeps {
  operatorKey: Secret
  /** The directory's answer about an API key. */
  authenticateKey(key: string, deadline: Date): Promise<Principal>
  tokens: TokenVerifier
}

/** Three parts in base64url, the first of which begins a JSON object: a signed token. */
const TOKEN = /^eyJ[\w-]*\.[\w-]+\.[\w-]+$/

/**
 * Knows the operator's key, API keys and identity tokens. Nothing is cached: a key that was deleted, and
 * the key of an agent who was suspended, open nothing from that moment on.
 */
export function createAuthenticate(deps: AuthenticationDeps): Authenticate {
  const operatorHash = sha256(deps.operatorKey.reveal())
  return async function authenticate(authorization, deadline) {
    if (authorization === undefined) throw problems.unauthenticated('Send Authorization: Bearer with a key.')
    const credential = /^Bearer +([\x21-\x7e]{1,8192}) *$/i.exec(authorization)?.[1]
    if (!credential)
      throw problems.unauthenticated('The Authorization header is not of the form "Bearer <key>".')
    // Hashes have one length, so that comparing them tells nothing, not even how long the key is.
    if (timingSafeEqual(sha256(credential), operatorHash)) return OPERATOR
    const principal = TOKEN.test(credential)
      ? await deps.tokens.verify(credential, deadline)
      : await deps.authenticateKey(credential, deadline).catch(asUnauthenticated)
    return callerOf(principal)
  }
}

const OPERATOR: Caller = { type: 'operator', accountId: '', id: 'operator', name: 'operator', scopes: [] }

const sha256 = (text: string): Buffer => createHash('sha256').update(text).digest()

/** Whatever the directory says of a key it does not know, the caller only learns that it opens nothing. */
export function asUnauthenticated(error: unknown): never {
  if (error instanceof Problem && error.status < 500 && error.status !== 429)
    throw problems.unauthenticated('The key or token is not valid, or not any more.')
  throw error
}

/** The caller that a principal of the directory is. */
export function callerOf(principal: Principal): Caller {
  const { accountId, id, name, scopes, apiKeyId, locale } = principal
  const type = principal.type as Caller['type']
  if (type !== 'agent' && type !== 'api_client') throw problems.unauthenticated()
  return {
    type,
    accountId,
    id,
    name,
    scopes,
    ...(principal.role && { role: principal.role as Caller['role'] }),
    ...(apiKeyId && { apiKeyId }),
    ...(locale && { locale }),
  }
}
