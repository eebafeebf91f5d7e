import { rfc3339 } from '@onus/kit/clock'
import type { Apns } from '../channels/push/apns.ts'
import type { Fcm } from '../channels/push/fcm.ts'
import type { WebPush } from '../channels/push/web-push.ts'
import { retryDelayMs } from '../domain/backoff.ts'
import type { Device, DeviceKind } from '../domain/device.ts'
import { asFailure, DeliveryFailure } from '../domain/failure.ts'
import { type DeviceResult, type Notice, onDevice } from '../domain/notice.ts'
import type { PushMessage } from '../render/push.ts'
import type { BreakerKey, Breakers } from '../store/breakers.ts'
import type { Devices } from '../store/devices.ts'
import type { Ledger } from '../store/ledger.ts'
import type { PushConnections } from '../store/push-integrations.ts'
import type { Pace, Place } from './pace.ts'
import type { Provider, Providers } from './providers.ts'
import type { World } from './world.ts'

export interface DeviceSenderDeps {
  world: Pick<World, 'clock' | 'log'>
  fcm: Fcm
  apns: Apns
  webPush: WebPush
  devices: Devices
  breakers: Breakers
  providers: Providers
  pace: Pace
  ledger: Pick<Ledger, 'change'>
}

/** Sends one notice, or a digest of several, to all devices of its recipient. */
export interface DeviceSender {
  /**
   * Devices that got it in this round do not get it again; those that do not exist any more are removed.
   * @throws DeliveryFailure when a device should be tried again, or when no device took it
   */
  send(notices: readonly Notice[], connections: PushConnections, message: PushMessage): Promise<void>
  /**
   * One message to one device, once and without a line in the ledger; a device that does not exist any more is
   * removed.
   * @throws DeliveryFailure; `recipient` when the device is gone
   */
  probe(accountId: string, device: Device, connections: PushConnections, message: PushMessage): Promise<void>
}

/** One attempt on one device. */
interface Tried {
  result: DeviceResult
  failure?: DeliveryFailure
}

/** How one device is reached. */
interface Way {
  /** What is broken for others too when our credentials are refused. */
  key?: string
  provider: Provider
  place: Place
  send(): Promise<void>
}

/** Others who wait for a provider that works again do not come all at once. */
const AFTER_OUTAGE_MS = 4000

const NAMES: Record<DeviceKind, string> = { fcm: 'FCM', apns: 'APNs', web_push: 'web push' }

