import type { Server } from 'node:net'
import { z } from 'zod'
import { type Behaviour, keep, type Receiver } from '../behaviour.ts'
import { startHttpReceiver } from '../http.ts'
import { SwitchedPort } from '../port.ts'
import { createApnsSink } from './apns.ts'
import { FcmSink, refusal } from './fcm.ts'
import { DEVICE_STATES, type DeviceState, type PushCredentials, type SunkPush } from './types.ts'
import { type Subscription, WebPushSink } from './web-push.ts'

export type { PushCredentials, SunkPush } from './types.ts'

/** The three push services in one receiver, with one list and one behaviour. */
export interface PushReceiver extends Receiver<SunkPush> {
  /** FCM, its token endpoint (`/token`) and web push. */
  url: string
  apnsUrl: string
  /** A browser's subscription. */
  subscribe(applicationServerKey?: string): Subscription
  /** How a device is from now on, by token or endpoint. */
  setDevice(token: string, state: DeviceState): void
  /** Takes messages of these accounts too. */
  trust(credentials: Partial<PushCredentials>): void
  expireAccessTokens(): void
}

const subscriptionSchema = z.strictObject({ applicationServerKey: z.string().optional() })
const deviceSchema = z.strictObject({ token: z.string().min(1), state: z.enum(DEVICE_STATES) })
const credentialsSchema = z.strictObject({
  fcm: z
    .array(
      z.strictObject({
        projectId: z.string(),
        clientEmail: z.string(),
        privateKeyId: z.string(),
        publicKey: z.string(),
      }),
    )
    .optional(),
  apns: z
    .array(
      z.strictObject({
        keyId: z.string(),
        teamId: z.string(),
        topics: z.array(z.string()),
        publicKey: z.string(),
      }),
    )
    .optional(),
})

/**
 * Stand-ins for Firebase Cloud Messaging, Apple's push service and a browser's, which check what they get as
 * those do and refuse with their words. A device whose token begins with `unregistered`, or `dead` at Apple's,
 * does not exist any more; `setDevice` changes what a device is.
 */
export async function startPushSink(
  ports: { http: number; apns: number },
  given: PushCredentials = { fcm: [], apns: [] },
): Promise<PushReceiver> {
  const items: SunkPush[] = []
  const states = new Map<string, DeviceState>()
  const stateOf = (token: string): DeviceState =>
    states.get(token) ?? (/^(unregistered|dead)/i.test(token) ? 'gone' : 'ok')
  const credentials = { fcm: [...given.fcm], apns: [...given.apns] }
  const received = (push: SunkPush) => keep(items, push)
  const url = `http://127.0.0.1:${ports.http}`
  const fcm = new FcmSink(credentials.fcm, stateOf)
  const web = new WebPushSink(stateOf)

  const http = await startHttpReceiver(
    ports.http,
    items,
    (call) =>
      call.path.startsWith('/web-push/') ? web.answer(call, url, received) : fcm.answer(call, url, received),
    {
      refuse: { ...refusal(503, 'UNAVAILABLE', 'The service is currently unavailable.', 'UNAVAILABLE') },
      rateLimit: refusal(429, 'RESOURCE_EXHAUSTED', 'Quota exceeded.', 'QUOTA_EXCEEDED'),
    },
  )
  const apns = createApnsSink({
    credentials: credentials.apns,
    stateOf,
    behaviour: () => http.behaviour,
    received,
  })
  const apnsPort = new SwitchedPort(apns as unknown as Server, ports.apns)
  await apnsPort.open()

  const receiver: PushReceiver = {
    port: ports.http,
    items,
    url,
    apnsUrl: `http://127.0.0.1:${ports.apns}`,
    get behaviour() {
      return http.behaviour
    },
    async behave(next: Behaviour) {
      const was = http.behaviour.mode
      await http.behave(next)
      await apnsPort.follow(was, next.mode)
    },
    subscribe: (applicationServerKey) => web.subscribe(url, applicationServerKey),
    setDevice: (token, state) => states.set(token, state),
    trust(more) {
      credentials.fcm.unshift(...(more.fcm ?? []))
      credentials.apns.unshift(...(more.apns ?? []))
    },
    expireAccessTokens: () => fcm.expireTokens(),
    actions: {
      subscriptions: (body) => receiver.subscribe(subscriptionSchema.parse(body).applicationServerKey),
      devices(body) {
        const { token, state } = deviceSchema.parse(body)
        receiver.setDevice(token, state)
        return { token, state }
      },
      credentials(body) {
        receiver.trust(credentialsSchema.parse(body))
        return {}
      },
    },
    async close() {
      await Promise.all([http.close(), apnsPort.close()])
    },
  }
  return receiver
}
