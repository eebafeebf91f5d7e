import { Problem } from '@onus/kit/problems'
import type { MiddlewareHandler } from 'hono'
import { getCookie } from 'hono/cookie'
import type { GatewayEnv } from '../http/context/context.ts'

/** Scheme under which a session's secret is handed to `authenticate`; browsers never send it themselves. */
export const SESSION_SCHEME = 'Session '

/** Over TLS the browser keeps the cookie to this very host. */
export const sessionCookieName = (https: boolean): string => (https ? '__Host-onus_session' : 'onus_session')

export const sessionCookie = (https: boolean, secret: string, maxAgeSeconds: number): string =>
  [
    `${sessionCookieName(https)}=${secret}`,
    'Path=/',
    'HttpOnly',
    'SameSite=Strict',
    `Max-Age=${Math.floor(maxAgeSeconds)}`,
    ...(https ? ['Secure'] : []),
  ].join('; ')

const SAFE_METHODS = ['GET', 'HEAD', 'OPTIONS']

/**
 * Lets a request speak for the session of its cookie, unless it brings a key of its own. A cookie is sent by
 * the browser whoever made it send the request, so a request that changes something must come from our own
 * pages: the browser says so in `Sec-Fetch-Site`, older ones in `Origin`. The cookie is `SameSite=Strict` as
 * well; other ports of this host are the same site, so that alone would not be enough.
 */
export function sessionFromCookie(publicUrl: string): MiddlewareHandler<GatewayEnv> {
  const https = publicUrl.startsWith('https:')
  const name = sessionCookieName(https)
  return async function sessionFromCookieMiddleware(c, next) {
    const secret = c.req.header('authorization') === undefined ? getCookie(c, name) : undefined
    if (secret && /^[\w-]{20,100}$/.test(secret)) {
      if (!SAFE_METHODS.includes(c.req.method) && !isOurs(c.req.raw.headers, publicUrl))
        throw new Problem('forbidden', 'A request of a signed-in browser must come from the console itself.')
      c.set('authorization', SESSION_SCHEME + secret)
    }
    await next()
  }
}

/** Whether a request was made by a page of this origin. */
export function isOurs(headers: Headers, publicUrl: string): boolean {
  const site = headers.get('sec-fetch-site')
  if (site !== null) return site === 'same-origin'
  const origin = headers.get('origin')
  if (origin === null) return false
  const host = headers.get('host')
  return origin === new URL(publicUrl).origin || (host !== null && hostOf(origin) === host)
}

const hostOf = (origin: string): string | null => (URL.canParse(origin) ? new URL(origin).host : null)
