import { createPrivateKey, sign } from 'node:crypto'

const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')

/** A JSON Web Token, signed with a PEM key. */
export function signJwt(
  alg: 'RS256' | 'ES256',
  key: string,
  header: Record<string, string>,
  claims: Record<string, string | number>,
): string {
  const signed = `${encode({ alg, ...header })}.${encode(claims)}`
  const signature = sign('sha256', Buffer.from(signed), {
    key: createPrivateKey(key),
    // What JOSE wants of ES256: both numbers side by side; RSA has no such choice.
    dsaEncoding: 'ieee-p1363',
  })
  return `${signed}.${signature.toString('base64url')}`
}
