import { post, remove } from '../api/client.ts'
import type { Device, PushIntegration } from '../api/types.ts'

/** How this browser is told while the console is closed. */

export type PushState = 'unsupported' | 'denied' | 'off' | 'on'

/** What this browser remembers of its registration, since a subscription does not say whose it is. */
interface Registered {
  id: string
  agentId: string
  endpoint: string
  /** When the server last heard of it. */
  renewedAt: number
}

const KEY = 'onus-device'
const APP = 'Onus'
const WORKER_COMES_MS = 4_000
const RENEW_AFTER_MS = 12 * 60 * 60 * 1000

function registered(): Registered | null {
  try {
    return JSON.parse(localStorage.getItem(KEY) ?? 'null') as Registered | null
  } catch {
    return null
  }
}

function remember(value: Registered | null): void {
  try {
    if (value) localStorage.setItem(KEY, JSON.stringify(value))
    else localStorage.removeItem(KEY)
  } catch {
    // A browser that keeps nothing registers again each time.
  }
}

const supported = (): boolean =>
  'serviceWorker' in navigator && 'PushManager' in window && 'Notification' in window

/** The worker that shows notices; none in some private windows and while the console is developed. */
async function worker(): Promise<ServiceWorkerRegistration | undefined> {
  if (!supported()) return undefined
  const none = new Promise<undefined>((resolve) => setTimeout(resolve, WORKER_COMES_MS, undefined))
  // On the very first visit it is still being installed.
  return Promise.race([navigator.serviceWorker.ready, none])
}

const subscription = async (): Promise<PushSubscription | null> =>
  (await (await worker())?.pushManager.getSubscription()) ?? null

/** The id of this browser among the agent's devices, when it is one. */
export const thisDevice = (agentId: string): string | null => {
  const known = registered()
  return known?.agentId === agentId ? known.id : null
}

export async function pushState(agentId: string): Promise<PushState> {
  if (!(await worker())) return 'unsupported'
  if (Notification.permission === 'denied') return 'denied'
  return (await subscription()) && thisDevice(agentId) ? 'on' : 'off'
}

/**
 * Asks for leave, subscribes and registers. Must be called when somebody pressed something, or the browser asks
 * nothing. Answers the state that came of it.
 */
export async function turnOn(agentId: string, name: string, push: PushIntegration): Promise<PushState> {
  const permission = await Notification.requestPermission()
  if (permission === 'denied') return 'denied'
  if (permission !== 'granted') return 'off'
  await register(agentId, name, push)
  return 'on'
}

async function register(agentId: string, name: string, { webPush }: PushIntegration): Promise<void> {
  const found = await worker()
  if (!found) throw new Error('no service worker')
  const key = bytesOf(webPush.publicKey)
  let current = await found.pushManager.getSubscription()
  // The account's key was replaced: what the browser has takes nothing any more.
  if (current && !sameBytes(current.options.applicationServerKey, key)) {
    await current.unsubscribe()
    current = null
  }
  current ??= await found.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key })
  const device = await post<Device>('/me/devices', {
    kind: 'web_push',
    subscription: current.toJSON(),
    name,
    app: APP,
  })
  remember({ id: device.id, agentId, endpoint: current.endpoint, renewedAt: Date.now() })
}

/** This browser shows nothing more. */
export async function turnOff(): Promise<void> {
  const known = registered()
  remember(null)
  await (await subscription())?.unsubscribe()
  // Another window, or the server itself, may have been faster.
  if (known) await remove(`/me/devices/${known.id}`).catch(() => {})
}

/** After the device was removed elsewhere, so that the browser does not believe that it is still told. */
export async function forgetThis(): Promise<void> {
  remember(null)
  await (await subscription())?.unsubscribe()
}

/**
 * Says that this browser is still used, and follows a subscription that the browser made anew. What somebody
 * else turned on in this browser is ended: their notices are not for who is signed in now.
 */
export async function renew(agentId: string, name: string, integration: () => Promise<PushIntegration>) {
  const known = registered()
  if (!known) return
  if (known.agentId !== agentId) return forgetThis()
  if (!supported() || Notification.permission !== 'granted') return
  const current = await subscription()
  const changed = current?.endpoint !== known.endpoint
  if (changed || Date.now() - known.renewedAt > RENEW_AFTER_MS)
    await register(agentId, name, await integration())
}

const bytesOf = (base64url: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(atob(base64url.replaceAll('-', '+').replaceAll('_', '/')), (char) => char.charCodeAt(0))

function sameBytes(given: ArrayBuffer | null, wanted: Uint8Array): boolean {
  if (!given) return true
  const bytes = new Uint8Array(given)
  return bytes.length === wanted.length && bytes.every((byte, at) => byte === wanted[at])
}

const BROWSERS: [RegExp, string][] = [
  [/\bEdg(?:e|A|iOS)?\//, 'Edge'],
  [/\bOPR\//, 'Opera'],
  [/\bSamsungBrowser\//, 'Samsung Internet'],
  [/\b(?:Firefox|FxiOS)\//, 'Firefox'],
  [/\b(?:Chrome|CriOS|HeadlessChrome)\//, 'Chrome'],
  [/\bSafari\//, 'Safari'],
]
const SYSTEMS: [RegExp, string][] = [
  [/\bAndroid\b/, 'Android'],
  [/\biPhone\b/, 'iPhone'],
  [/\biPad\b/, 'iPad'],
  [/\bWindows\b/, 'Windows'],
  [/\bMac OS X\b/, 'Mac'],
  [/\bCrOS\b/, 'ChromeOS'],
  [/\bLinux\b/, 'Linux'],
]

/** What people call the browser they sit at. */
export function browserName(userAgent: string): { browser: string; system: string } | null {
  const find = (list: [RegExp, string][]) => list.find(([pattern]) => pattern.test(userAgent))?.[1]
  const browser = find(BROWSERS)
  const system = find(SYSTEMS)
  return browser && system ? { browser, system } : null
}
