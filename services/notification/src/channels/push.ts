import { DeliveryFailure } from '../domain/failure.ts'
import type { PushMessage } from '../render/push.ts'
import { post, retryAfterMs } from './http.ts'

/** Hands messages to the installation's push gateway. */
export interface Push {
  /** @throws DeliveryFailure */
  send(deviceTokens: readonly string[], message: PushMessage): Promise<void>
}

export interface PushOptions {
  url: string
  /** Default 10 s. */
  timeoutMs?: number
}

/** One POST for all devices of a person; `404` and `410` say that none of them exists any more. */
export function createPush({ url, timeoutMs = 10_000 }: PushOptions): Push {
  return {
    async send(deviceTokens, message) {
      const response = await post(url, {
        headers: { 'content-type': 'application/json', 'idempotency-key': message.tag },
        body: JSON.stringify({ ...message, devices: deviceTokens }),
        timeoutMs,
      })
      await response.body?.cancel()
      if (response.ok) return
      const error = `Push gateway: HTTP ${response.status}`
      if (response.status === 404 || response.status === 410) throw new DeliveryFailure('recipient', error)
      if (response.status === 400 || response.status === 413) throw new DeliveryFailure('message', error)
      throw new DeliveryFailure('temporary', error, { retryAfterMs: retryAfterMs(response) })
    },
  }
}
