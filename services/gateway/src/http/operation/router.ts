import type { OpenAPIHono, z } from '@hono/zod-openapi'
import type { Caller } from '@onus/kit/caller'
import { newId, stableId } from '@onus/kit/ids'
import { Problem, problems } from '@onus/kit/problems'
import type { Context } from 'hono'
import type { Authenticate } from '../authentication/authentication.ts'
import { type BodyBudget, createBodyBudget } from '../body/budget.ts'
import { mediaType, readBody } from '../body/read.ts'
import type { GatewayEnv } from '../context/context.ts'
import {
  bodyHash,
  type Idempotency,
  type RequestIdentity,
  requestIdentity,
} from '../idempotency/idempotency.ts'
import type { RememberedAnswer } from '../idempotency/store.ts'
import { methodNotAllowed, problemMapper } from '../problems/problems.ts'
import { checkBody, readParams, readQuery, readRawJson } from './input.ts'
import type { Answer, AnyInput, AnyOperation, OperationContext, RawBody } from './operation.ts'

/** Most bytes of a JSON body. */
export const MAX_JSON_BYTES = 1024 * 1024

/** Bytes of files and mails held at the same time. */
const RAW_BODY_BUDGET = 256 * 1024 * 1024
/** From the last byte of a file or mail to the answer. */
const RAW_DEADLINE_MS = 60_000

export interface RouterDeps {
  authenticate: Authenticate
  idempotency: Idempotency
  limits: { attachment: number; mail: number }
}

/** Serves operations under `prefix`; other methods on their paths are told which ones there are. */
export function mountOperations(
  app: OpenAPIHono<GatewayEnv>,
  prefix: string,
  operations: AnyOperation[],
  deps: RouterDeps,
): void {
  const budget = createBodyBudget(RAW_BODY_BUDGET)
  const methods = new Map<string, string[]>()
  for (const spec of operations) {
    const path = prefix + spec.path.replace(/\{(\w+)\}/g, ':$1')
    methods.set(path, [...(methods.get(path) ?? []), spec.method.toUpperCase()])
    app.on(spec.method.toUpperCase(), path, (c) => serveWithin(budget, spec, c, deps))
  }
  for (const [path, allowed] of methods) app.all(path, methodNotAllowed(allowed))
}

/** Holds a share of the budget for as long as a large body may be held. */
async function serveWithin(
  budget: BodyBudget,
  spec: AnyOperation,
  c: Context<GatewayEnv>,
  deps: RouterDeps,
): Promise<Response> {
  c.set('route', spec.path)
  if (!spec.raw) return serve(spec, c, deps)
  const limit = limitOf(spec, deps)
  const declared = Number(c.req.header('content-length') ?? limit)
  const giveBack = budget.take(Math.min(Number.isFinite(declared) ? declared : limit, limit))
  try {
    return await serve(spec, c, deps)
  } finally {
    giveBack()
  }
}

async function serve(spec: AnyOperation, c: Context<GatewayEnv>, deps: RouterDeps): Promise<Response> {
  const deadline = c.get('deadline')
  const caller = await letIn(spec, c, deps)
  const identity =
    spec.method === 'post' && spec.door !== 'public'
      ? requestIdentity(caller, 'POST', c.req.path, c.req.header('idempotency-key'))
      : null
  const context: OperationContext = {
    caller,
    call: { caller, deadline, ...(spec.method === 'post' && { retry: true }) },
    commandId: identity ? stableId('command', identity.id) : newId(),
    request: c.req.raw,
    authorization: authorizationOf(c) ?? '',
    requestId: c.get('requestId'),
    log: c.get('log'),
  }
  const { input, raw } = await readInput(spec, c, context, deps)
  // A large body may have taken long to come; what is done with it has its own time.
  if (spec.raw) context.call.deadline = new Date(Date.now() + RAW_DEADLINE_MS)
  if (!identity) {
    const answer = await inTime(spec, context.call.deadline, spec.handle(input, context))
    const response = toResponse(answer)
    // Nobody reads the body of an answer to HEAD; a stream behind it would stay open.
    if (c.req.raw.method === 'HEAD') await response.body?.cancel()
    return response
  }
  return once(spec, c, context, identity, input, raw, deps)
}

/** A key or token of the request itself, or the session of its cookie. */
const authorizationOf = (c: Context<GatewayEnv>): string | undefined =>
  c.get('authorization') ?? c.req.header('authorization')

