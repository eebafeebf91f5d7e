import { problems } from '@onus/kit/problems'

/** How a device is reached. */
export const DEVICE_KINDS = ['fcm', 'apns', 'web_push'] as const
export type DeviceKind = (typeof DEVICE_KINDS)[number]

/** Where a browser's push service takes messages for it, and the keys that only the browser can open. */
export interface Subscription {
  endpoint: string
  p256dh: string
  auth: string
}

/** Where messages for a device go. */
export type DeviceAddress =
  | { kind: 'fcm' | 'apns'; token: string }
  | {
      kind: 'web_push'
      subscription: Subscription
      /** The VAPID key that the browser subscribed with: it takes messages of no other. */
      vapidKey: string
    }

/** A phone, tablet or browser on which an agent wants to be told. */
export type Device = DeviceAddress & {
  id: string
  agentId: string
  name?: string | undefined
  app?: string | undefined
  createdAt: string
  renewedAt: string
}

/** More than anybody carries; the one that was not renewed for the longest time makes room. */
export const MOST_DEVICES = 20

const LONGEST = { fcm: 4096, apns: 200, endpoint: 2048, name: 200 } as const

/** What somebody wants to register, as it came. */
export interface Registration {
  kind: string
  token?: string | undefined
  subscription?: Subscription | undefined
  name?: string | undefined
  app?: string | undefined
}

/** Judges a registration. @throws Problem naming every wrong field */
export function deviceAddress(asked: Registration, vapidKey: string): DeviceAddress {
  const errors: { field: string; message: string }[] = []
  const refuse = (field: string, message: string) => errors.push({ field, message })
  for (const field of ['name', 'app'] as const)
    if ((asked[field]?.length ?? 0) > LONGEST.name)
      refuse(field, `must have at most ${LONGEST.name} characters`)
  const address = addressOf(asked, vapidKey, refuse)
  if (errors.length || !address) throw problems.invalid(errors)
  return address
}

function addressOf(
  { kind, token = '', subscription }: Registration,
  vapidKey: string,
  refuse: (field: string, message: string) => void,
): DeviceAddress | undefined {
  if (kind === 'web_push') {
    if (token) refuse('token', 'a browser has a subscription and no token')
    if (!subscription) {
      refuse('subscription', 'is needed: what PushManager.subscribe() gave the browser')
      return undefined
    }
    for (const [field, message] of subscriptionFaults(subscription)) refuse(`subscription.${field}`, message)
    return { kind, subscription, vapidKey }
  }
  if (kind !== 'fcm' && kind !== 'apns') {
    refuse('kind', 'must be "fcm", "apns" or "web_push"')
    return undefined
  }
  if (subscription) refuse('subscription', 'only browsers (kind "web_push") have one')
  if (!token) refuse('token', 'is needed: the registration token that the app got')
  else if (kind === 'fcm' && !/^[\w:.~%-]{1,4096}$/.test(token))
    refuse('token', 'is no FCM registration token: letters, digits, "-", "_" and ":" only')
  else if (
    kind === 'apns' &&
    (!/^([0-9a-f]{2})+$/i.test(token) || token.length < 64 || token.length > LONGEST.apns)
  )
    refuse('token', 'is no APNs device token: send its bytes as hexadecimal digits, 64 or more')
  return { kind, token: kind === 'apns' ? token.toLowerCase() : token }
}

function subscriptionFaults({ endpoint, p256dh, auth }: Subscription): [string, string][] {
  const faults: [string, string][] = []
  if (!endpoint || endpoint.length > LONGEST.endpoint || !URL.canParse(endpoint))
    faults.push(['endpoint', 'must be the URL that the browser gave'])
  if (bytesOf(p256dh)?.length !== 65 || bytesOf(p256dh)?.[0] !== 4)
    faults.push(['keys.p256dh', 'must be the browser’s public key: 65 bytes as base64url'])
  if (bytesOf(auth)?.length !== 16)
    faults.push(['keys.auth', 'must be the browser’s secret: 16 bytes as base64url'])
  return faults
}

/** The bytes of base64url (or base64, which some libraries give); undefined when it is neither. */
function bytesOf(text: string): Buffer | undefined {
  if (!/^[A-Za-z0-9_+/-]+={0,2}$/.test(text)) return undefined
  return Buffer.from(text, 'base64url')
}

/** What makes a device the same device. */
export const tokenOf = (address: DeviceAddress): string =>
  address.kind === 'web_push' ? address.subscription.endpoint : address.token

/** Enough to tell devices apart by, too little to send to them. */
export const tokenHint = (address: DeviceAddress): string =>
  address.kind === 'web_push'
    ? new URL(address.subscription.endpoint).host
    : `…${address.token.slice(-Math.min(6, Math.floor(address.token.length / 3)))}`
