import type { z } from '@hono/zod-openapi'
import type { Caller } from '@onus/kit/caller'
import type { Logger } from '@onus/kit/logging'
import type { Reason } from '@onus/kit/problems'

/**
 * One endpoint as a value: what it takes, what it answers, who may call it, and what it does. The router
 * and the OpenAPI document are both made from it, so that neither can know something the other does not.
 */

/** Who an operation lets in before anything else is looked at. */
export type Door =
  /** Everybody, without a key. */
  | 'public'
  /** The operator only. */
  | 'operator'
  /** Agents and API clients of an account; never the operator. */
  | 'account'
  /** Any valid key or token. */
  | 'any'

/** How a call goes on to the services behind the gateway. */
export interface Call {
  caller: Caller
  deadline: Date
  /** Tries again while the service is away; commands carry an id, so that nothing is done twice. */
  retry?: boolean
}

/** What a handler is given beside its validated input. */
export interface OperationContext {
  caller: Caller
  call: Call
  /** Identity of the command: the same for every repeat under one idempotency key. */
  commandId: string
  request: Request
  /** What let the caller in. */
  authorization: string
  requestId: string
  log: Logger
}

/** What a handler gives back; a `Response` is passed on as it is. */
export type Answer = { status: number; body?: unknown; headers?: Record<string, string> } | Response

/** Limits and media types of a body that is not JSON. */
export interface RawBody {
  mediaTypes: Record<string, { description: string; schema: Record<string, unknown> }>
  /** Which of the configured limits holds, or most bytes. */
  limit: 'attachment' | 'mail' | number
  /** Makes of the bytes what the handler is given as its body. */
  parse(bytes: Uint8Array, request: Request): Promise<unknown>
}

export interface AnswerDoc {
  description: string
  schema?: z.ZodType
  /** Media type of an answer that is not JSON. */
  mediaType?: string
  example?: unknown
  headers?: Record<string, string>
}

export interface Input<P, Q, B> {
  params: P
  query: Q
  body: B
}

/** Asked only when the input cannot be taken: throws what the caller would be refused with anyway. */
export type Guard<P> = (context: OperationContext, params: P, rawBody: unknown) => Promise<void> | void

export interface OperationSpec<
  P extends z.ZodType = z.ZodType,
  Q extends z.ZodType = z.ZodType,
  B extends z.ZodType = z.ZodType,
> {
  id: string
  method: 'get' | 'post' | 'put' | 'patch' | 'delete'
  /** Below `/api/v1`, parameters in braces. */
  path: string
  tag: string
  summary: string
  description?: string
  door: Door
  params?: P
  query?: Q
  /** Request headers that change the answer; for the document only. */
  headers?: z.ZodType
  body?: B
  /** For the document, where the body's schema has no example of its own. */
  bodyExample?: object
  /** The body may be left out, which means `{}`. */
  bodyOptional?: boolean
  raw?: RawBody
  answers: Record<number, AnswerDoc>
  /** Refusals beside those that every operation of its kind can have. */
  refusals?: Reason[]
  guard?: Guard<z.output<P>>
  /** Streams for as long as the caller listens: no deadline. */
  streams?: boolean
  handle(
    input: Input<z.output<P>, z.output<Q>, z.output<B>>,
    context: OperationContext,
  ): Promise<Answer> | Answer
}

/** A value that a schema has checked at run time, where the schema's own type is not known any more. */
// biome-ignore lint/suspicious/noExplicitAny: handlers of every type are called with it
export type Checked = any

/** An operation whose schema types are forgotten, as the router and the document see it. */
export type AnyOperation = OperationSpec<Checked, Checked, Checked>
/** Input of such an operation. */
export type AnyInput = Input<Checked, Checked, Checked>

/** Checks an operation's handler against its schemas. */
export function operation<
  P extends z.ZodType = z.ZodType<Record<string, never>>,
  Q extends z.ZodType = z.ZodType<Record<string, never>>,
  B extends z.ZodType = z.ZodType<undefined>,
>(spec: OperationSpec<P, Q, B>): AnyOperation {
  return spec
}

/** The statuses beside its own that an operation can answer, each with the reasons for it. */
export function operationRefusals(spec: AnyOperation): Reason[] {
  const reasons = new Set<Reason>(spec.refusals)
  if (spec.door !== 'public') {
    reasons.add('unauthenticated')
    reasons.add('forbidden')
    reasons.add('unavailable')
    reasons.add('too-many-requests')
    reasons.add('internal')
  }
  if (spec.params) reasons.add('not-found')
  if (spec.query || spec.body || spec.raw) reasons.add('invalid-request')
  if (spec.body || spec.raw) {
    reasons.add('payload-too-large')
    reasons.add('unsupported-media-type')
  }
  if (spec.body) reasons.add('malformed-json')
  if (spec.method === 'post' && spec.door !== 'public') {
    reasons.add('idempotency-key-reused')
    reasons.add('invalid-request')
  }
  return [...reasons]
}
