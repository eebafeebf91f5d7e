import { createECDH, createPrivateKey, type KeyObject } from 'node:crypto'
import { problems } from '@onus/kit/problems'

/** A Google service account that may send by Firebase Cloud Messaging. */
export interface ServiceAccount {
  projectId: string
  clientEmail: string
  privateKeyId: string
  /** PEM. */
  privateKey: string
}

/** A key of an Apple developer team, and the app it sends to. */
export interface ApnsKey {
  keyId: string
  teamId: string
  /** PEM. */
  key: string
  /** The app's bundle id. */
  topic: string
  /** False: the sandbox, for builds that a developer installed. */
  production: boolean
}

/** The key pair by which push services know who sends (RFC 8292). */
export interface VapidKeys {
  /** base64url of the uncompressed point. */
  publicKey: string
  privateKey: string
  /** `mailto:` or `https:`: whom a push service writes to when something is wrong. */
  subject: string
}

/** What an admin wants changed. Undefined stays as it is, null is removed. */
export interface PushChange {
  fcm?: ServiceAccount | null
  apns?: ApnsKey | null
  webPush?: VapidKeys | null
  showsText?: boolean
}

/** What was asked for, as it came. */
export interface AskedPushChange {
  fcm?: { serviceAccount: string } | undefined
  apns?: ApnsKey | undefined
  webPush?: VapidKeys | undefined
  pushShowsText?: boolean | undefined
  remove: readonly string[]
}

type Refuse = (field: string, message: string) => void

/** Reads what was asked for. @throws Problem naming every wrong field and what to do about it */
export function pushChange(asked: AskedPushChange): PushChange {
  const errors: { field: string; message: string }[] = []
  const refuse: Refuse = (field, message) => errors.push({ field, message })
  const change: PushChange = {
    ...(asked.remove.includes('fcm') && { fcm: null }),
    ...(asked.remove.includes('apns') && { apns: null }),
    ...(asked.remove.includes('web_push') && { webPush: null }),
    ...(asked.fcm && { fcm: serviceAccount(asked.fcm.serviceAccount, refuse) }),
    ...(asked.apns && { apns: apnsKey(asked.apns, refuse) }),
    ...(asked.webPush && { webPush: vapidKeys(asked.webPush, refuse) }),
    ...(asked.pushShowsText !== undefined && { showsText: asked.pushShowsText }),
  }
  if (errors.length) throw problems.invalid(errors)
  return change
}

/** A service account's key file. What is wrong is said to `refuse`. */
export function serviceAccount(text: string, refuse: Refuse): ServiceAccount {
  const at = 'fcm.serviceAccount'
  const file = readObject(text)
  const value = (name: string): string => {
    const found = file?.[name]
    return typeof found === 'string' ? found : ''
  }
  const account = {
    projectId: value('project_id'),
    clientEmail: value('client_email'),
    privateKeyId: value('private_key_id'),
    privateKey: value('private_key'),
  }
  const remedy =
    'make a new key in the Firebase console (Project settings, Service accounts) and send the whole file'
  if (!file) refuse(at, `is not a JSON object; ${remedy}`)
  else if (value('type') !== 'service_account') refuse(`${at}.type`, `must be "service_account"; ${remedy}`)
  else {
    if (!/^[a-z0-9:.-]{4,100}$/.test(account.projectId))
      refuse(`${at}.project_id`, `is no project id; ${remedy}`)
    if (!/^[^\s@]{1,200}@[^\s@]{1,200}$/.test(account.clientEmail))
      refuse(`${at}.client_email`, `is no address of a service account; ${remedy}`)
    if (!/^[\w-]{1,100}$/.test(account.privateKeyId)) refuse(`${at}.private_key_id`, `is missing; ${remedy}`)
    const key = readKey(account.privateKey)
    if (key?.asymmetricKeyType !== 'rsa' || (key.asymmetricKeyDetails?.modulusLength ?? 0) < 2048)
      refuse(`${at}.private_key`, `is no RSA key in PEM form; ${remedy}, with its line breaks as \\n`)
  }
  return account
}

/** An Apple key. What is wrong is said to `refuse`. */
export function apnsKey(asked: ApnsKey, refuse: Refuse): ApnsKey {
  const { keyId, teamId, key, topic, production } = asked
  if (!/^[A-Z0-9]{10}$/.test(keyId))
    refuse('apns.keyId', 'must be the 10 letters and digits that stand beside the key at developer.apple.com')
  if (!/^[A-Z0-9]{10}$/.test(teamId))
    refuse('apns.teamId', 'must be the 10 letters and digits of your team at developer.apple.com, Membership')
  if (!/^[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+$/.test(topic) || topic.length > 155)
    refuse('apns.topic', 'must be the app’s bundle id, for example "com.example.helpdesk"')
  if (!isP256(readKey(key)))
    refuse('apns.key', 'is no P-256 key in PEM form; send the whole .p8 file, with its BEGIN and END lines')
  return { keyId, teamId, key, topic, production }
}

/** A VAPID key pair. What is wrong is said to `refuse`. */
export function vapidKeys(asked: VapidKeys, refuse: Refuse): VapidKeys {
  const { publicKey, privateKey, subject } = asked
  if (!isSubject(subject))
    refuse(
      'webPush.subject',
      'must be "mailto:" and an address, or an https URL: whom push services may write to',
    )
  const point = /^[\w-]+$/.test(publicKey) ? Buffer.from(publicKey, 'base64url') : Buffer.alloc(0)
  const scalar = /^[\w-]+$/.test(privateKey) ? Buffer.from(privateKey, 'base64url') : Buffer.alloc(0)
  if (point.length !== 65 || point[0] !== 4)
    refuse('webPush.publicKey', 'must be a P-256 public key: 65 bytes as base64url (87 characters)')
  if (scalar.length !== 32)
    refuse('webPush.privateKey', 'must be a P-256 private key: 32 bytes as base64url (43 characters)')
  else if (point.length === 65 && !publicOf(scalar)?.equals(point))
    refuse('webPush.privateKey', 'does not belong to this public key')
  return { publicKey, privateKey, subject }
}

/** Whom a push service may write to. */
export const isSubject = (subject: string): boolean =>
  subject.length <= 300 &&
  (/^mailto:[^\s@]+@[^\s@]+$/.test(subject) || (subject.startsWith('https://') && URL.canParse(subject)))

/** A new key pair. */
export function makeVapidKeys(subject: string): VapidKeys {
  const pair = createECDH('prime256v1')
  pair.generateKeys()
  // A private key that begins with zeros is shorter than the 32 bytes that it has to have.
  const privateKey = Buffer.concat([Buffer.alloc(32), pair.getPrivateKey()]).subarray(-32)
  return {
    publicKey: pair.getPublicKey().toString('base64url'),
    privateKey: privateKey.toString('base64url'),
    subject,
  }
}

const isP256 = (key: KeyObject | undefined): boolean =>
  key?.asymmetricKeyType === 'ec' && key.asymmetricKeyDetails?.namedCurve === 'prime256v1'

function readObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined
  } catch {
    return undefined
  }
}

function readKey(pem: string): KeyObject | undefined {
  try {
    return createPrivateKey(pem)
  } catch {
    return undefined
  }
}

function publicOf(privateKey: Buffer): Buffer | undefined {
  try {
    const pair = createECDH('prime256v1')
    pair.setPrivateKey(privateKey)
    return pair.getPublicKey()
  } catch {
    return undefined
  }
}
