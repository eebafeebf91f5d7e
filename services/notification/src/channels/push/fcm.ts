import type { Clock } from '@onus/kit/clock'
import { stableId } from '@onus/kit/ids'
import { DeliveryFailure } from '../../domain/failure.ts'
import type { ServiceAccount } from '../../domain/push-credentials.ts'
import type { PushMessage } from '../../render/push.ts'
import { post, retryAfterMs } from '../http.ts'
import { fitting, LARGEST_PAYLOAD } from './fit.ts'
import { signJwt } from './jwt.ts'

export interface FcmOptions {
  /** Default `https://fcm.googleapis.com`. */
  url?: string | undefined
  /** Where access tokens are asked for. Default Google's; never what a key file says. */
  tokenUrl?: string | undefined
  /** Default 10 s. */
  timeoutMs?: number
  clock: Clock
}

/** Sends to Android devices, and to whatever else registered with Firebase. */
export interface Fcm {
  /** @throws DeliveryFailure; `recipient` when the token does not exist any more */
  send(account: ServiceAccount, token: string, message: PushMessage): Promise<void>
}

const SCOPE = 'https://www.googleapis.com/auth/firebase.messaging'
const GRANT = 'urn:ietf:params:oauth:grant-type:jwt-bearer'
const ASSERTION_SECONDS = 3600
/** A token is left this long before it ends, so that none ends on its way. */
const EARLY_MS = 60_000
/** What Google asks to wait when it does not say. */
const QUOTA_WAIT_MS = 60_000

interface AccessToken {
  token: string
  until: number
}

/** A client of Firebase Cloud Messaging, HTTP v1. */
export function createFcm({
  url = 'https://fcm.googleapis.com',
  tokenUrl = 'https://oauth2.googleapis.com/token',
  timeoutMs = 10_000,
  clock,
}: FcmOptions): Fcm {
  /**
   * Tokens by key; those who come while one is asked for share the answer. The private key is part of it: the
   * rest of a key file is no secret, and must not open what another account's key has opened.
   */
  const tokens = new Map<string, Promise<AccessToken>>()
  const keyOf = ({ clientEmail, privateKeyId, privateKey }: ServiceAccount) =>
    stableId(clientEmail, privateKeyId, privateKey)

  async function accessToken(account: ServiceAccount): Promise<string> {
    const key = keyOf(account)
    const known = await tokens.get(key)
    if (known && known.until > clock().getTime()) return known.token
    const current = tokens.get(key)
    const asked = current && (await current) !== known ? current : askForToken(account)
    tokens.set(key, asked)
    asked.catch(() => tokens.get(key) === asked && tokens.delete(key))
    return (await asked).token
  }

  async function askForToken(account: ServiceAccount): Promise<AccessToken> {
    const now = Math.floor(clock().getTime() / 1000)
    const assertion = signJwt(
      'RS256',
      account.privateKey,
      { typ: 'JWT', kid: account.privateKeyId },
      { iss: account.clientEmail, scope: SCOPE, aud: tokenUrl, iat: now, exp: now + ASSERTION_SECONDS },
    )
    const response = await post(tokenUrl, {
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams({ grant_type: GRANT, assertion }).toString(),
      timeoutMs,
    })
    const answer = await readJson<TokenAnswer>(response)
    if (response.ok && answer?.access_token)
      return {
        token: answer.access_token,
        until: now * 1000 + (answer.expires_in ?? ASSERTION_SECONDS) * 1000 - EARLY_MS,
      }
    const why = answer?.error
      ? `${answer.error}: ${answer.error_description ?? ''}`
      : `HTTP ${response.status}`
    throw new DeliveryFailure('temporary', `FCM access token: ${why}`, {
      retryAfterMs: retryAfterMs(response),
      // The key or the account is refused: an admin has to mend it.
      ...(response.status < 500 && response.status !== 429 && { broken: 'token' as const }),
    })
  }

  return {
    async send(account, token, message) {
      const body = fitting(message.body, LARGEST_PAYLOAD, (text) =>
        sendBody(token, { ...message, body: text }),
      )
      const bearer = await accessToken(account)
      const response = await post(`${url}/v1/projects/${account.projectId}/messages:send`, {
        headers: { authorization: `Bearer ${bearer}`, 'content-type': 'application/json' },
        body,
        timeoutMs,
      })
      const answer = await readJson<FcmAnswer>(response)
      if (response.ok) return
      if (response.status === 401) tokens.delete(keyOf(account))
      throw fcmFailure(response, answer)
    },
  }
}

/** Body of `messages:send`. All data values are strings there. */
function sendBody(token: string, message: PushMessage): string {
  const { title, body, collapseKey, noticeId, ticketId, event, url, ttlSeconds, urgent } = message
  const { why, preferenceUrl } = message
  return JSON.stringify({
    message: {
      token,
      notification: { title, body },
      data: { noticeId, ticketId, event, url, why, preferenceUrl },
      android: {
        collapse_key: collapseKey,
        ttl: `${ttlSeconds}s`,
        priority: urgent ? 'HIGH' : 'NORMAL',
        notification: { tag: collapseKey },
      },
      apns: { headers: { 'apns-collapse-id': collapseKey } },
      webpush: {
        headers: { TTL: String(ttlSeconds), Topic: collapseKey, Urgency: urgent ? 'high' : 'normal' },
      },
    },
  })
}

/** What a refusal means. */
function fcmFailure(response: Response, answer: FcmAnswer | undefined): DeliveryFailure {
  const { status, message, details = [] } = answer?.error ?? {}
  const code = details.find(({ errorCode }) => errorCode)?.errorCode ?? status ?? `HTTP ${response.status}`
  const text = `FCM: ${code}`
  const wait = retryAfterMs(response)
  switch (code) {
    case 'UNREGISTERED':
      return new DeliveryFailure('recipient', text)
    case 'INVALID_ARGUMENT':
      // Said of a token that is none, and of a message that we made badly.
      return /registration token/i.test(`${message} ${JSON.stringify(details)}`)
        ? new DeliveryFailure('recipient', `${text}: no valid token`)
        : new DeliveryFailure('message', `${text}: ${message ?? ''}`)
    case 'SENDER_ID_MISMATCH':
      // Perhaps only until an admin connects the right project: the device stays.
      return new DeliveryFailure('message', `${text}: the device belongs to another Firebase project`)
    case 'QUOTA_EXCEEDED':
      return new DeliveryFailure('temporary', text, { retryAfterMs: wait ?? QUOTA_WAIT_MS, broken: 'token' })
    default:
      return new DeliveryFailure('temporary', text, {
        retryAfterMs: wait,
        ...([401, 403, 404, 429].includes(response.status) && { broken: 'token' as const }),
      })
  }
}

interface TokenAnswer {
  access_token?: string
  expires_in?: number
  error?: string
  error_description?: string
}

interface FcmAnswer {
  error?: { status?: string; message?: string; details?: { errorCode?: string }[] }
}

async function readJson<T>(response: Response): Promise<T | undefined> {
  try {
    return (await response.json()) as T
  } catch {
    return undefined
  }
}
