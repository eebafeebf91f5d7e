import type { Clock } from '@onus/kit/clock'
import { stableId } from '@onus/kit/ids'
import { DeliveryFailure } from '../../domain/failure.ts'
import type { ApnsKey } from '../../domain/push-credentials.ts'
import type { PushMessage } from '../../render/push.ts'
import { type ApnsAnswer, type ApnsSession, createApnsSession } from './apns-session.ts'
import { fitting, LARGEST_PAYLOAD } from './fit.ts'
import { signJwt } from './jwt.ts'

export interface ApnsOptions {
  /** Default `https://api.push.apple.com`. */
  url?: string | undefined
  /** Default `https://api.sandbox.push.apple.com`. */
  sandboxUrl?: string | undefined
  /** Default 10 s. */
  timeoutMs?: number
  /** How often an idle connection is tried. Default 1 min. */
  pingMs?: number
  clock: Clock
}

/** Sends to Apple's devices. */
export interface Apns {
  /**
   * @param deviceId part of the message's identity, so that each device has its own
   * @throws DeliveryFailure; `recipient` when the token does not exist any more
   */
  send(key: ApnsKey, deviceId: string, token: string, message: PushMessage): Promise<void>
  close(): void
}

/** Apple refuses tokens that are older than an hour, and teams that make new ones every 20 minutes. */
const TOKEN_MS = 40 * 60_000
const FRESH_MS = 20 * 60_000

/** The app was removed from the device. What may be our own mistake (another app, the sandbox) is not here. */
const DEAD: ReadonlySet<string> = new Set(['Unregistered', 'ExpiredToken'])
/** Something about the key, the team or the app: every message has to wait for an admin. */
const REFUSED: ReadonlySet<string> = new Set([
  'InvalidProviderToken',
  'ExpiredProviderToken',
  'MissingProviderToken',
  'TooManyProviderTokenUpdates',
  'BadTopic',
  'TopicDisallowed',
  'MissingTopic',
  'Forbidden',
  'BadCertificate',
  'BadCertificateEnvironment',
  'BadEnvironmentKeyIdInToken',
  'UnrelatedKeyIdInToken',
])

interface ProviderToken {
  token: string
  madeAt: number
}

/** A client of the Apple Push Notification service over HTTP/2. */
export function createApns({
  url = 'https://api.push.apple.com',
  sandboxUrl = 'https://api.sandbox.push.apple.com',
  timeoutMs = 10_000,
  pingMs,
  clock,
}: ApnsOptions): Apns {
  /** One connection for each key: Apple does not take tokens of several teams on one. */
  const sessions = new Map<string, ApnsSession>()
  const tokens = new Map<string, ProviderToken>()

  function sessionFor({ teamId, keyId, production }: ApnsKey): ApnsSession {
    const id = `${teamId} ${keyId} ${production}`
    const known = sessions.get(id)
    if (known) return known
    const origin = production ? url : sandboxUrl
    const made = createApnsSession({ origin, timeoutMs, ...(pingMs && { pingMs }) })
    sessions.set(id, made)
    return made
  }

  /** The token in use, or a new one when it is `oldestMs` old. */
  function providerToken({ teamId, keyId, key }: ApnsKey, oldestMs = TOKEN_MS): ProviderToken {
    const id = stableId(teamId, keyId, key)
    const now = clock().getTime()
    const known = tokens.get(id)
    if (known && now - known.madeAt < oldestMs) return known
    const claims = { iss: teamId, iat: Math.floor(now / 1000) }
    const made = { token: signJwt('ES256', key, { kid: keyId }, claims), madeAt: now }
    tokens.set(id, made)
    return made
  }

  return {
    async send(key, deviceId, token, message) {
      const now = Math.floor(clock().getTime() / 1000)
      const body = fitting(message.body, LARGEST_PAYLOAD, (text) => payload({ ...message, body: text }))
      const attempt = (bearer: ProviderToken): Promise<ApnsAnswer> =>
        sessionFor(key).post(
          `/3/device/${token}`,
          {
            authorization: `bearer ${bearer.token}`,
            'apns-topic': key.topic,
            'apns-push-type': 'alert',
            'apns-id': uuidOf(stableId('apns', message.noticeId, deviceId)),
            'apns-collapse-id': message.collapseKey,
            'apns-expiration': String(now + message.ttlSeconds),
            'apns-priority': message.urgent ? '10' : '5',
            'content-type': 'application/json',
          },
          body,
        )
      const used = providerToken(key)
      let answer = await attempt(used)
      if (reasonOf(answer) === 'ExpiredProviderToken') {
        const fresh = providerToken(key, FRESH_MS)
        if (fresh !== used) answer = await attempt(fresh)
      }
      if (answer.status !== 200) throw apnsFailure(answer)
    },
    close() {
      for (const session of sessions.values()) session.close()
      sessions.clear()
    },
  }
}

function payload(message: PushMessage): string {
  const { title, body, noticeId, ticketId, event, url, why, preferenceUrl, collapseKey, urgent } = message
  return JSON.stringify({
    aps: {
      alert: { title, body },
      sound: 'default',
      'thread-id': collapseKey,
      'interruption-level': urgent ? 'active' : 'passive',
    },
    noticeId,
    ticketId,
    why,
    preferenceUrl,
    event,
    url,
  })
}

function apnsFailure(answer: ApnsAnswer): DeliveryFailure {
  const reason = reasonOf(answer) ?? `HTTP ${answer.status}`
  const text = `APNs: ${reason}`
  if (answer.status === 410 || DEAD.has(reason)) return new DeliveryFailure('recipient', text)
  if (REFUSED.has(reason))
    return new DeliveryFailure('temporary', text, {
      broken: 'token',
      ...(reason === 'TooManyProviderTokenUpdates' && { retryAfterMs: FRESH_MS }),
    })
  const seconds = Number(answer.headers['retry-after'])
  const retryAfterMs = seconds > 0 ? Math.min(seconds, 24 * 3600) * 1000 : undefined
  // Said of one device that gets too much; Apple itself is well.
  if (answer.status === 429)
    return new DeliveryFailure('temporary', text, { retryAfterMs, broken: 'address' })
  if (answer.status >= 500) return new DeliveryFailure('temporary', text, { retryAfterMs })
  return new DeliveryFailure('message', text)
}

function reasonOf({ body }: ApnsAnswer): string | undefined {
  try {
    const { reason } = JSON.parse(body) as { reason?: unknown }
    return typeof reason === 'string' ? reason : undefined
  } catch {
    return undefined
  }
}

const uuidOf = (id: string) => id.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
