/** What came by one of the three ways, in a form that they share. */
export interface SunkPush {
  provider: 'fcm' | 'apns' | 'web_push'
  receivedAt: string
  /** The device's token, or the endpoint of a browser's subscription. */
  token: string
  title: string
  body: string
  /** What goes with it unseen. */
  data: Record<string, unknown>
  /** FCM: the message's name, its project, and all that was sent. */
  name?: string
  project?: string
  message?: Record<string, unknown>
  /** APNs and web push: the headers, with lower-case names, and the payload (decrypted). */
  headers?: Record<string, string>
  payload?: Record<string, unknown>
}

/** How a device is: `busy` has too many messages, `foreign` is of another project or app. */
export const DEVICE_STATES = ['ok', 'gone', 'invalid', 'foreign', 'busy', 'unavailable'] as const
export type DeviceState = (typeof DEVICE_STATES)[number]

/** A service account that the receiver knows. */
export interface FcmCredential {
  projectId: string
  clientEmail: string
  privateKeyId: string
  /** PEM. */
  publicKey: string
}

/** A key of an Apple team that the receiver knows. */
export interface ApnsCredential {
  keyId: string
  teamId: string
  topics: string[]
  /** PEM. */
  publicKey: string
}

/** Whose messages are taken. */
export interface PushCredentials {
  fcm: FcmCredential[]
  apns: ApnsCredential[]
}
