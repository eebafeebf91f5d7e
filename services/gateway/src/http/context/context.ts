import type { Clock } from '@onus/kit/clock'
import { newId } from '@onus/kit/ids'
import type { Logger } from '@onus/kit/logging'
import { currentTraceparent, inSpan, recordHttpRequest } from '@onus/kit/telemetry'
import type { MiddlewareHandler } from 'hono'

/** What every request carries from its first moment. */
export interface RequestVariables {
  requestId: string
  /** When the caller gets an answer at the latest. */
  deadline: Date
  log: Logger
  /** What the request is let in by, when it is not its own header: the session of its cookie. */
  authorization?: string
  /** Pattern of the path, once it is known. */
  route?: string
}

export interface GatewayEnv {
  Variables: RequestVariables
}

/** Callers may name their request; anything that is not a plain name gets one of ours. */
const REQUEST_ID = /^[A-Za-z0-9._-]{1,64}$/

/**
 * Gives the request its id, its deadline and its log, and writes one line when it is answered. The line
 * has no query: a search text may hold personal data.
 */
export function requestContext(log: Logger, clock: Clock, deadlineMs: number): MiddlewareHandler<GatewayEnv> {
  return async function requestContextMiddleware(c, next) {
    const started = performance.now()
    const given = c.req.header('x-request-id')
    const requestId = given && REQUEST_ID.test(given) ? given : newId()
    c.set('requestId', requestId)
    c.set('deadline', new Date(clock().getTime() + deadlineMs))
    c.set('log', log.child({ requestId }))
    await traced(c.req.method, c.req.header('traceparent'), next)
    c.res.headers.set('x-request-id', requestId)
    const seconds = (performance.now() - started) / 1000
    recordHttpRequest({
      method: c.req.method,
      route: c.get('route') ?? 'none',
      status: c.res.status,
      seconds,
    })
    const fields = {
      method: c.req.method,
      path: c.req.path,
      status: c.res.status,
      ms: Math.round(seconds * 1000),
    }
    c.get('log')[c.res.status >= 500 ? 'warn' : 'debug'](fields, 'request')
  }
}

/** The request's span; where the HTTP library itself is traced, it stands within that. */
const traced = (method: string, traceparent: string | undefined, next: () => Promise<void>): Promise<void> =>
  inSpan(
    `HTTP ${method}`,
    {
      kind: 'server',
      attributes: { 'http.request.method': method },
      traceparent: currentTraceparent() ? undefined : traceparent,
    },
    next,
  )
