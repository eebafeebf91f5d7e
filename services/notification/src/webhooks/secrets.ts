import type { SecretBox } from '../store/secrets.ts'
import type { SealedSecret, Webhook } from './domain/model.ts'

/** How long the secret before a rotation signs as well. */
export const OVERLAP_MS = 24 * 60 * 60_000
/** Secrets that sign at the same time at most. */
const MOST = 3

/** The secrets that sign now, the current one first. */
export const validSecrets = (webhook: Webhook, box: SecretBox, now: Date): string[] =>
  webhook.secrets
    .filter(({ expiresAt }) => expiresAt === undefined || expiresAt > now.toISOString())
    .map(({ sealed }) => box.open(sealed, webhook.id))

/** The list with a new current secret; the one before ends a day later. */
export function rotated(
  secrets: readonly SealedSecret[],
  sealed: SealedSecret['sealed'],
  now: Date,
): SealedSecret[] {
  const expiresAt = new Date(now.getTime() + OVERLAP_MS).toISOString()
  const before = secrets
    .filter((old) => old.expiresAt === undefined || old.expiresAt > now.toISOString())
    .map((old) => ({ ...old, expiresAt: old.expiresAt ?? expiresAt }))
  return [{ sealed }, ...before].slice(0, MOST)
}
