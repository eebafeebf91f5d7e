import { createPublicKey, randomUUID } from 'node:crypto'
import { createServer, type Http2Server, type Http2Session, type ServerHttp2Stream } from 'node:http2'
import { decodeJwt, decodeProtectedHeader, jwtVerify } from 'jose'
import type { Behaviour } from '../behaviour.ts'
import type { ApnsCredential, DeviceState, SunkPush } from './types.ts'

const LARGEST_PAYLOAD = 4096
const OLDEST_TOKEN_SECONDS = 60 * 60
const TOKEN_UPDATE_MS = 20 * 60_000
const PUSH_TYPES = [
  'alert',
  'background',
  'location',
  'voip',
  'complication',
  'fileprovider',
  'mdm',
  'liveactivity',
]
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

interface Answer {
  status: number
  reason?: string
  headers?: Record<string, string>
  more?: object
}

interface Sent {
  method: string
  path: string
  headers: Record<string, string>
  body: Buffer
}

export interface ApnsSinkDeps {
  credentials: ApnsCredential[]
  stateOf(token: string): DeviceState
  behaviour(): Behaviour
  received(push: SunkPush): void
}

/** A stand-in for Apple's push service: HTTP/2 without TLS, on loopback. */
export function createApnsSink(deps: ApnsSinkDeps): Http2Server {
  const server = createServer()
  server.on('sessionError', () => {})
  server.on('stream', (stream, given) => {
    stream.on('error', () => {})
    const headers = Object.fromEntries(Object.entries(given).map(([name, value]) => [name, String(value)]))
    const chunks: Buffer[] = []
    stream.on('data', (chunk: Buffer) => chunks.push(chunk))
    stream.on('end', () => {
      const sent = {
        method: headers[':method'] ?? '',
        path: headers[':path'] ?? '',
        headers,
        body: Buffer.concat(chunks),
      }
      answerTo(deps, stream, sent).then((answer) => answer && reply(stream, sent, answer))
    })
  })
  return server
}

async function answerTo(
  deps: ApnsSinkDeps,
  stream: ServerHttp2Stream,
  sent: Sent,
): Promise<Answer | undefined> {
  const { mode, retryAfter = 1 } = deps.behaviour()
  if (mode === 'hang') return undefined
  if (mode === 'refuse') return { status: 503, reason: 'ServiceUnavailable' }
  if (mode === 'rate_limit')
    return { status: 429, reason: 'TooManyRequests', headers: { 'retry-after': String(retryAfter) } }
  const fault =
    faultOfRequest(sent) ?? (await faultOfToken(deps, stream.session, sent)) ?? faultOfMessage(sent)
  if (fault) return fault
  const token = sent.path.split('/').at(-1) ?? ''
  const refused = refusedDevice(deps.stateOf(token))
  if (refused) return refused
  const payload = JSON.parse(sent.body.toString('utf8')) as Record<string, unknown>
  const { aps, ...data } = payload as { aps: { alert?: { title?: string; body?: string } | string } }
  const alert = typeof aps.alert === 'string' ? { body: aps.alert } : aps.alert
  deps.received({
    provider: 'apns',
    receivedAt: new Date().toISOString(),
    token,
    title: alert?.title ?? '',
    body: alert?.body ?? '',
    data,
    headers: Object.fromEntries(
      Object.entries(sent.headers).filter(([name]) => !name.startsWith(':') && name !== 'authorization'),
    ),
    payload,
  })
  return { status: 200 }
}

function faultOfRequest({ method, path }: Sent): Answer | undefined {
  const token = /^\/3\/device\/([^/]*)$/.exec(path)?.[1]
  if (token === undefined) return { status: 404, reason: 'BadPath' }
  if (method !== 'POST') return { status: 405, reason: 'MethodNotAllowed' }
  if (token === '') return { status: 400, reason: 'MissingDeviceToken' }
  if (!/^([0-9a-f]{2}){32,100}$/i.test(token)) return { status: 400, reason: 'BadDeviceToken' }
  return undefined
}

/** Tokens that a connection has used, and since when. */
const used = new WeakMap<Http2Session, Map<string, { token: string; since: number }>>()

