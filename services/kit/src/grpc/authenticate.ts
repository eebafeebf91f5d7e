import type { Metadata } from '@grpc/grpc-js'
import { type Caller, verifyCaller } from '../caller.ts'
import type { Secret } from '../config.ts'
import { problems } from '../problems.ts'

/** Metadata key of the signed caller. */
export const CALLER_KEY = 'onus-caller'

/** Finds out who holds an API key; rejects when nobody does. */
export type AuthenticateKey = (key: string) => Promise<Caller>

/**
 * Who calls, by the signed caller of one of our services or an API key.
 * @returns undefined when the call carries no credentials at all
 */
export async function authenticate(
  metadata: Metadata,
  internalKey: Secret,
  authenticateKey: AuthenticateKey | undefined,
): Promise<Caller | undefined> {
  const signed = single(metadata, CALLER_KEY)
  if (signed) return verifyCaller(signed, internalKey)
  const authorization = single(metadata, 'authorization')
  if (!authorization) return undefined
  const [, key] = /^Bearer +(\S+)$/i.exec(authorization) ?? []
  if (!key || !authenticateKey) throw problems.unauthenticated()
  return authenticateKey(key)
}

/** A key that comes twice is nobody's. */
function single(metadata: Metadata, key: string): string | undefined {
  const values = metadata.get(key)
  if (values.length > 1) throw problems.unauthenticated(`There is more than one "${key}".`)
  const [value] = values
  return typeof value === 'string' ? value : undefined
}
