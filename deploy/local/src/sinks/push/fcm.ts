import { createPublicKey, randomBytes, randomUUID } from 'node:crypto'
import { decodeJwt, decodeProtectedHeader, jwtVerify } from 'jose'
import { z } from 'zod'
import type { HttpCall, HttpReply } from '../http.ts'
import type { DeviceState, FcmCredential, SunkPush } from './types.ts'

const GRANT = 'urn:ietf:params:oauth:grant-type:jwt-bearer'
const SCOPES = [
  'https://www.googleapis.com/auth/firebase.messaging',
  'https://www.googleapis.com/auth/cloud-platform',
]
const TOKEN_SECONDS = 3599
const LONGEST_TTL = 2_419_200
const LARGEST_PAYLOAD = 4096
/** Keys that Firebase keeps to itself. */
const RESERVED_KEY = /^(from|message_type|google\..*|gcm\..*)$/

const strings = z.record(z.string(), z.string())
const ttl = z
  .string()
  .regex(/^\d+(\.\d{1,9})?s$/)
  .refine((value) => Number.parseFloat(value) <= LONGEST_TTL)

/** The part of `Message` that is checked; unknown fields are refused as there. */
const messageSchema = z.strictObject({
  name: z.string().optional(),
  token: z.string().min(1).optional(),
  topic: z.string().min(1).optional(),
  condition: z.string().min(1).optional(),
  notification: z
    .strictObject({ title: z.string().optional(), body: z.string().optional(), image: z.string().optional() })
    .optional(),
  data: strings.optional(),
  android: z
    .strictObject({
      collapse_key: z.string().optional(),
      priority: z.enum(['NORMAL', 'HIGH', 'normal', 'high']).optional(),
      ttl: ttl.optional(),
      restricted_package_name: z.string().optional(),
      data: strings.optional(),
      notification: z.record(z.string(), z.unknown()).optional(),
      direct_boot_ok: z.boolean().optional(),
    })
    .optional(),
  webpush: z.strictObject({ headers: strings.optional(), data: strings.optional() }).loose().optional(),
  apns: z
    .strictObject({ headers: strings.optional(), payload: z.record(z.string(), z.unknown()).optional() })
    .loose()
    .optional(),
  fcm_options: z.strictObject({ analytics_label: z.string().optional() }).optional(),
})
const sendSchema = z.strictObject({ validate_only: z.boolean().optional(), message: messageSchema })

/** A stand-in for Google's token endpoint and Firebase Cloud Messaging, HTTP v1. */
export class FcmSink {
  readonly #credentials: FcmCredential[]
  readonly #stateOf: (token: string) => DeviceState
  readonly #tokens = new Map<string, { project: string; until: number }>()

  constructor(credentials: FcmCredential[], stateOf: (token: string) => DeviceState) {
    this.#credentials = credentials
    this.#stateOf = stateOf
  }

  /** Ends every access token that was given out. */
  expireTokens(): void {
    for (const token of this.#tokens.values()) token.until = 0
  }

  /** Answers a call; `received` is told of every message that was taken. */
  async answer(call: HttpCall, origin: string, received: (push: SunkPush) => void): Promise<HttpReply> {
    if (call.path === '/token') return this.#token(call, origin)
    const project = /^\/v1\/projects\/([\w:.-]+)\/messages:send$/.exec(call.path)?.[1]
    if (!project || call.method !== 'POST')
      return refusal(404, 'NOT_FOUND', 'Requested entity was not found.')
    return this.#send(call, project, received)
  }

  async #token(call: HttpCall, origin: string): Promise<HttpReply> {
    const refuse = (error: string, description: string, status = 400): HttpReply => ({
      status,
      body: { error, error_description: description },
    })
    if (call.method !== 'POST') return { status: 404, body: {} }
    if (!(call.headers['content-type'] ?? '').startsWith('application/x-www-form-urlencoded'))
      return refuse('invalid_request', 'Bad Request')
    const form = new URLSearchParams(call.body)
    if (form.get('grant_type') !== GRANT) return refuse('unsupported_grant_type', 'Invalid grant_type')
    const assertion = form.get('assertion') ?? ''
    try {
      const { iss, scope, exp = 0, iat = 0 } = decodeJwt(assertion)
      const { kid } = decodeProtectedHeader(assertion)
      const credential = this.#credentials.find(({ clientEmail }) => clientEmail === iss)
      if (!credential) return refuse('invalid_grant', 'Invalid grant: account not found')
      if (kid !== undefined && kid !== credential.privateKeyId)
        return refuse('invalid_grant', 'Invalid JWT Signature.')
      await jwtVerify(assertion, createPublicKey(credential.publicKey), {
        algorithms: ['RS256'],
        audience: `${origin}/token`,
        requiredClaims: ['iss', 'iat', 'exp', 'aud'],
        clockTolerance: 60,
      })
      if (exp - iat > 3600 || iat > Date.now() / 1000 + 60)
        return refuse(
          'invalid_grant',
          'Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe.',
        )
      if (
        !String(scope ?? '')
          .split(' ')
          .some((each) => SCOPES.includes(each))
      )
        return refuse('invalid_scope', 'Invalid OAuth scope or ID token audience provided.')
      const token = `ya29.${randomBytes(32).toString('base64url')}`
      this.#tokens.set(token, { project: credential.projectId, until: Date.now() + TOKEN_SECONDS * 1000 })
      return { status: 200, body: { access_token: token, expires_in: TOKEN_SECONDS, token_type: 'Bearer' } }
    } catch {
      return refuse('invalid_grant', 'Invalid JWT Signature.')
    }
  }