async function faultOfToken(
  { credentials }: ApnsSinkDeps,
  session: Http2Session | undefined,
  { headers }: Sent,
): Promise<Answer | undefined> {
  const token = /^bearer (\S+)$/i.exec(headers.authorization ?? '')?.[1]
  if (!token) return { status: 403, reason: 'MissingProviderToken' }
  const invalid = { status: 403, reason: 'InvalidProviderToken' }
  let credential: ApnsCredential | undefined
  try {
    const { kid, alg } = decodeProtectedHeader(token)
    const { iss, iat } = decodeJwt(token)
    credential = credentials.find(({ keyId, teamId }) => keyId === kid && teamId === iss)
    if (!credential || alg !== 'ES256' || typeof iat !== 'number') return invalid
    await jwtVerify(token, createPublicKey(credential.publicKey), { algorithms: ['ES256'] })
    const age = Date.now() / 1000 - iat
    if (age > OLDEST_TOKEN_SECONDS) return { status: 403, reason: 'ExpiredProviderToken' }
    if (age < -60) return invalid
  } catch {
    return invalid
  }
  const topic = headers['apns-topic']
  if (!topic) return { status: 400, reason: 'MissingTopic' }
  if (!credential.topics.includes(topic)) return { status: 400, reason: 'TopicDisallowed' }
  return session && isTooNew(session, credential.keyId, token)
    ? { status: 429, reason: 'TooManyProviderTokenUpdates' }
    : undefined
}

function isTooNew(session: Http2Session, keyId: string, token: string): boolean {
  const tokens = used.get(session) ?? new Map<string, { token: string; since: number }>()
  used.set(session, tokens)
  const last = tokens.get(keyId)
  if (last?.token === token) return false
  if (last && Date.now() - last.since < TOKEN_UPDATE_MS) return true
  tokens.set(keyId, { token, since: Date.now() })
  return false
}

function faultOfMessage({ headers, body }: Sent): Answer | undefined {
  const bad = (reason: string): Answer => ({ status: 400, reason })
  if (!PUSH_TYPES.includes(headers['apns-push-type'] ?? '')) return bad('InvalidPushType')
  if (headers['apns-id'] && !UUID.test(headers['apns-id'])) return bad('BadMessageId')
  if (Buffer.byteLength(headers['apns-collapse-id'] ?? '') > 64) return bad('BadCollapseId')
  if (!/^\d*$/.test(headers['apns-expiration'] ?? '')) return bad('BadExpirationDate')
  if (!['', '1', '5', '10'].includes(headers['apns-priority'] ?? '')) return bad('BadPriority')
  if (body.length === 0) return bad('PayloadEmpty')
  if (body.length > LARGEST_PAYLOAD) return { status: 413, reason: 'PayloadTooLarge' }
  try {
    const { aps } = JSON.parse(body.toString('utf8')) as { aps?: unknown }
    return typeof aps === 'object' && aps !== null ? undefined : bad('PayloadEmpty')
  } catch {
    return bad('PayloadEmpty')
  }
}

/** How Apple speaks of such a device. */
function refusedDevice(state: DeviceState): Answer | undefined {
  switch (state) {
    case 'gone':
      return { status: 410, reason: 'Unregistered', more: { timestamp: Date.now() } }
    case 'invalid':
      return { status: 400, reason: 'BadDeviceToken' }
    case 'foreign':
      return { status: 400, reason: 'DeviceTokenNotForTopic' }
    case 'busy':
      return { status: 429, reason: 'TooManyRequests' }
    case 'unavailable':
      return { status: 503, reason: 'ServiceUnavailable' }
    default:
      return undefined
  }
}

function reply(stream: ServerHttp2Stream, sent: Sent, { status, reason, headers, more }: Answer): void {
  if (stream.destroyed || stream.closed) return
  stream.respond({
    ':status': status,
    'apns-id': sent.headers['apns-id'] ?? randomUUID().toUpperCase(),
    ...headers,
  })
  stream.end(reason ? JSON.stringify({ reason, ...more }) : undefined)
}
