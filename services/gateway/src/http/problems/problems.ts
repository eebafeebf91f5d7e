import { Problem, problemDocument } from '@onus/kit/problems'
import type { Context, ErrorHandler, NotFoundHandler } from 'hono'
import { responsibilityJson } from '../../mapping/common.ts'
import type { GatewayEnv } from '../context/context.ts'

/** Seconds after which a caller may try again what was unavailable. */
const RETRY_AFTER_SECONDS = '2'

/** Answers an expected refusal as it is, and everything else as `internal`, which tells nothing. */
export function problemMapper(): ErrorHandler<GatewayEnv> {
  return function mapProblem(error, c) {
    const problem = error instanceof Problem ? error : new Problem('internal', 'Something went wrong.')
    if (problem.status >= 500)
      c.get('log')?.[problem.reason === 'unavailable' ? 'warn' : 'error']({ err: error }, 'request failed')
    return problemResponse(c, problem)
  }
}

/** Paths that nobody serves. */
export function unknownPath(): NotFoundHandler<GatewayEnv> {
  return function answerUnknownPath(c) {
    return problemResponse(c, new Problem('not-found', `There is nothing at ${c.req.path.slice(0, 200)}.`))
  }
}

/** Paths that exist, asked with a method that they do not take. */
export function methodNotAllowed(allowed: string[]) {
  const allow = allowed.includes('GET') ? [...allowed, 'HEAD'] : allowed
  return function answerMethodNotAllowed(c: Context<GatewayEnv>): Response {
    const detail = `${c.req.path.slice(0, 200)} takes ${allow.join(', ')}.`
    const response = problemResponse(c, new Problem('method-not-allowed', detail))
    response.headers.set('allow', allow.join(', '))
    return response
  }
}

/** A problem document with the headers that its reason asks for. */
export function problemResponse(c: Context<GatewayEnv>, problem: Problem): Response {
  const headers: Record<string, string> = { 'content-type': 'application/problem+json' }
  if (problem.reason === 'unauthenticated') headers['www-authenticate'] = 'Bearer realm="onus"'
  if (problem.reason === 'unavailable' || problem.reason === 'too-many-requests')
    headers['retry-after'] = RETRY_AFTER_SECONDS
  const document = problemDocument(problem)
  const body = {
    ...document,
    instance: c.req.path.slice(0, 1000),
    ...(document.current && { current: responsibilityJson(document.current) }),
  }
  return new Response(JSON.stringify(body), { status: problem.status, headers })
}
