import type { OpenAPIHono } from '@hono/zod-openapi'
import { Problem } from '@onus/kit/problems'
import { getCookie } from 'hono/cookie'
import type { GatewayEnv } from '../http/context/context.ts'
import { methodNotAllowed } from '../http/problems/problems.ts'
import { isOurs, sessionCookie, sessionCookieName } from './cookie.ts'
import type { Sessions } from './sessions.ts'
import { PENDING_SECONDS, type SignIn } from './sign-in.ts'

export interface ConsoleDoor {
  sessions: Sessions
  signIn: SignIn
}

const PENDING_COOKIE = 'onus_sign_in'
/** Which account this browser signed in to last by its own issuer, so that its people are led there again. */
const ACCOUNT_COOKIE = 'onus_account'
const YEAR_SECONDS = 31_536_000
const LONGEST_HINT = 320

/** Where a browser signs in and out: pages' addresses and not part of the API. */
export function mountSignIn(app: OpenAPIHono<GatewayEnv>, publicUrl: string, door: ConsoleDoor): void {
  const https = publicUrl.startsWith('https:')
  const cookie = (name: string, value: string, seconds: number): string =>
    [
      `${name}=${value}`,
      'Path=/auth',
      'HttpOnly',
      // Lax: the issuer's redirect is a navigation from another site.
      'SameSite=Lax',
      `Max-Age=${seconds}`,
      ...(https ? ['Secure'] : []),
    ].join('; ')
  const pendingCookie = (value: string, seconds: number): string => cookie(PENDING_COOKIE, value, seconds)
  const { sessions, signIn } = door

  app.get('/auth/login', async (c) => {
    const email = shortened(c.req.query('login_hint'))
    const named = shortened(c.req.query('account'))
    const again = c.req.query('again') !== undefined
    const returnTo = c.req.query('returnTo')
    // A link elsewhere must not sign people in to an account that they did not choose: they press the button.
    if ((email || named) && !isChosen(c.req.raw.headers))
      return c.redirect(signInPage({ account: named }), 302)
    const account = named ?? (email ? undefined : getCookie(c, ACCOUNT_COOKIE))
    try {
      const { location, pending } = await signIn.begin({
        returnTo,
        again,
        account,
        email,
        deadline: c.get('deadline'),
      })
      c.header('set-cookie', pendingCookie(pending, PENDING_SECONDS))
      return c.redirect(location, 302)
    } catch (error) {
      if (!(error instanceof Problem) || error.status < 404) throw error
      c.get('log').info({ reason: error.reason, err: error.cause }, 'a sign-in could not begin')
      const why = error.reason === 'not-found' ? 'refused' : 'unavailable'
      return c.redirect(signInPage({ error: why, account: named }), 302)
    }
  })

  app.get('/auth/callback', async (c) => {
    c.header('set-cookie', pendingCookie('', 0))
    const pending = getCookie(c, PENDING_COOKIE)
    try {
      const query = new URL(c.req.url).searchParams
      const { identity, returnTo } = await signIn.finish(query, pending, c.get('deadline'))
      const secret = await sessions.open(identity)
      c.header('set-cookie', sessionCookie(https, secret, sessions.lifetimeMs / 1000), { append: true })
      const { accountId } = identity
      const remembered = accountId
        ? cookie(ACCOUNT_COOKIE, encodeURIComponent(accountId), YEAR_SECONDS)
        : cookie(ACCOUNT_COOKIE, '', 0)
      c.header('set-cookie', remembered, { append: true })
      return c.redirect(returnTo, 302)
    } catch (error) {
      if (!(error instanceof Problem) || error.status === 404) throw error
      c.get('log').info({ reason: error.reason, detail: error.detail }, 'a sign-in failed')
      const why = error.reason === 'unauthenticated' ? 'refused' : 'unavailable'
      return c.redirect(signInPage({ error: why, account: await signIn.accountOf(pending) }), 302)
    }
  })

  app.post('/auth/logout', async (c) => {
    if (!isOurs(c.req.raw.headers, publicUrl))
      throw new Problem('forbidden', 'Signing out must come from the console itself.')
    const secret = getCookie(c, sessionCookieName(https))
    if (secret) await sessions.close(secret)
    c.header('set-cookie', sessionCookie(https, '', 0))
    return c.body(null, 204)
  })

  app.all('/auth/login', methodNotAllowed(['GET']))
  app.all('/auth/callback', methodNotAllowed(['GET']))
  app.all('/auth/logout', methodNotAllowed(['POST']))
}

const shortened = (text: string | undefined): string | undefined => text?.trim().slice(0, LONGEST_HINT)

function signInPage(query: { error?: string; account?: string }): string {
  const given = Object.entries(query).filter((pair): pair is [string, string] => Boolean(pair[1]))
  return `/sign-in${given.length > 0 ? `?${new URLSearchParams(given)}` : ''}`
}

/** Whether somebody chose to go here themselves: on our own page, or by typing it. Old browsers do not say. */
const isChosen = (headers: Headers): boolean =>
  ['same-origin', 'none', null].includes(headers.get('sec-fetch-site'))
