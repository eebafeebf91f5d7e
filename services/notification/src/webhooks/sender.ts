import { ForbiddenAddress, type GuardedFetch } from '@onus/kit/net'
import type { Outcome } from './domain/attempt.ts'
import { signedHeaders } from './domain/signature.ts'

/** One POST to a receiver. */

export interface Message {
  url: string
  /** The event's id: the same on every repeat. */
  id: string
  body: string
  secrets: readonly string[]
}

export interface Sender {
  send(message: Message, options?: { timeoutMs?: number; signal?: AbortSignal }): Promise<Outcome>
}

const TIMEOUT_MS = 10_000

/** Only addresses that may be called are; no redirect is followed; any answer that is not 2xx is a failure. */
export function createSender(guardedFetch: GuardedFetch, clock: () => Date = () => new Date()): Sender {
  return {
    async send({ url, id, body, secrets }, { timeoutMs = TIMEOUT_MS, signal } = {}) {
      const began = performance.now()
      const took = () => Math.round(performance.now() - began)
      const timeout = AbortSignal.timeout(timeoutMs)
      const timestamp = Math.floor(clock().getTime() / 1000)
      try {
        const response = await guardedFetch(url, {
          method: 'POST',
          headers: {
            'content-type': 'application/cloudevents+json; charset=utf-8',
            'user-agent': 'Onus-Webhooks/1',
            ...signedHeaders(secrets, { id, timestamp, body }),
          },
          body,
          signal: signal ? AbortSignal.any([timeout, signal]) : timeout,
        })
        const { status, headers } = response
        // Nobody reads what the receiver says; the connection is given up if it says much.
        await response.body?.cancel()
        if (status >= 200 && status < 300)
          return { type: 'delivered', statusCode: status, durationMs: took() }
        const after = retryAfterMs(headers.get('retry-after'), clock())
        return {
          type: 'failed',
          statusCode: status,
          error: refusal(status),
          durationMs: took(),
          ...(after !== undefined && { retryAfterMs: after }),
        }
      } catch (error) {
        if (signal?.aborted) throw error
        return {
          type: 'failed',
          error: timeout.aborted ? silence(timeoutMs) : trouble(error),
          durationMs: took(),
        }
      }
    },
  }
}

const refusal = (status: number): string =>
  status >= 300 && status < 400
    ? `The receiver answered ${status}; redirects are not followed.`
    : `The receiver answered ${status}.`

const silence = (ms: number): string => `The receiver did not answer within ${ms / 1000} s.`

/** Why there was no answer. The address itself is the webhook's, so it may be named. */
function trouble(error: unknown): string {
  for (
    let cause: unknown = error, depth = 0;
    cause instanceof Error && depth < 5;
    cause = cause.cause, depth++
  ) {
    if (cause instanceof ForbiddenAddress) return `Not sent: ${cause.message}.`
    const { code } = cause as { code?: unknown }
    if (typeof code === 'string' && /^E[A-Z_]+$|^UND_ERR/.test(code)) return `The connection failed: ${code}.`
    if (typeof code === 'string' && /CERT|TLS|SSL/.test(code)) return `The connection failed: ${code}.`
  }
  return 'The connection failed.'
}

/** `Retry-After`: seconds or a date. */
export function retryAfterMs(value: string | null, now: Date): number | undefined {
  const text = value?.trim()
  if (!text) return undefined
  const ms = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - now.getTime()
  return Number.isNaN(ms) ? undefined : Math.max(0, ms)
}
