import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { asProblem } from '@onus/kit/errors'
import type { Logger } from '@onus/kit/logging'
import { Problem, problemDocument, problems } from '@onus/kit/problems'
import { inSpan, meter, recordHttpRequest } from '@onus/kit/telemetry'
import type { EncryptionCodec } from '@onus/kit/temporal'
import { z } from 'zod'
import type { createAuthorize } from './authorize.ts'

const payloadsSeen = meter.createCounter('onus.codec.payloads', {
  description: 'Payloads that the codec server encoded or decoded, by outcome',
})

export interface CodecAppDeps {
  codec: Pick<EncryptionCodec, 'encode' | 'decode'>
  authorize: ReturnType<typeof createAuthorize>
  /** Origins that browsers may ask from. */
  origins: readonly string[]
  namespace: string
  log: Logger
}

/** A page of a history may be as large as a gRPC message of the server. */
const MAX_BODY_BYTES = 8 * 1024 * 1024
const MAX_PAYLOADS = 10_000
const BASE64 = /^[A-Za-z0-9+/_-]*={0,2}$/

const base64 = z.string().regex(BASE64, 'must be base64')
const payloadSchema = z.object({
  metadata: z.record(z.string(), base64).default({}),
  data: base64.default(''),
})
const bodySchema = z.object({ payloads: z.array(payloadSchema).max(MAX_PAYLOADS).default([]) })
type JsonPayload = z.infer<typeof payloadSchema>

const fromJson = ({ metadata, data }: JsonPayload) => ({
  metadata: Object.fromEntries(
    Object.entries(metadata).map(([key, value]) => [key, Buffer.from(value, 'base64')]),
  ),
  data: Buffer.from(data, 'base64'),
})

interface Payload {
  metadata?: Record<string, Uint8Array> | null
  data?: Uint8Array | null
}
const toJson = ({ metadata, data }: Payload): JsonPayload => ({
  metadata: Object.fromEntries(
    Object.entries(metadata ?? {}).map(([key, value]) => [key, Buffer.from(value).toString('base64')]),
  ),
  data: Buffer.from(data ?? []).toString('base64'),
})

/** Temporal's remote codec: `POST /encode` and `POST /decode`, for its UI and its command line. */
export function createCodecApp(deps: CodecAppDeps): RequestListener {
  return (request, response) => {
    const began = performance.now()
    const route = ROUTES.find((known) => known === request.url?.split('?')[0])
    inSpan('HTTP POST', { kind: 'server', attributes: { 'http.route': route ?? 'none' } }, () =>
      answer(deps, route, request, response),
    )
      .catch((error) => fail(deps, error, response))
      .finally(() =>
        recordHttpRequest({
          method: request.method ?? 'GET',
          route: route ?? 'none',
          status: response.statusCode,
          seconds: (performance.now() - began) / 1000,
        }),
      )
  }
}

const ROUTES = ['/encode', '/decode'] as const
type Route = (typeof ROUTES)[number]

async function answer(
  deps: CodecAppDeps,
  route: Route | undefined,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  response.setHeader('cache-control', 'no-store')
  response.setHeader('x-content-type-options', 'nosniff')
  allowOrigin(deps.origins, request, response)
  if (route === undefined) throw problems.notFound('page', request.url?.split('?')[0] ?? '')
  if (request.method === 'OPTIONS') return void response.writeHead(204).end()
  if (request.method !== 'POST') {
    response.setHeader('allow', 'POST, OPTIONS')
    throw new Problem('method-not-allowed', 'Send a POST.')
  }
  const operator = await deps.authorize(request.headers.authorization)
  const namespace = request.headers['x-namespace']
  if (namespace !== undefined && namespace !== deps.namespace)
    throw problems.forbidden('decode payloads of another namespace')
  const { payloads } = await readBody(request)
  const work = route === '/decode' ? decode : encode
  const done = await work(deps.codec, payloads)
  payloadsSeen.add(done.length, { operation: route.slice(1), outcome: 'done' })
  deps.log.info({ ...operator, payloads: done.length }, route === '/decode' ? 'decoded' : 'encoded')
  response.writeHead(200, { 'content-type': 'application/json' })
  response.end(JSON.stringify({ payloads: done }))
}

async function encode(codec: CodecAppDeps['codec'], payloads: JsonPayload[]): Promise<JsonPayload[]> {
  return (await codec.encode(payloads.map(fromJson))).map(toJson)
}

/** One that cannot be read stays as it is, so that the others of a history can. */
async function decode(codec: CodecAppDeps['codec'], payloads: JsonPayload[]): Promise<JsonPayload[]> {
  return await Promise.all(
    payloads.map(async (payload) => {
      try {
        const [plain] = await codec.decode([fromJson(payload)])
        return toJson(plain!)
      } catch {
        payloadsSeen.add(1, { operation: 'decode', outcome: 'unreadable' })
        return payload
      }
    }),
  )
}

function allowOrigin(origins: readonly string[], request: IncomingMessage, response: ServerResponse): void {
  response.setHeader('vary', 'origin')
  const { origin } = request.headers
  if (origin === undefined || !origins.includes(origin)) return
  response.setHeader('access-control-allow-origin', origin)
  response.setHeader('access-control-allow-credentials', 'true')
  response.setHeader('access-control-allow-methods', 'POST, OPTIONS')
  response.setHeader('access-control-allow-headers', 'authorization, content-type, x-namespace')
  response.setHeader('access-control-max-age', '600')
}

async function readBody(request: IncomingMessage): Promise<z.infer<typeof bodySchema>> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > MAX_BODY_BYTES)
      throw new Problem('payload-too-large', `A body has at most ${MAX_BODY_BYTES} bytes.`)
    chunks.push(chunk)
  }
  let value: unknown
  try {
    value = JSON.parse(Buffer.concat(chunks).toString('utf8'))
  } catch {
    throw problems.invalid([{ field: 'body', message: 'must be JSON' }])
  }
  const parsed = bodySchema.safeParse(value)
  if (parsed.success) return parsed.data
  throw problems.invalid(
    parsed.error.issues.map(({ path, message }) => ({ field: path.join('.') || 'body', message })),
  )
}

function fail({ log }: CodecAppDeps, error: unknown, response: ServerResponse): void {
  const problem = asProblem(error)
  if (problem.status >= 500) log.error({ err: error }, 'a request broke')
  else log.warn({ reason: problem.reason }, 'a request was refused')
  if (response.headersSent) return void response.destroy()
  if (problem.status === 401) response.setHeader('www-authenticate', 'Bearer')
  response.writeHead(problem.status, { 'content-type': 'application/problem+json', connection: 'close' })
  response.end(JSON.stringify(problemDocument(problem)))
}
