import { type Sinks, startSinks } from '@onus/deploy-local/sinks/index'
import { makeProviderKeys, receiverCredentials } from '@onus/deploy-local/stack/providers'
import { createLogger } from '@onus/kit/logging'
import { createGuardedFetch } from '@onus/kit/net'
import { type Apns, createApns } from '@onus/notification/channels/push/apns'
import { createFcm, type Fcm } from '@onus/notification/channels/push/fcm'
import { createWebPush } from '@onus/notification/channels/push/web-push'
import { createDeviceSender } from '@onus/notification/delivery/device-sender'
import { createProviders } from '@onus/notification/delivery/providers'
import type { Device, DeviceAddress } from '@onus/notification/domain/device'
import type { DeliveryFailure } from '@onus/notification/domain/failure'
import { type Notice, newNotice } from '@onus/notification/domain/notice'
import { type ApnsKey, makeVapidKeys, type ServiceAccount } from '@onus/notification/domain/push-credentials'
import type { PushMessage } from '@onus/notification/render/push'
import type { BreakerKey, Breakers } from '@onus/notification/store/breakers'
import type { Devices } from '@onus/notification/store/devices'
import { createMemoryGuarded, createMemoryLedger, noPace, openDoors } from '@onus/notification/testing/memory'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'

/** Our clients of the push services against receivers that check what they get as those services do. */

const keys = makeProviderKeys()
const account: ServiceAccount = keys.fcm
const apnsKey: ApnsKey = { ...keys.apns, key: keys.apns.privateKey, production: true }
const vapid = makeVapidKeys('mailto:help@acme.example')
const phone = 'fcm-token-1'
const pad = 'a1'.repeat(32)

const message: PushMessage = {
  noticeId: '0123456789abcdef0123456789abcdef',
  collapseKey: 'fedcba9876543210fedcba9876543210',
  title: 'Ticket #7 is yours now',
  body: 'Open Onus to read it.',
  url: 'https://help.example/tickets/t1',
  event: 'ticket_assigned',
  ticketId: 't1',
  why: 'Because.',
  preferenceUrl: 'https://help.example/profile/notifications',
  ttlSeconds: 86_400,
  urgent: true,
}

let sinks: Sinks
let fcm: Fcm
let apns: Apns
const guarded = createGuardedFetch({ allowLoopback: true })
const webPush = createWebPush({ fetch: guarded, timeoutMs: 1000 })

beforeEach(async () => {
  sinks = await startSinks({ push: receiverCredentials(keys) })
  const clock = () => new Date()
  fcm = createFcm({ url: sinks.pushUrl, tokenUrl: `${sinks.pushUrl}/token`, timeoutMs: 1000, clock })
  apns = createApns({ url: sinks.apnsUrl, timeoutMs: 1000, clock })
})
afterEach(async () => {
  vi.useRealTimers()
  apns.close()
  await sinks.close()
})

const failure = (sent: Promise<void>) =>
  sent.then(
    () => undefined,
    (error) => error as DeliveryFailure,
  )
const received = () => sinks.push.items
/** Moves the time of both sides; timers go on as they are. */
const later = (minutes: number) => {
  const at = Date.now() + minutes * 60_000
  if (!vi.isFakeTimers()) vi.useFakeTimers({ toFake: ['Date'] })
  vi.setSystemTime(at)
}

