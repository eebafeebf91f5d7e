import { ForbiddenAddress, type GuardedFetch } from '@onus/kit/net'
import webPush from 'web-push'
import type { Subscription } from '../../domain/device.ts'
import { DeliveryFailure } from '../../domain/failure.ts'
import type { VapidKeys } from '../../domain/push-credentials.ts'
import type { PushMessage } from '../../render/push.ts'
import { retryAfterMs } from '../http.ts'
import { fitting } from './fit.ts'

export interface WebPushOptions {
  /** Endpoints come from browsers, so from anybody: they must not lead into our own network. */
  fetch: GuardedFetch
  /** Default 10 s. */
  timeoutMs?: number
}

/** Sends to browsers (RFC 8030, 8291, 8292). */
export interface WebPush {
  /** @throws DeliveryFailure; `recipient` when the subscription does not exist any more */
  send(keys: VapidKeys, subscription: Subscription, message: PushMessage): Promise<void>
}

/** Push services take 4096 bytes, of which encryption needs 103. */
const LARGEST_TEXT = 3993

/** Messages to the push services that browsers chose; only the browser can read them. */
export function createWebPush({ fetch, timeoutMs = 10_000 }: WebPushOptions): WebPush {
  async function call(request: webPush.RequestDetails, host: string) {
    try {
      return await fetch(request.endpoint, {
        method: 'POST',
        headers: Object.fromEntries(
          Object.entries(request.headers)
            .filter(([name]) => name.toLowerCase() !== 'content-length')
            .map(([name, value]) => [name, String(value)]),
        ),
        body: request.body as Buffer,
        signal: AbortSignal.timeout(timeoutMs),
      })
    } catch (error) {
      const cause = (error as { cause?: unknown }).cause
      if (error instanceof ForbiddenAddress || cause instanceof ForbiddenAddress)
        throw new DeliveryFailure('recipient', `Web push: ${host} is no public address`, { cause: error })
      const code = (cause as { code?: string } | undefined)?.code ?? 'the connection failed'
      const why = (error as Error).name === 'TimeoutError' ? `no answer in ${timeoutMs} ms` : code
      throw new DeliveryFailure('temporary', `${host}: ${why}`, { cause: error })
    }
  }

  return {
    async send(keys, { endpoint, p256dh, auth }, message) {
      const { host } = new URL(endpoint)
      const text = fitting(message.body, LARGEST_TEXT, (body) => payload({ ...message, body }))
      const request = webPush.generateRequestDetails({ endpoint, keys: { p256dh, auth } }, text, {
        vapidDetails: keys,
        contentEncoding: 'aes128gcm',
        TTL: message.ttlSeconds,
        topic: message.collapseKey,
        urgency: message.urgent ? 'high' : 'normal',
      })
      const response = await call(request, host)
      await response.body?.cancel()
      const { status } = response
      if (status >= 200 && status < 300) return
      const error = `Web push, ${host}: HTTP ${status}`
      if (status === 404 || status === 410) throw new DeliveryFailure('recipient', error)
      if (status === 413 || status === 400) throw new DeliveryFailure('message', error)
      throw new DeliveryFailure('temporary', error, {
        retryAfterMs: retryAfterMs(response),
        // This subscription and this account's key do not fit, or it was too much for this subscription: no reason for
        // others to wait for the service.
        ...([401, 403, 429].includes(status) && { broken: 'address' as const }),
      })
    },
  }
}

/** What our service worker shows. */
const payload = ({
  title,
  body,
  collapseKey,
  url,
  why,
  preferenceUrl,
  noticeId,
  ticketId,
  event,
}: PushMessage) =>
  JSON.stringify({ title, body, tag: collapseKey, url, why, preferenceUrl, noticeId, ticketId, event })
