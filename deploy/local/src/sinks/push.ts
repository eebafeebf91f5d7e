import { randomUUID } from 'node:crypto'
import { z } from 'zod'
import { keep, type Receiver } from './behaviour.ts'
import { type HttpCall, type HttpReply, startHttpReceiver } from './http.ts'

export interface SunkPush {
  name: string
  receivedAt: string
  project: string
  message: Record<string, unknown>
}

/** The part of Firebase Cloud Messaging's `Message` that is checked; unknown fields are refused as there. */
const messageSchema = z
  .strictObject({
    token: z.string().min(1).optional(),
    topic: z.string().min(1).optional(),
    condition: z.string().min(1).optional(),
    notification: z
      .strictObject({
        title: z.string().optional(),
        body: z.string().optional(),
        image: z.string().optional(),
      })
      .optional(),
    data: z.record(z.string(), z.string()).optional(),
    android: z.record(z.string(), z.unknown()).optional(),
    webpush: z.record(z.string(), z.unknown()).optional(),
    apns: z.record(z.string(), z.unknown()).optional(),
    fcm_options: z.record(z.string(), z.unknown()).optional(),
  })
  .refine((message) => [message.token, message.topic, message.condition].filter(Boolean).length === 1, {
    message: 'exactly one of token, topic or condition must be set',
  })
const sendSchema = z.strictObject({ validate_only: z.boolean().optional(), message: messageSchema })

const LARGEST_PAYLOAD = 4096

/** A stand-in for Firebase Cloud Messaging (HTTP v1). A token that begins with `unregistered` is unknown. */
export async function startPushSink(port: number): Promise<Receiver<SunkPush>> {
  const items: SunkPush[] = []
  return startHttpReceiver(port, items, (call) => {
    const project = /^\/v1\/projects\/([\w-]+)\/messages:send$/.exec(call.path)?.[1]
    if (!project || call.method !== 'POST') return refusal(404, 'NOT_FOUND', 'no such method')
    if (!/^Bearer \S+$/i.test(call.headers.authorization ?? '')) {
      return refusal(401, 'UNAUTHENTICATED', 'the request has no valid credential')
    }
    const parsed = sendSchema.safeParse(json(call))
    if (!parsed.success) return refusal(400, 'INVALID_ARGUMENT', z.prettifyError(parsed.error))
    const { message } = parsed.data
    if (Buffer.byteLength(JSON.stringify(message)) > LARGEST_PAYLOAD) {
      return refusal(400, 'INVALID_ARGUMENT', `a message has at most ${LARGEST_PAYLOAD} bytes`)
    }
    if (message.token?.startsWith('unregistered')) return refusal(404, 'UNREGISTERED', 'the device is gone')
    const name = `projects/${project}/messages/${randomUUID()}`
    keep(items, { name, receivedAt: new Date().toISOString(), project, message })
    return { status: 200, body: { name } }
  })
}

function json(call: HttpCall): unknown {
  try {
    return JSON.parse(call.body)
  } catch {
    return undefined
  }
}

function refusal(status: number, code: string, message: string): HttpReply {
  return { status, body: { error: { code: status, status: code, message } } }
}
