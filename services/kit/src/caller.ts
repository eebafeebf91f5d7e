import { createSecretKey, type KeyObject } from 'node:crypto'
import { ROLES, type Role } from '@onus/workflows-contract'
import { jwtVerify, SignJWT } from 'jose'
import { z } from 'zod'
import type { Secret } from './config.ts'
import { problems } from './problems.ts'

/** Who calls. The gateway finds it out once; services pass it on, signed. */
export interface Caller {
  type: 'agent' | 'api_client' | 'operator' | 'system'
  /** Empty for an operator. */
  accountId: string
  id: string
  name: string
  role?: Role
  scopes: string[]
  apiKeyId?: string
  locale?: string
}

const callerSchema = z.object({
  type: z.enum(['agent', 'api_client', 'operator', 'system']),
  accountId: z.string(),
  id: z.string(),
  name: z.string(),
  role: z.enum(ROLES).optional(),
  scopes: z.array(z.string()),
  apiKeyId: z.string().optional(),
  locale: z.string().optional(),
})

const ISSUER = 'onus'
const AUDIENCE = 'onus-internal'
/** A signed caller is good for one hop. */
const LIFETIME_S = 60
/** Clocks of two machines differ. */
const TOLERANCE_S = 5

const keys = new WeakMap<Secret, KeyObject>()

function keyObject(key: Secret): KeyObject {
  const known = keys.get(key)
  if (known) return known
  const made = createSecretKey(Buffer.from(key.reveal(), 'utf8'))
  keys.set(key, made)
  return made
}

/** A JWS (HS256) that says who calls, good for 60 seconds. */
export function signCaller(caller: Caller, key: Secret): Promise<string> {
  const now = Math.floor(Date.now() / 1000)
  return new SignJWT({ caller })
    .setProtectedHeader({ alg: 'HS256' })
    .setIssuer(ISSUER)
    .setAudience(AUDIENCE)
    .setIssuedAt(now)
    .setExpirationTime(now + LIFETIME_S)
    .sign(keyObject(key))
}

/** Reads a signed caller; anything else than a fresh one with our signature is `unauthenticated`. */
export async function verifyCaller(token: string, key: Secret): Promise<Caller> {
  try {
    const { payload } = await jwtVerify(token, keyObject(key), {
      algorithms: ['HS256'],
      issuer: ISSUER,
      audience: AUDIENCE,
      clockTolerance: TOLERANCE_S,
      requiredClaims: ['exp', 'iat'],
    })
    return callerSchema.parse(payload.caller)
  } catch {
    throw problems.unauthenticated('The signed caller is not valid.')
  }
}

/** One of our own processes, acting for an account by itself. `name` says which, for example "ticket-worker". */
export const systemCaller = (accountId: string, name: string): Caller => ({
  type: 'system',
  accountId,
  id: name,
  name,
  scopes: [],
})

/**
 * Lets only these roles pass. Our own processes (`system`) always do; an operator only where `operator`
 * is named, since the operator key works on accounts and on nothing inside them.
 */
export function requireRole(caller: Caller, ...roles: (Role | 'operator')[]): void {
  if (caller.type === 'system') return
  const role = caller.type === 'operator' ? 'operator' : caller.role
  if (role && roles.includes(role)) return
  throw problems.forbidden(`do this: it needs the role ${roles.join(' or ')}`)
}