  #send(call: HttpCall, project: string, received: (push: SunkPush) => void): HttpReply {
    const given = /^Bearer (\S+)$/i.exec(call.headers.authorization ?? '')?.[1]
    const access = this.#tokens.get(given ?? '')
    if (!access || access.until <= Date.now())
      return refusal(
        401,
        'UNAUTHENTICATED',
        'Request had invalid authentication credentials. Expected OAuth 2 access token.',
      )
    if (access.project !== project)
      return refusal(
        403,
        'PERMISSION_DENIED',
        `Permission 'cloudmessaging.messages.create' denied on '${project}'`,
      )
    if (!(call.headers['content-type'] ?? '').startsWith('application/json'))
      return refusal(400, 'INVALID_ARGUMENT', 'Invalid JSON payload received.')
    const parsed = sendSchema.safeParse(json(call.body))
    if (!parsed.success)
      return refusal(400, 'INVALID_ARGUMENT', z.prettifyError(parsed.error), 'INVALID_ARGUMENT')
    const { message } = parsed.data
    const invalid = faultOf(message)
    if (invalid) return refusal(400, 'INVALID_ARGUMENT', invalid, 'INVALID_ARGUMENT')
    const token = message.token ?? ''
    const refused = refusedDevice(this.#stateOf(token))
    if (refused) return refused
    const name = `projects/${project}/messages/${randomUUID()}`
    const { notification, data } = message
    if (!parsed.data.validate_only)
      received({
        provider: 'fcm',
        receivedAt: new Date().toISOString(),
        token,
        title: notification?.title ?? '',
        body: notification?.body ?? '',
        data: data ?? {},
        name,
        project,
        message,
      })
    return { status: 200, body: { name } }
  }
}

function faultOf(message: z.infer<typeof messageSchema>): string | undefined {
  if ([message.token, message.topic, message.condition].filter(Boolean).length !== 1)
    return 'Recipient of the message is not set.'
  const reserved = Object.keys(message.data ?? {}).find((key) => RESERVED_KEY.test(key))
  if (reserved) return `Invalid data payload key: ${reserved}`
  const { notification, data } = message
  if (Buffer.byteLength(JSON.stringify({ notification, data })) > LARGEST_PAYLOAD)
    return 'Android message is too big'
  return undefined
}

/** How Firebase speaks of such a device. */
function refusedDevice(state: DeviceState): HttpReply | undefined {
  switch (state) {
    case 'gone':
      return refusal(404, 'NOT_FOUND', 'Requested entity was not found.', 'UNREGISTERED')
    case 'invalid':
      return refusal(
        400,
        'INVALID_ARGUMENT',
        'The registration token is not a valid FCM registration token',
        'INVALID_ARGUMENT',
      )
    case 'foreign':
      return refusal(403, 'PERMISSION_DENIED', 'SenderId mismatch', 'SENDER_ID_MISMATCH')
    case 'busy':
      return {
        ...refusal(429, 'RESOURCE_EXHAUSTED', 'Quota exceeded.', 'QUOTA_EXCEEDED'),
        headers: { 'retry-after': '2' },
      }
    case 'unavailable':
      return {
        ...refusal(503, 'UNAVAILABLE', 'The service is currently unavailable.', 'UNAVAILABLE'),
        headers: { 'retry-after': '1' },
      }
    default:
      return undefined
  }
}

function json(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** An error of a Google API, with Firebase's own code where it has one. */
export function refusal(code: number, status: string, message: string, errorCode?: string): HttpReply {
  const type = 'type.googleapis.com/google.firebase.fcm.v1.FcmError'
  const details = errorCode ? { details: [{ '@type': type, errorCode }] } : {}
  return { status: code, body: { error: { code, message, status, ...details } } }
}
