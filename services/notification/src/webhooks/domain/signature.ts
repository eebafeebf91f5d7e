import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'

/**
 * Signatures as Standard Webhooks has them (standardwebhooks.com): HMAC-SHA256 over `<id>.<timestamp>.<body>`,
 * in base64 after `v1,`; several are apart by spaces, one for each secret that is valid.
 */

const PREFIX = 'whsec_'
const SECRET_BYTES = 32

/** A new secret: `whsec_` and 32 random bytes in base64. */
export const newSecret = (): string => PREFIX + randomBytes(SECRET_BYTES).toString('base64')

const keyOf = (secret: string): Buffer => Buffer.from(secret.replace(/^whsec_/, ''), 'base64')

export interface Signed {
  id: string
  /** Seconds since 1970. */
  timestamp: number
  body: string
}

export const signature = (secret: string, { id, timestamp, body }: Signed): string =>
  `v1,${createHmac('sha256', keyOf(secret)).update(`${id}.${timestamp}.${body}`).digest('base64')}`

/** The headers of one attempt, signed by each secret. */
export const signedHeaders = (secrets: readonly string[], message: Signed): Record<string, string> => ({
  'webhook-id': message.id,
  'webhook-timestamp': String(message.timestamp),
  'webhook-signature': secrets.map((secret) => signature(secret, message)).join(' '),
})

/** How far a receiver lets the clock of a message be away from its own. */
const TOLERANCE_S = 5 * 60

/** What a receiver does: whether one of the signatures is that of this secret, and the message is fresh. */
export function verifies(
  secret: string,
  headers: Record<string, string | undefined>,
  body: string,
  now: Date,
): boolean {
  const id = headers['webhook-id'] ?? ''
  const timestamp = Number(headers['webhook-timestamp'])
  if (!id || !Number.isInteger(timestamp)) return false
  if (Math.abs(now.getTime() / 1000 - timestamp) > TOLERANCE_S) return false
  const ours = Buffer.from(signature(secret, { id, timestamp, body }))
  return (headers['webhook-signature'] ?? '').split(' ').some((given) => {
    const theirs = Buffer.from(given)
    return theirs.length === ours.length && timingSafeEqual(theirs, ours)
  })
}
