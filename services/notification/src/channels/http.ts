import { inSpan } from '@onus/kit/telemetry'
import { DeliveryFailure } from '../domain/failure.ts'

export interface PostOptions {
  headers: Record<string, string>
  body: string
  timeoutMs: number
}

/** Posts, and turns what the network does into failures that can be tried again. */
export async function post(url: string, options: PostOptions): Promise<Response> {
  try {
    const attributes = { 'http.request.method': 'POST', 'server.address': new URL(url).host }
    return await inSpan('HTTP POST', { kind: 'client', attributes }, async (span) => {
      const response = await fetch(url, {
        method: 'POST',
        headers: options.headers,
        body: options.body,
        redirect: 'error',
        signal: AbortSignal.timeout(options.timeoutMs),
      })
      span.setAttribute('http.response.status_code', response.status)
      return response
    })
  } catch (error) {
    const { name, cause } = error as Error
    const why = name === 'TimeoutError' ? `no answer in ${options.timeoutMs} ms` : codeOf(cause)
    throw new DeliveryFailure('temporary', `${new URL(url).host}: ${why}`, { cause: error })
  }
}

const codeOf = (cause: unknown): string =>
  (cause as { code?: string } | undefined)?.code ?? 'the connection failed'

/** `Retry-After` in milliseconds: seconds or a date, at most a day. */
export function retryAfterMs(
  response: { headers: { get(name: string): string | null } },
  now = Date.now(),
): number | undefined {
  const value = response.headers.get('retry-after')?.trim()
  if (!value) return undefined
  const ms = /^\d+$/.test(value) ? Number(value) * 1000 : Date.parse(value) - now
  return Number.isNaN(ms) ? undefined : Math.min(Math.max(0, ms), 24 * 60 * 60_000)
}