/** A sender that writes to the notice's line what became of it on each device. */
export function createDeviceSender(deps: DeviceSenderDeps): DeviceSender {
  const { world, devices, breakers, providers, pace, ledger } = deps
  const now = () => world.clock()

  /** Undefined when the account is not connected any more. */
  function way(device: Device, given: PushConnections, message: PushMessage): Way | undefined {
    switch (device.kind) {
      case 'fcm': {
        const { fcm } = given
        if (!fcm) return undefined
        const send = () => deps.fcm.send(fcm, device.token, message)
        return {
          key: `fcm ${fcm.clientEmail} ${fcm.privateKeyId}`,
          provider: { name: 'fcm' },
          place: { of: 'fcm', project: fcm.projectId },
          send,
        }
      }
      case 'apns': {
        const { apns } = given
        if (!apns) return undefined
        const send = () => deps.apns.send(apns, device.id, device.token, message)
        return {
          key: `apns ${apns.teamId} ${apns.keyId} ${apns.topic}`,
          provider: { name: 'apns' },
          place: { of: 'apns', team: apns.teamId },
          send,
        }
      }
      case 'web_push': {
        const { webPush } = given
        if (device.vapidKey !== webPush.publicKey)
          throw new DeliveryFailure('recipient', 'The browser subscribed with a key that was replaced since.')
        // Browsers choose their push service: one that is away is no reason for the others to wait.
        const { host } = new URL(device.subscription.endpoint)
        return {
          provider: { name: 'web_push', host },
          place: { of: 'web_push', host },
          send: () => deps.webPush.send(webPush, device.subscription, message),
        }
      }
    }
  }

  async function attempt(
    accountId: string,
    device: Device,
    given: PushConnections,
    message: PushMessage,
    byHand: boolean,
  ): Promise<void> {
    const found = way(device, given, message)
    if (!found)
      throw new DeliveryFailure('message', `The account is not connected to ${NAMES[device.kind]} any more.`)
    const { provider, place } = found
    // Who wants it sent by hand wants it tried.
    const busy = byHand ? null : await providers.enter(provider, now())
    if (busy)
      throw new DeliveryFailure('temporary', `waits: ${busy.name} does not work`, {
        retryAfterMs: Math.max(0, busy.until.getTime() - now().getTime()) + AFTER_OUTAGE_MS * Math.random(),
        waited: 'provider',
      })
    const breaker: BreakerKey | undefined = found.key
      ? { accountId, kind: 'token', value: found.key }
      : undefined
    const entrance = breaker && (await breakers.enter(breaker, now()))
    if (entrance?.type === 'hold') {
      await providers.leave(provider)
      throw new DeliveryFailure('temporary', `waits: ${NAMES[device.kind]} refused the account’s key`, {
        retryAfterMs: Math.max(0, entrance.until.getTime() - now().getTime()),
        broken: 'token',
      })
    }
    try {
      await pace.turn([place])
    } catch (thrown) {
      await providers.leave(provider)
      throw thrown
    }
    const began = now().getTime()
    try {
      await found.send()
    } catch (thrown) {
      const failure = asFailure(thrown)
      await providers.failed(provider, failure, now())
      if (breaker && failure.broken === 'token') {
        const { retryAfterMs } = failure
        const wait = { number: 5, elapsedMs: 0, durationMs: now().getTime() - began, retryAfterMs }
        await breakers.failed(breaker, new Date(now().getTime() + retryDelayMs(wait)), failure.message)
      }
      throw failure
    }
    await providers.worked(provider)
    if (breaker && entrance?.type === 'go' && entrance.failedBefore) await breakers.worked(breaker)
  }

  async function forget(accountId: string, device: Device): Promise<void> {
    await devices.forget(accountId, device)
    world.log.info({ accountId, deviceId: device.id, kind: device.kind }, 'device removed')
  }

  async function onOne(
    notice: Notice,
    device: Device,
    given: PushConnections,
    message: PushMessage,
  ): Promise<Tried> {
    const base = {
      deviceId: device.id,
      kind: device.kind,
      ...(device.name && { name: device.name }),
      round: notice.round,
    }
    const at = () => rfc3339(now())
    try {
      await attempt(notice.accountId, device, given, message, notice.round > 0)
      return { result: { ...base, state: 'sent', at: at() } }
    } catch (thrown) {
      const failure = asFailure(thrown)
      const state = STATES[failure.kind]
      if (state === 'gone') await forget(notice.accountId, device)
      return { result: { ...base, state, error: failure.message, at: at() }, failure }
    }
  }

  return {
    async send(notices, given, message) {
      const [notice] = notices
      if (!notice) return
      const { accountId, round, recipient } = notice
      const all = (await devices.of(accountId, [recipient.agentId])).get(recipient.agentId) ?? []
      const before = (notice.devices ?? []).filter((each) => each.round === round)
      const done = new Set(before.filter(({ state }) => state !== 'retrying').map(({ deviceId }) => deviceId))
      /** One after the other: writers of one line that come together hinder each other. */
      let written: Promise<unknown> = Promise.resolve()
      const record = (result: DeviceResult) => {
        written = written.then(async () => {
          for (const { id } of notices) await ledger.change(accountId, id, (line) => onDevice(line, result))
        })
        return written
      }
      const tried = await Promise.all(
        all
          .filter((device) => !done.has(device.id))
          .map(async (device) => {
            const one = await onOne(notice, device, given, message)
            // At once, and not when all are done: what was sent is not forgotten with a slow neighbour.
            await record(one.result)
            return one
          }),
      )
      conclude(before, tried)
    },

    async probe(accountId, device, given, message) {
      try {
        await attempt(accountId, device, given, message, true)
      } catch (thrown) {
        const failure = asFailure(thrown)
        if (failure.kind === 'recipient') await forget(accountId, device)
        throw failure
      }
    },
  }
}

const STATES = { recipient: 'gone', message: 'failed', temporary: 'retrying' } as const

/** What the attempts on all devices mean for the notice. */
function conclude(before: readonly DeviceResult[], tried: readonly Tried[]): void {
  const waiting = tried.flatMap(({ failure }) => (failure?.kind === 'temporary' ? [failure] : []))
  const [first] = waiting
  if (first) {
    const waits = waiting.map(({ retryAfterMs = 0 }) => retryAfterMs)
    const tells = tried.map(({ failure }) => failure?.waited)
    // A turn comes sooner than a provider comes back.
    const waited = tells.every(Boolean) ? (tells.includes('turn') ? 'turn' : 'provider') : undefined
    const more = waiting.length > 1 ? ` (and ${waiting.length - 1} more)` : ''
    // Never said of the provider: FCM that is away is no reason for browsers to wait, nor a browser's
    // push service for anybody else.
    const { broken = 'address' } = first
    throw new DeliveryFailure('temporary', `${first.message}${more}`, {
      retryAfterMs: Math.min(...waits),
      broken,
      waited,
    })
  }
  const results = [...before, ...tried.map(({ result }) => result)]
  if (results.some(({ state }) => state === 'sent')) return
  const failed = results.find(({ state }) => state === 'failed')
  if (failed) throw new DeliveryFailure('message', failed.error ?? 'No device took it.')
  const gone = results.find(({ state }) => state === 'gone')
  throw new DeliveryFailure(
    'recipient',
    gone ? `The agent’s last device is gone: ${gone.error}` : 'The agent has no device any more.',
  )
}
