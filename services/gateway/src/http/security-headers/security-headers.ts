import type { MiddlewareHandler } from 'hono'

/** Nothing that the API answers may run, be framed, be sniffed or be kept by a cache. */
const API_HEADERS: Record<string, string> = {
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'; sandbox",
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
  'cache-control': 'no-store',
}

/** Sets the safe default of each header that a handler did not set itself. */
export function securityHeaders(https: boolean): MiddlewareHandler {
  return async function securityHeadersMiddleware(c, next) {
    await next()
    for (const [name, value] of Object.entries(API_HEADERS))
      if (!c.res.headers.has(name)) c.res.headers.set(name, value)
    if (https) c.res.headers.set('strict-transport-security', 'max-age=31536000')
  }
}
