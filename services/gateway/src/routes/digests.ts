import type { NotificationApi } from '../clients.ts'
import type { OperationContext } from '../http/operation/operation.ts'

/**
 * An agent's preferences were changed: what waits for a digest may be due at another time. They are changed
 * anyhow, and each digest looks again by itself when it is due; so a failure here is not the caller's.
 */
export async function moveDigests(
  notification: NotificationApi,
  { call, log }: OperationContext,
  agentId?: string,
): Promise<void> {
  try {
    await notification.preferencesChanged({ agentId }, call)
  } catch (err) {
    log.warn({ err, agentId }, 'the digests of an agent were not told of changed preferences')
  }
}