describe('FCM', () => {
  it('takes a message with its key, time and urgency', async () => {
    await fcm.send(account, phone, message)
    expect(received()).toMatchObject([
      {
        provider: 'fcm',
        token: phone,
        title: message.title,
        body: message.body,
        data: { noticeId: message.noticeId, ticketId: 't1', event: 'ticket_assigned', url: message.url },
        message: { android: { collapse_key: message.collapseKey, ttl: '86400s', priority: 'HIGH' } },
      },
    ])
  })

  it('keeps its access token, and asks for another before it ends', async () => {
    await fcm.send(account, phone, message)
    later(58)
    await fcm.send(account, phone, message)
    later(2)
    sinks.push.expireAccessTokens()
    await fcm.send(account, phone, message)
    expect(received()).toHaveLength(3)
  })

  it('asks for another access token when one is refused', async () => {
    await fcm.send(account, phone, message)
    sinks.push.expireAccessTokens()
    expect(await failure(fcm.send(account, phone, message))).toMatchObject({
      kind: 'temporary',
      broken: 'token',
    })
    await fcm.send(account, phone, message)
    expect(received()).toHaveLength(2)
  })

  it('asks for one access token when many come at once', async () => {
    await Promise.all(Array.from({ length: 20 }, () => fcm.send(account, phone, message)))
    expect(received()).toHaveLength(20)
  })

  it('lends nobody the access token of a key of the same name', async () => {
    await fcm.send(account, phone, message)
    const forged = { ...account, privateKey: makeProviderKeys().fcm.privateKey }
    expect(await failure(fcm.send(forged, phone, message))).toMatchObject({
      broken: 'token',
      message: expect.stringContaining('invalid_grant'),
    })
    expect(received()).toHaveLength(1)
  })

  it('goes on with a new key, and says that an old one is refused', async () => {
    const fresh = makeProviderKeys().fcm
    sinks.push.trust({ fcm: [{ ...fresh, clientEmail: account.clientEmail, projectId: account.projectId }] })
    expect(await failure(fcm.send(account, phone, message))).toMatchObject({
      kind: 'temporary',
      broken: 'token',
      message: expect.stringContaining('invalid_grant'),
    })
    const rotated = { ...account, privateKey: fresh.privateKey, privateKeyId: fresh.privateKeyId }
    await fcm.send(rotated, phone, message)
    expect(received()).toHaveLength(1)
  })

  it.each([
    ['gone', { kind: 'recipient' }],
    ['invalid', { kind: 'recipient' }],
    ['foreign', { kind: 'message' }],
    ['busy', { kind: 'temporary', retryAfterMs: 2000, broken: 'token' }],
    ['unavailable', { kind: 'temporary', retryAfterMs: 1000, broken: undefined }],
  ] as const)('that says a device is %s', async (state, expected) => {
    sinks.push.setDevice(phone, state)
    expect(await failure(fcm.send(account, phone, message))).toMatchObject(expected)
  })

  it.each([
    ['refuse', { kind: 'temporary' }],
    ['hang', { kind: 'temporary' }],
    ['down', { kind: 'temporary' }],
    ['rate_limit', { kind: 'temporary', retryAfterMs: 1000 }],
  ] as const)('that does %s is tried again', async (mode, expected) => {
    await sinks.push.behave({ mode })
    expect(await failure(fcm.send(account, phone, message))).toMatchObject(expected)
    await sinks.push.behave({ mode: 'ok' })
    await fcm.send(account, phone, message)
    expect(received()).toHaveLength(1)
  })

  it('takes what is too long, cut where it fits', async () => {
    await fcm.send(account, phone, { ...message, body: 'ж"'.repeat(3000) })
    expect(received()[0]?.body).toMatch(/^(ж")+ж?…$/)
    expect(Buffer.byteLength(received()[0]?.body ?? '')).toBeGreaterThan(1500)
  })
})

describe('APNs', () => {
  it('takes a message with the same identity every time', async () => {
    await apns.send(apnsKey, 'd1', pad, message)
    await apns.send(apnsKey, 'd1', pad, message)
    await apns.send(apnsKey, 'd2', pad, message)
    const [first, again, other] = received().map(({ headers }) => headers ?? {})
    expect(first).toMatchObject({
      'apns-topic': apnsKey.topic,
      'apns-push-type': 'alert',
      'apns-collapse-id': message.collapseKey,
      'apns-priority': '10',
    })
    expect(Number(first?.['apns-expiration'])).toBeGreaterThan(Date.now() / 1000 + 86_000)
    expect(again?.['apns-id']).toBe(first?.['apns-id'])
    expect(other?.['apns-id']).not.toBe(first?.['apns-id'])
    expect(received()[0]).toMatchObject({ title: message.title, data: { ticketId: 't1', url: message.url } })
  })

  it('keeps its provider token for 40 minutes, and makes another in time', async () => {
    await apns.send(apnsKey, 'd1', pad, message)
    later(39)
    await apns.send(apnsKey, 'd1', pad, message)
    later(20)
    await apns.send(apnsKey, 'd1', pad, message)
    later(61)
    await apns.send(apnsKey, 'd1', pad, message)
    expect(received()).toHaveLength(4)
  })

  it('makes no new token every few minutes, even when Apple’s clock is another', async () => {
    const started = new Date()
    const slow = createApns({ url: sinks.apnsUrl, timeoutMs: 1000, clock: () => started })
    await slow.send(apnsKey, 'd1', pad, message)
    later(61)
    expect(await failure(slow.send(apnsKey, 'd1', pad, message))).toMatchObject({
      kind: 'temporary',
      broken: 'token',
      message: 'APNs: ExpiredProviderToken',
    })
    slow.close()
  })

  it('goes on with a new key', async () => {
    const fresh = makeProviderKeys().apns
    sinks.push.trust({
      apns: [{ ...fresh, keyId: 'NEWKEY0001', teamId: apnsKey.teamId, topics: [apnsKey.topic] }],
    })
    await apns.send(apnsKey, 'd1', pad, message)
    await apns.send({ ...apnsKey, keyId: 'NEWKEY0001', key: fresh.privateKey }, 'd1', pad, message)
    expect(received()).toHaveLength(2)
    const wrong = { ...apnsKey, keyId: 'GONEKEY001' }
    expect(await failure(apns.send(wrong, 'd1', pad, message))).toMatchObject({ broken: 'token' })
  })

  it.each([
    ['gone', { kind: 'recipient' }],
    ['invalid', { kind: 'message' }],
    ['foreign', { kind: 'message' }],
    ['busy', { kind: 'temporary', broken: 'address' }],
    ['unavailable', { kind: 'temporary', broken: undefined }],
  ] as const)('that says a device is %s', async (state, expected) => {
    sinks.push.setDevice(pad, state)
    expect(await failure(apns.send(apnsKey, 'd1', pad, message))).toMatchObject(expected)
  })

  it.each(['refuse', 'hang', 'down', 'rate_limit'] as const)('that does %s is tried again', async (mode) => {
    await apns.send(apnsKey, 'd1', pad, message)
    await sinks.push.behave({ mode, retryAfter: 7 })
    const failed = await failure(apns.send(apnsKey, 'd1', pad, message))
    expect(failed).toMatchObject({ kind: 'temporary' })
    if (mode === 'rate_limit') expect(failed?.retryAfterMs).toBe(7000)
    await sinks.push.behave({ mode: 'ok' })
    await apns.send(apnsKey, 'd1', pad, message)
    expect(received()).toHaveLength(2)
  })

  it('takes what is too long, cut where it fits', async () => {
    await apns.send(apnsKey, 'd1', pad, { ...message, body: '🔥'.repeat(3000) })
    expect(received()[0]?.body).toMatch(/^🔥+…$/u)
  })
})

describe('web push', () => {
  const subscriptionOf = (key?: string) => {
    const { endpoint, keys: own } = sinks.push.subscribe(key)
    return { endpoint, ...own }
  }

  it('takes a message that only the browser can read', async () => {
    await webPush.send(vapid, subscriptionOf(vapid.publicKey), { ...message, urgent: false })
    expect(received()).toMatchObject([
      {
        provider: 'web_push',
        title: message.title,
        data: { tag: message.collapseKey, url: message.url, ticketId: 't1' },
        headers: {
          ttl: '86400',
          topic: message.collapseKey,
          urgency: 'normal',
          'content-encoding': 'aes128gcm',
        },
      },
    ])
  })

  it('takes what is too long, cut where it fits', async () => {
    await webPush.send(vapid, subscriptionOf(), { ...message, body: 'ß'.repeat(5000) })
    expect(received()[0]?.body).toMatch(/^ß{1500,}…$/)
  })

  it.each([
    ['gone', { kind: 'recipient' }],
    ['foreign', { kind: 'temporary', broken: 'address' }],
    ['busy', { kind: 'temporary', retryAfterMs: 2000, broken: 'address' }],
    ['unavailable', { kind: 'temporary', retryAfterMs: 1000 }],
  ] as const)('that says a subscription is %s', async (state, expected) => {
    const subscription = subscriptionOf()
    sinks.push.setDevice(subscription.endpoint, state)
    expect(await failure(webPush.send(vapid, subscription, message))).toMatchObject(expected)
  })

  it('calls no address of our own network', async () => {
    const strict = createGuardedFetch()
    const guardedPush = createWebPush({ fetch: strict, timeoutMs: 1000 })
    expect(await failure(guardedPush.send(vapid, subscriptionOf(), message))).toMatchObject({
      kind: 'recipient',
    })
    expect(received()).toEqual([])
    await strict.close()
  })
})

describe('all devices of an agent', () => {
  const at = '2026-03-02T10:00:00.000Z'
  let known: Device[]
  let line: Notice
  let ledger: ReturnType<typeof createMemoryLedger>
  let breakers: Breakers
  const device = (id: string, address: DeviceAddress): Device => ({
    ...address,
    id,
    agentId: 'ann',
    name: id,
    createdAt: at,
    renewedAt: at,
  })
  const devices: Devices = {
    of: async () => new Map(known.length ? [['ann', known]] : []),
    forget: async (_, gone) => {
      known = known.filter(({ id }) => id !== gone.id)
    },
    register: () => Promise.reject(new Error('not here')),
    delete: () => Promise.reject(new Error('not here')),
    pushServices: () => Promise.reject(new Error('not here')),
  }
  const connections = () => ({
    fcm: account,
    apns: apnsKey,
    webPush: vapid,
    generated: true,
    showsText: false,
  })
  const doors = () => ({
    providers: createProviders(createLogger('test', 'silent'), createMemoryGuarded()),
    pace: noPace,
  })
  const send = async (over: object = {}) => {
    const world = { clock: () => new Date(), log: createLogger('test', 'silent') }
    const sender = createDeviceSender({
      ...{ world, fcm, apns, webPush, devices, breakers, ledger },
      ...doors(),
    })
    const [current] = await ledger.find([line.id])
    return sender.send([current!], { ...connections(), ...over }, message)
  }
  const states = async () =>
    Object.fromEntries(
      ((await ledger.find([line.id]))[0]?.devices ?? []).map((each) => [each.deviceId, each.state]),
    )

  beforeEach(async () => {
    const { endpoint, keys: own } = sinks.push.subscribe(vapid.publicKey)
    known = [
      device('phone', { kind: 'fcm', token: phone }),
      device('pad', { kind: 'apns', token: pad }),
      device('browser', {
        kind: 'web_push',
        subscription: { endpoint, ...own },
        vapidKey: vapid.publicKey,
      }),
    ]
    breakers = openDoors
    ledger = createMemoryLedger()
    line = newNotice({
      id: message.noticeId,
      accountId: 'acc',
      ticketId: 't1',
      ticketSequence: 3,
      departmentId: 'd1',
      event: 'ticket_assigned',
      because: 'mine',
      channel: 'push',
      recipient: { agentId: 'ann' },
      state: 'planned',
      attempts: 0,
      createdAt: at,
      doneRound: -1,
      listed: true,
    })
    await ledger.add([line])
  })

  it('get it once each', async () => {
    await send()
    expect(
      received()
        .map(({ provider }) => provider)
        .sort(),
    ).toEqual(['apns', 'fcm', 'web_push'])
    expect(await states()).toEqual({ phone: 'sent', pad: 'sent', browser: 'sent' })
  })

  it('that could not take it are tried again alone', async () => {
    sinks.push.setDevice(pad, 'busy')
    const failed = await failure(send())
    expect(failed).toMatchObject({ kind: 'temporary', message: 'APNs: TooManyRequests' })
    expect(await states()).toEqual({ phone: 'sent', pad: 'retrying', browser: 'sent' })
    sinks.push.setDevice(pad, 'ok')
    await send()
    expect(
      received()
        .map(({ provider }) => provider)
        .sort(),
    ).toEqual(['apns', 'fcm', 'web_push'])
    await send()
    expect(received()).toHaveLength(3)
  })

  it('that do not exist any more are removed, and the ledger says so', async () => {
    sinks.push.setDevice(phone, 'gone')
    await send()
    expect(await states()).toEqual({ phone: 'gone', pad: 'sent', browser: 'sent' })
    expect(known.map(({ id }) => id)).toEqual(['pad', 'browser'])
  })

  it('that are all gone fail it for good', async () => {
    known = known.slice(0, 1)
    sinks.push.setDevice(phone, 'gone')
    expect(await failure(send())).toMatchObject({
      kind: 'recipient',
      message: expect.stringContaining('UNREGISTERED'),
    })
    expect(await failure(send())).toMatchObject({ kind: 'recipient' })
    expect(known).toEqual([])
  })

  it('of browsers that subscribed with a key of before are removed', async () => {
    known = known.slice(2)
    const failed = await failure(send({ webPush: makeVapidKeys('mailto:a@b.example') }))
    expect(failed).toMatchObject({ kind: 'recipient', message: expect.stringContaining('replaced') })
    expect(known).toEqual([])
    expect(received()).toEqual([])
  })

  it('that nothing is connected for do not hinder the others', async () => {
    await send({ apns: undefined })
    expect(await states()).toEqual({ phone: 'sent', pad: 'failed', browser: 'sent' })
  })

  it('wait for a key that was refused, and others do not', async () => {
    const failures: BreakerKey[] = []
    breakers = {
      ...openDoors,
      enter: async ({ value }) =>
        failures.some((key) => key.value === value)
          ? { type: 'hold', until: new Date(Date.now() + 9000) }
          : { type: 'go', failedBefore: false },
      failed: async (key) => {
        failures.push(key)
      },
    }
    const refused = { ...account, privateKeyId: 'another' }
    expect(await failure(send({ fcm: refused }))).toMatchObject({ kind: 'temporary', broken: 'token' })
    expect(failures).toHaveLength(1)
    expect(await failure(send({ fcm: refused }))).toMatchObject({
      retryAfterMs: expect.any(Number),
      message: expect.stringContaining('waits'),
    })
    expect(failures).toHaveLength(1)
    expect(received()).toHaveLength(2)
  })

  it('get it under the same identity when the ledger did not learn of it', async () => {
    known = known.slice(1, 2)
    const lost = { change: () => Promise.reject(new Error('no database')) }
    const world = { clock: () => new Date(), log: createLogger('test', 'silent') }
    const sender = createDeviceSender({
      ...{ world, fcm, apns, webPush, devices, breakers, ledger: lost },
      ...doors(),
    })
    await expect(sender.send([line], connections(), message)).rejects.toThrow('no database')
    await send()
    const ids = received().map(({ headers }) => headers?.['apns-id'])
    expect(ids).toHaveLength(2)
    expect(new Set(ids).size).toBe(1)
  })
})