/** Permission of the coarsest kind: is it anybody, and does this door open for them? */
async function letIn(spec: AnyOperation, c: Context<GatewayEnv>, deps: RouterDeps): Promise<Caller> {
  if (spec.door === 'public') return { type: 'system', accountId: '', id: '', name: '', scopes: [] }
  const caller = await deps.authenticate(authorizationOf(c), c.get('deadline'))
  if (spec.door === 'operator' && caller.type !== 'operator')
    throw new Problem('forbidden', 'Only the operator may do this.')
  if (spec.door === 'account' && caller.type === 'operator') {
    // The operator sees accounts and nothing inside them.
    const id = Object.values(c.req.param())[0]
    if (spec.params && id !== undefined) throw problems.notFound('such thing', id.toWellFormed())
    throw new Problem('forbidden', 'The operator key opens accounts, and nothing inside them.')
  }
  return caller
}

/** Reads and checks everything a caller sends. What cannot be taken is told only to those who may ask. */
async function readInput(
  spec: AnyOperation,
  c: Context<GatewayEnv>,
  context: OperationContext,
  deps: RouterDeps,
): Promise<{ input: AnyInput; raw: unknown }> {
  const params = readParams(c.req.param() as Record<string, string>, spec)
  let raw: unknown
  try {
    const bytes = spec.body || spec.raw ? await readBody(c.req.raw, limitOf(spec, deps)) : undefined
    if (spec.body) raw = readRawJson(c.req.raw, bytes as Uint8Array, spec.bodyOptional === true)
    if (spec.raw) raw = await parseRaw(spec.raw, c.req.raw, bytes as Uint8Array)
    const query = readQuery(new URL(c.req.url), spec.query, listParameters(spec.query))
    const body = spec.body ? checkBody(raw, spec.body) : raw
    return { input: { params, query, body }, raw }
  } catch (error) {
    if (error instanceof Problem && spec.guard) await spec.guard(context, params, raw)
    throw error
  }
}

function limitOf({ raw }: AnyOperation, { limits }: RouterDeps): number {
  if (!raw) return MAX_JSON_BYTES
  return typeof raw.limit === 'number' ? raw.limit : limits[raw.limit]
}

function parseRaw(raw: RawBody, request: Request, bytes: Uint8Array): Promise<unknown> {
  const taken = Object.keys(raw.mediaTypes)
  if (!taken.includes(mediaType(request)))
    throw new Problem('unsupported-media-type', `Send the body as content-type: ${taken.join(' or ')}.`)
  return raw.parse(bytes, request)
}

/** Query parameters whose schema takes a list may repeat or hold commas. */
function listParameters(schema: z.ZodType | undefined): ReadonlySet<string> {
  const shape: Record<string, z.ZodType> = (schema as z.ZodObject | undefined)?.shape ?? {}
  const lists = Object.entries(shape).filter(([, field]) => {
    const inner =
      field.def.type === 'optional' ? (field.def as unknown as { innerType: z.ZodType }).innerType : field
    return inner.def.type === 'array'
  })
  return new Set(lists.map(([name]) => name))
}

/** Nobody waits longer than the deadline, even if something behind forgets its own. */
async function inTime(spec: AnyOperation, deadline: Date, answer: Promise<Answer> | Answer): Promise<Answer> {
  if (spec.streams) return answer
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    // A moment later than the calls behind, whose errors say more.
    const left = Math.max(0, deadline.getTime() - Date.now()) + 250
    timer = setTimeout(() => reject(problems.unavailable('The answer took too long.')), left)
  })
  try {
    return await Promise.race([answer, late])
  } finally {
    clearTimeout(timer)
  }
}

async function once(
  spec: AnyOperation,
  c: Context<GatewayEnv>,
  context: OperationContext,
  identity: RequestIdentity,
  input: AnyInput,
  raw: unknown,
  deps: RouterDeps,
): Promise<Response> {
  const url = new URL(c.req.url)
  const hash = bodyHash([raw ?? null, url.search])
  const remembered = await deps.idempotency.once(identity, hash, context.call.deadline, async () => {
    try {
      const answer = await inTime(spec, context.call.deadline, spec.handle(input, context))
      return await remember(toResponse(answer))
    } catch (error) {
      return remember(await problemMapper()(error as Error, c))
    }
  })
  return new Response(remembered.status === 204 ? null : remembered.body, {
    status: remembered.status,
    headers: remembered.headers,
  })
}

async function remember(response: Response): Promise<RememberedAnswer> {
  return {
    status: response.status,
    headers: Object.fromEntries(response.headers),
    body: await response.text(),
  }
}

function toResponse(answer: Answer): Response {
  if (answer instanceof Response) return answer
  const { status, body, headers = {} } = answer
  if (body === undefined) return new Response(null, { status, headers })
  return new Response(JSON.stringify(body), {
    status,
    headers: { 'content-type': 'application/json', ...headers },
  })
}
