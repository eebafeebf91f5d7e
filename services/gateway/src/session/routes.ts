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
  /** Absent when the installation names no issuer: then nobody signs in here. */
  signIn?: SignIn
}

const PENDING_COOKIE = 'onus_sign_in'

/** Where a browser signs in and out: pages' addresses and not part of the API. */
export function mountSignIn(app: OpenAPIHono<GatewayEnv>, publicUrl: string, door: ConsoleDoor): void {
  const https = publicUrl.startsWith('https:')
  const pendingCookie = (value: string, seconds: number): string =>
    [
      `${PENDING_COOKIE}=${value}`,
      'Path=/auth',
      'HttpOnly',
      // Lax: the issuer's redirect is a navigation from another site.
      'SameSite=Lax',
      `Max-Age=${seconds}`,
      ...(https ? ['Secure'] : []),
    ].join('; ')
  const signInOf = (): SignIn => {
    if (!door.signIn) throw new Problem('not-found', 'This installation has no issuer to sign in with.')
    return door.signIn
  }

  app.get('/auth/login', async (c) => {
    const { location, pending } = await signInOf().begin({
      returnTo: c.req.query('returnTo'),
      again: c.req.query('again') !== undefined,
    })
    c.header('set-cookie', pendingCookie(pending, PENDING_SECONDS))
    return c.redirect(location, 302)
  })

  app.get('/auth/callback', async (c) => {
    c.header('set-cookie', pendingCookie('', 0))
    try {
      const query = new URL(c.req.url).searchParams
      const { identity, returnTo } = await signInOf().finish(
        query,
        getCookie(c, PENDING_COOKIE),
        c.get('deadline'),
      )
      const secret = await door.sessions.open(identity)
      c.header('set-cookie', sessionCookie(https, secret, door.sessions.lifetimeMs / 1000), { append: true })
      return c.redirect(returnTo, 302)
    } catch (error) {
      if (!(error instanceof Problem) || error.status === 404) throw error
      c.get('log').info({ reason: error.reason, detail: error.detail }, 'a sign-in failed')
      const why = error.reason === 'unauthenticated' ? 'refused' : 'unavailable'
      return c.redirect(`/sign-in?error=${why}`, 302)
    }
  })

  app.post('/auth/logout', async (c) => {
    if (!isOurs(c.req.raw.headers, publicUrl))
      throw new Problem('forbidden', 'Signing out must come from the console itself.')
    const secret = getCookie(c, sessionCookieName(https))
    if (secret) await door.sessions.close(secret)
    c.header('set-cookie', sessionCookie(https, '', 0))
    return c.body(null, 204)
  })

  app.all('/auth/login', methodNotAllowed(['GET']))
  app.all('/auth/callback', methodNotAllowed(['GET']))
  app.all('/auth/logout', methodNotAllowed(['POST']))
}
