import { createHmac, createSecretKey, type KeyObject, timingSafeEqual } from 'node:crypto'
import { ROLES, type Role } from '@onus/workflows-contract'
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

/** The one header that we write, and the only one that we read: no other algorithm is ever considered. */
const HEADER = encode({ alg: 'HS256', typ: 'JWT' })

const claimsSchema = z.object({
  iss: z.literal(ISSUER),
  aud: z.literal(AUDIENCE),
  iat: z.number(),
  exp: z.number(),
  caller: callerSchema,
})

const keys = new WeakMap<Secret, KeyObject[]>()

/** Several keys with commas: the first one signs, all of them are taken, so that keys can change at work. */
export const keysOf = (secret: Secret): string[] => secret.reveal().split(',').filter(Boolean)

function keyObjects(key: Secret): KeyObject[] {
  const known = keys.get(key)
  if (known) return known
  const made = keysOf(key).map((one) => createSecretKey(Buffer.from(one, 'utf8')))
  keys.set(key, made)
  return made
}

function encode(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}

// Synchronous on purpose: every call of every service is signed and verified, and the asynchronous
// cryptography of a JOSE library takes longer to schedule than this takes to compute.
const mac = (text: string, key: KeyObject): Buffer => createHmac('sha256', key).update(text).digest()

/** A JWS (HS256) that says who calls, good for 60 seconds. */
export async function signCaller(caller: Caller, key: Secret): Promise<string> {
  const now = Math.floor(Date.now() / 1000)
  const claims = { iss: ISSUER, aud: AUDIENCE, iat: now, exp: now + LIFETIME_S, caller }
  const text = `${HEADER}.${encode(claims)}`
  const [first] = keyObjects(key)
  if (!first) throw new Error('there is no internal key')
  return `${text}.${mac(text, first).toString('base64url')}`
}

/** Reads a signed caller; anything else than a fresh one with our signature is `unauthenticated`. */
export async function verifyCaller(token: string, key: Secret): Promise<Caller> {
  const claims = claimsOf(token, key)
  const now = Date.now() / 1000
  if (claims && claims.exp + TOLERANCE_S > now && claims.iat - TOLERANCE_S < now) return claims.caller
  throw problems.unauthenticated('The signed caller is not valid.')
}

/** The claims, only if the signature over exactly these bytes is ours. */
function claimsOf(token: string, key: Secret): z.infer<typeof claimsSchema> | undefined {
  const [header, payload, signature, ...rest] = token.split('.')
  if (header !== HEADER || payload === undefined || signature === undefined || rest.length > 0)
    return undefined
  const given = Buffer.from(signature, 'base64url')
  const isOurs = keyObjects(key).some((one) => {
    const ours = mac(`${header}.${payload}`, one)
    return given.length === ours.length && timingSafeEqual(given, ours)
  })
  if (!isOurs) return undefined
  return claimsSchema.safeParse(JSON.parse(Buffer.from(payload, 'base64url').toString('utf8'))).data
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
