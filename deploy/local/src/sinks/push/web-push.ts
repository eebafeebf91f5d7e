import {
  createDecipheriv,
  createECDH,
  createPublicKey,
  type ECDH,
  hkdfSync,
  randomBytes,
  randomUUID,
} from 'node:crypto'
import { jwtVerify } from 'jose'
import type { HttpCall, HttpReply } from '../http.ts'
import type { DeviceState, SunkPush } from './types.ts'

const LARGEST_BODY = 4096
const LONGEST_VAPID_SECONDS = 24 * 60 * 60
const URGENCIES = ['very-low', 'low', 'normal', 'high']

interface Subscriber {
  pair: ECDH
  auth: Buffer
  /** Restricts the subscription to one sender, as browsers do. */
  applicationServerKey: string | undefined
}

/** What a browser gives a page that subscribes. */
export interface Subscription {
  endpoint: string
  keys: { p256dh: string; auth: string }
}

/** A stand-in for a browser and its push service: it makes subscriptions, and opens what comes for them. */
export class WebPushSink {
  readonly #subscribers = new Map<string, Subscriber>()
  readonly #stateOf: (token: string) => DeviceState

  constructor(stateOf: (token: string) => DeviceState) {
    this.#stateOf = stateOf
  }

  subscribe(origin: string, applicationServerKey?: string): Subscription {
    const pair = createECDH('prime256v1')
    pair.generateKeys()
    const auth = randomBytes(16)
    const id = randomUUID()
    this.#subscribers.set(id, { pair, auth, applicationServerKey })
    return {
      endpoint: `${origin}/web-push/${id}`,
      keys: { p256dh: pair.getPublicKey().toString('base64url'), auth: auth.toString('base64url') },
    }
  }

  async answer(call: HttpCall, origin: string, received: (push: SunkPush) => void): Promise<HttpReply> {
    const id = call.path.slice('/web-push/'.length)
    const endpoint = `${origin}${call.path}`
    const subscriber = this.#subscribers.get(id)
    if (!subscriber) return refuse(404, 'there is no such subscription')
    if (call.method !== 'POST') return refuse(405, 'POST only')
    const fault = (await faultOfSender(call, origin, subscriber)) ?? faultOfRequest(call)
    if (fault) return fault
    const state = this.#stateOf(endpoint)
    if (state === 'gone' || state === 'invalid') return refuse(410, 'the subscription has ended')
    if (state === 'foreign') return refuse(403, 'another sender')
    if (state === 'busy') return { ...refuse(429, 'too many'), headers: { 'retry-after': '2' } }
    if (state === 'unavailable') return { ...refuse(503, 'unavailable'), headers: { 'retry-after': '1' } }
    let payload: Record<string, unknown>
    try {
      payload = JSON.parse(decrypt(call.bytes, subscriber).toString('utf8'))
    } catch {
      return refuse(400, 'the message cannot be opened with this subscription’s keys')
    }
    const { title, body, ...data } = payload
    received({
      provider: 'web_push',
      receivedAt: new Date().toISOString(),
      token: endpoint,
      title: String(title ?? ''),
      body: String(body ?? ''),
      data,
      headers: Object.fromEntries(
        ['ttl', 'topic', 'urgency', 'content-encoding'].flatMap((name) => {
          const value = call.headers[name]
          return typeof value === 'string' ? [[name, value]] : []
        }),
      ),
      payload,
    })
    return {
      status: 201,
      headers: { location: `${origin}/messages/${randomUUID()}`, ttl: String(call.headers.ttl) },
    }
  }
}

const refuse = (status: number, message: string): HttpReply => ({ status, body: { errno: status, message } })

/** VAPID (RFC 8292). */
async function faultOfSender(
  { headers }: HttpCall,
  origin: string,
  { applicationServerKey }: Subscriber,
): Promise<HttpReply | undefined> {
  const [, token, key] = /^vapid t=([\w.-]+), ?k=([\w-]+)$/i.exec(headers.authorization ?? '') ?? []
  if (!token || !key) return refuse(401, 'a VAPID token is needed')
  if (applicationServerKey && applicationServerKey !== key)
    return refuse(403, 'another VAPID key than subscribed with')
  try {
    const point = Buffer.from(key, 'base64url')
    const jwk = {
      kty: 'EC',
      crv: 'P-256',
      x: point.subarray(1, 33).toString('base64url'),
      y: point.subarray(33).toString('base64url'),
    }
    const { payload } = await jwtVerify(token, createPublicKey({ key: jwk, format: 'jwk' }), {
      algorithms: ['ES256'],
      audience: origin,
      requiredClaims: ['exp', 'aud', 'sub'],
    })
    if ((payload.exp ?? 0) > Date.now() / 1000 + LONGEST_VAPID_SECONDS)
      return refuse(403, 'the VAPID token lives too long')
    if (!/^(mailto:[^\s@]+@[^\s@]+|https:\/\/\S+)$/.test(payload.sub ?? ''))
      return refuse(403, 'the VAPID token names nobody to write to')
    return undefined
  } catch {
    return refuse(403, 'the VAPID token is not valid')
  }
}

/** RFC 8030, and the limits of those who serve it. */
function faultOfRequest({ headers, bytes }: HttpCall): HttpReply | undefined {
  if (!/^\d+$/.test(String(headers.ttl ?? ''))) return refuse(400, 'TTL is missing')
  if (headers.topic !== undefined && !/^[\w-]{1,32}$/.test(String(headers.topic)))
    return refuse(400, 'Topic has at most 32 characters of base64url')
  if (headers.urgency !== undefined && !URGENCIES.includes(String(headers.urgency)))
    return refuse(400, 'Urgency is unknown')
  if (bytes.length > LARGEST_BODY) return refuse(413, 'too large')
  if (headers['content-encoding'] !== 'aes128gcm') return refuse(415, 'Content-Encoding must be aes128gcm')
  return undefined
}

/** What the browser does: opens one record of aes128gcm (RFC 8188) with the keys of RFC 8291. */
function decrypt(bytes: Buffer, { pair, auth }: Subscriber): Buffer {
  const salt = bytes.subarray(0, 16)
  const keyLength = bytes[20] ?? 0
  const sender = bytes.subarray(21, 21 + keyLength)
  const sealed = bytes.subarray(21 + keyLength)
  const info = Buffer.concat([Buffer.from('WebPush: info\0'), pair.getPublicKey(), sender])
  const secret = Buffer.from(hkdfSync('sha256', pair.computeSecret(sender), auth, info, 32))
  const key = Buffer.from(hkdfSync('sha256', secret, salt, 'Content-Encoding: aes128gcm\0', 16))
  const nonce = Buffer.from(hkdfSync('sha256', secret, salt, 'Content-Encoding: nonce\0', 12))
  const decipher = createDecipheriv('aes-128-gcm', key, nonce, { authTagLength: 16 })
  decipher.setAuthTag(sealed.subarray(-16))
  const padded = Buffer.concat([decipher.update(sealed.subarray(0, -16)), decipher.final()])
  // The last record: the text, a 2, and zeros.
  const end = padded.lastIndexOf(2)
  return padded.subarray(0, end)
}
