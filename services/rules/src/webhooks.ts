import { systemCaller } from '@onus/kit/caller'
import type { GrpcClient } from '@onus/kit/grpc'
import type { Logger } from '@onus/kit/logging'
import type { WebhookServiceService } from '@onus/proto/onus/v1/webhooks'
import type { Webhooks } from './grpc/parts.ts'

/** How old an answer may be while tickets are worked on. */
const KEPT_MS = 30_000
const KEPT_ACCOUNTS = 1000

/**
 * Asks the notification service. While tickets are worked on an answer may be half a minute old, and when
 * there is none every webhook counts as there: what is sent to one that is gone goes nowhere.
 */
export function createWebhooks(
  client: Pick<GrpcClient<WebhookServiceService>, 'checkWebhooks'>,
  log: Logger,
): Webhooks {
  const kept = new Map<string, { until: number; asked: string; missing: ReadonlySet<string> }>()

  const ask = async (accountId: string, ids: readonly string[]): Promise<ReadonlySet<string>> => {
    const caller = systemCaller(accountId, 'rules')
    const { missing } = await client.checkWebhooks({ webhookIds: [...ids] }, { caller, deadlineMs: 3000 })
    return new Set(missing)
  }

  return {
    async missing(accountId, ids, how) {
      if (!how?.mayBeOld) return await ask(accountId, ids)
      const asked = [...ids].sort().join(' ')
      const known = kept.get(accountId)
      if (known && known.asked === asked && known.until > Date.now()) return known.missing
      try {
        const missing = await ask(accountId, ids)
        kept.delete(accountId)
        kept.set(accountId, { until: Date.now() + KEPT_MS, asked, missing })
        if (kept.size > KEPT_ACCOUNTS) kept.delete(kept.keys().next().value!)
        return missing
      } catch (error) {
        log.warn({ err: error, accountId }, 'could not ask which webhooks there are')
        return known?.missing ?? new Set()
      }
    },
  }
}
