import { generateKeyPairSync, randomUUID } from 'node:crypto'
import { type Caller, systemCaller } from '@onus/kit/caller'
import { Secret } from '@onus/kit/config'
import { createGrpcClient, createGrpcServer, type GrpcClient, type GrpcServer } from '@onus/kit/grpc'
import { createLogger } from '@onus/kit/logging'
import { connectMongo, ensureIndexes } from '@onus/kit/mongo'
import { Problem } from '@onus/kit/problems'
import {
  ChannelServiceClient,
  ChannelServiceService,
  type RegisterDeviceRequest,
  type SetPushIntegrationRequest,
} from '@onus/proto/onus/v1/channels'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type Channels, createChannels } from '../channels/index.ts'
import { createProviders } from '../delivery/providers.ts'
import { makeVapidKeys } from '../domain/push-credentials.ts'
import { createBreakers } from '../store/breakers.ts'
import { createLedger } from '../store/ledger.ts'
import { QUERIES } from '../store/queries.ts'
import { createSecretBox } from '../store/secrets.ts'
import { createMemoryGuarded, noPace } from '../testing/memory.ts'

/** Devices, push and their secrets over gRPC, in a real store: who may do what, and what is kept. */

const internalKey = new Secret('k'.repeat(40))
const pem = (key: ReturnType<typeof generateKeyPairSync>['privateKey']) =>
  (key as { export(options: object): string }).export({ type: 'pkcs8', format: 'pem' })
const RSA = pem(generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey)
const P256 = pem(generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey)
const serviceAccount = {
  type: 'service_account',
  project_id: 'acme-help',
  private_key_id: 'abc123',
  private_key: RSA,
  client_email: 'onus@acme-help.iam.gserviceaccount.com',
}
const fcm = { serviceAccount: JSON.stringify(serviceAccount) }
const apns = {
  keyId: 'ABCDE12345',
  teamId: 'FGHIJ67890',
  key: P256,
  topic: 'com.acme.help',
  production: true,
}
const vapid = makeVapidKeys('mailto:it@acme.example')
const nothing: SetPushIntegrationRequest = { remove: [] }
const phone: RegisterDeviceRequest = { kind: 'fcm', token: 'phone-1', name: 'My phone', app: 'Onus 1.4' }

let mongo: Awaited<ReturnType<typeof connectMongo>>
let server: GrpcServer
let client: GrpcClient<typeof ChannelServiceService>
let channels: Channels
let acc: string
let other: string

beforeAll(async () => {
  const uri = process.env.MONGODB_URI
  if (!uri) throw new Error('MONGODB_URI names no server; run this suite through `npm test`')
  const log = createLogger('test', 'silent')
  mongo = await connectMongo({ uri, database: `test_channels_${randomUUID().slice(0, 8)}` })
  await ensureIndexes(mongo.db, QUERIES)
  channels = createChannels({
    settings: {
      slackApiUrl: 'http://127.0.0.1:1/api',
      slack: {},
      // Nobody answers there.
      fcmUrl: 'http://127.0.0.1:1',
      fcmTokenUrl: 'http://127.0.0.1:1/token',
      push: { subject: 'mailto:notices@onus.example' },
      allowLoopback: false,
      publicUrl: 'https://onus.example',
      timeoutMs: 1000,
    },
    world: {
      clock: () => new Date(),
      log,
      directory: { snapshot: () => Promise.reject(new Error('not asked')) },
    },
    db: mongo.db,
    box: createSecretBox(internalKey.reveal()),
    tickets: { execute: () => Promise.reject(new Error('not asked')) } as never,
    ledger: createLedger(mongo.db),
    breakers: createBreakers(mongo.db),
    providers: createProviders(log, createMemoryGuarded()),
    pace: noPace,
  })
  server = createGrpcServer({ log, config: { GRPC_INSECURE: true } as never, internalKey })
  server.add(ChannelServiceService, channels.handlers, { public: ['handleSlackInteraction'] })
  const port = await server.listen('127.0.0.1', 0)
  client = createGrpcClient(ChannelServiceClient, `127.0.0.1:${port}`, {
    config: { GRPC_INSECURE: true } as never,
    internalKey,
  }) as never
})
afterAll(async () => {
  client?.close()
  await server?.stop()
  await channels?.close()
  await mongo?.db.dropDatabase()
  await mongo?.close()
})
beforeEach(() => {
  acc = `acc-${randomUUID().slice(0, 8)}`
  other = `${acc}-other`
})

const agent = (id: string, role: Caller['role'] = 'agent', accountId = acc): { caller: Caller } => ({
  caller: { type: 'agent', accountId, id, name: id, role, scopes: [] } as Caller,
})
const machine = (): { caller: Caller } => ({
  caller: { type: 'api_client', accountId: acc, id: 'shop', name: 'Shop', scopes: ['tickets:read'] },
})
const operator = (): { caller: Caller } => ({
  caller: { type: 'operator', accountId: '', id: 'operator', name: 'operator', scopes: [] },
})
const reasonOf = (work: Promise<unknown>) =>
  work.then(
    () => 'done',
    (error) => (error instanceof Problem ? error.reason : String(error)),
  )
const fieldsOf = (work: Promise<unknown>) =>
  work.then(
    () => [],
    (error) => (error as Problem).errors?.map(({ field }) => field) ?? [String(error)],
  )
const connectAll = () => client.setPushIntegration({ ...nothing, fcm, apns }, agent('ada', 'admin'))
const mine = async (who: { caller: Caller }) => (await client.listDevices({}, who)).items

describe('who may do what', () => {
  const asked: [string, (who: { caller: Caller }) => Promise<unknown>, Record<string, string>][] = [
    [
      'registerDevice',
      (who) => client.registerDevice(phone, who),
      { owner: 'done', admin: 'done', agent: 'done', machine: 'forbidden', operator: 'forbidden' },
    ],
    [
      'listDevices',
      (who) => client.listDevices({}, who),
      { owner: 'done', admin: 'done', agent: 'done', machine: 'forbidden', operator: 'forbidden' },
    ],
    [
      'deleteDevice',
      (who) => client.deleteDevice({ deviceId: 'x' }, who),
      {
        owner: 'not-found',
        admin: 'not-found',
        agent: 'not-found',
        machine: 'forbidden',
        operator: 'forbidden',
      },
    ],
    [
      'testDevice',
      (who) => client.testDevice({ deviceId: 'x' }, who),
      {
        owner: 'not-found',
        admin: 'not-found',
        agent: 'not-found',
        machine: 'forbidden',
        operator: 'forbidden',
      },
    ],
    [
      'getPushIntegration',
      (who) => client.getPushIntegration({}, who),
      { owner: 'done', admin: 'done', agent: 'done', machine: 'done', operator: 'forbidden' },
    ],
    [
      'setPushIntegration',
      (who) => client.setPushIntegration({ ...nothing, pushShowsText: true }, who),
      { owner: 'done', admin: 'done', agent: 'forbidden', machine: 'forbidden', operator: 'forbidden' },
    ],
    [
      'deletePushIntegration',
      (who) => client.deletePushIntegration({}, who),
      { owner: 'done', admin: 'done', agent: 'forbidden', machine: 'forbidden', operator: 'forbidden' },
    ],
  ]
  it.each(asked)('%s', async (_, ask, expected) => {
    const callers = { owner: agent('olga', 'owner'), admin: agent('ada', 'admin'), agent: agent('ann') }
    for (const [who, caller] of Object.entries({ ...callers, machine: machine(), operator: operator() })) {
      await connectAll()
      expect([who, await reasonOf(ask(caller))]).toEqual([who, expected[who]])
    }
  })

  it('a press in Slack needs Slack’s signature, whoever hands it on', async () => {
    const signed = { body: Buffer.from('payload={}'), signature: 'v0=00', timestamp: '1' }
    const self = { caller: systemCaller('', 'gateway') }
    expect(await reasonOf(client.handleSlackInteraction(signed, self))).toBe('unauthenticated')
  })

  it('an admin of another account sees and changes nothing here', async () => {
    await connectAll()
    const { device } = await client.registerDevice(phone, agent('ann'))
    const foreign = agent('ann', 'owner', other)
    expect((await client.getPushIntegration({}, foreign)).fcm).toBeUndefined()
    expect(await mine(foreign)).toEqual([])
    expect(await reasonOf(client.deleteDevice({ deviceId: device?.id ?? '' }, foreign))).toBe('not-found')
    expect(await reasonOf(client.testDevice({ deviceId: device?.id ?? '' }, foreign))).toBe('not-found')
    expect(await reasonOf(client.testDevice({ deviceId: device?.id ?? '' }, agent('bob')))).toBe('not-found')
    expect(await reasonOf(client.deletePushIntegration({}, foreign))).toBe('not-found')
    expect(await mine(agent('ann'))).toHaveLength(1)
  })
})

describe('a device', () => {
  beforeEach(async () => {
    await connectAll()
  })

  it('is renewed by the same token, and moves to who signed in on it last', async () => {
    const first = await client.registerDevice(phone, agent('ann'))
    expect(first).toMatchObject({
      created: true,
      device: { kind: 'fcm', name: 'My phone', tokenHint: '…-1' },
    })
    const again = await client.registerDevice({ ...phone, app: 'Onus 1.5' }, agent('ann'))
    expect(again).toMatchObject({ created: false, device: { id: first.device?.id, app: 'Onus 1.5' } })
    expect(again.device?.createdAt).toBe(first.device?.createdAt)
    await client.registerDevice(phone, agent('bob'))
    expect(await mine(agent('ann'))).toEqual([])
    expect(await mine(agent('bob'))).toMatchObject([{ id: first.device?.id }])
    expect(await reasonOf(client.deleteDevice({ deviceId: first.device?.id ?? '' }, agent('ann')))).toBe(
      'not-found',
    )
    await client.deleteDevice({ deviceId: first.device?.id ?? '' }, agent('bob'))
    expect(await mine(agent('bob'))).toEqual([])
  })

  it('makes room for a newer one when there are twenty', async () => {
    for (let at = 0; at < 22; at++)
      await client.registerDevice({ kind: 'fcm', token: `phone-${at}`, name: String(at) }, agent('ann'))
    const names = (await mine(agent('ann'))).map(({ name }) => Number(name))
    expect(names).toHaveLength(20)
    expect(names).not.toContain(0)
    expect(names).toContain(21)
  })

  it.each([
    [{ kind: 'pager' }, ['kind']],
    [{ kind: 'fcm' }, ['token']],
    [{ kind: 'fcm', token: 'with space' }, ['token']],
    [{ kind: 'apns', token: 'xyz' }, ['token']],
    [{ kind: 'web_push' }, ['subscription']],
    [{ kind: 'web_push', token: 't' }, ['token', 'subscription']],
    [
      { kind: 'web_push', subscription: { endpoint: 'no', p256dh: 'a', auth: 'b' } },
      ['subscription.endpoint', 'subscription.keys.p256dh', 'subscription.keys.auth'],
    ],
    [{ ...phone, name: 'x'.repeat(201) }, ['name']],
  ])('%j is refused by its field', async (request, fields) => {
    expect(await fieldsOf(client.registerDevice(request as RegisterDeviceRequest, agent('ann')))).toEqual(
      fields,
    )
  })

  it('in a browser must be at a public push service', async () => {
    const { publicKey } = vapid
    const subscription = { p256dh: publicKey, auth: Buffer.alloc(16).toString('base64url') }
    for (const endpoint of [
      'https://127.0.0.1/x',
      'https://10.0.0.1/x',
      'https://169.254.169.254/',
      'http://8.8.8.8/x',
    ]) {
      const request = { kind: 'web_push', subscription: { ...subscription, endpoint } }
      expect(await fieldsOf(client.registerDevice(request, agent('ann')))).toEqual(['subscription.endpoint'])
    }
  })

  it('says what became of a test: one that cannot be reached stays, one that is gone is removed', async () => {
    const { publicKey, privateKey, subject } = vapid
    const auth = Buffer.alloc(16).toString('base64url')
    const subscription = { endpoint: 'https://8.8.8.8/x', p256dh: publicKey, auth }
    const { device } = await client.registerDevice({ kind: 'web_push', subscription }, agent('ann'))
    const known = await client.registerDevice(phone, agent('ann'))
    // The browser takes nothing of the account's new key.
    await client.setPushIntegration(
      { ...nothing, webPush: { publicKey, privateKey, subject } },
      agent('ada', 'admin'),
    )
    const gone = await client.testDevice({ deviceId: device?.id ?? '' }, agent('ann'))
    expect(gone).toMatchObject({ state: 'gone', error: expect.stringContaining('replaced') })
    const failed = await client.testDevice({ deviceId: known.device?.id ?? '' }, agent('ann'))
    expect(failed).toMatchObject({ state: 'failed', error: expect.any(String) })
    expect(await mine(agent('ann'))).toMatchObject([{ id: known.device?.id }])
  })

  it('of a kind that nothing is connected for is refused', async () => {
    const request = { kind: 'apns', token: 'ab'.repeat(32) }
    expect(await reasonOf(client.registerDevice(request, agent('ann', 'agent', other)))).toBe(
      'unknown-reference',
    )
  })
})

describe('the push integration', () => {
  it('shows agents the key to subscribe with, made once, and admins the rest; secrets to nobody', async () => {
    const [one, two] = await Promise.all([
      client.getPushIntegration({}, agent('ann')),
      client.getPushIntegration({}, agent('bob')),
    ])
    expect(one.webPush?.publicKey).toBe(two.webPush?.publicKey)
    expect(one).toMatchObject({ kinds: ['web_push'], pushShowsText: false, webPush: { generated: true } })
    await connectAll()
    const forAgent = await client.getPushIntegration({}, agent('ann'))
    expect(forAgent.kinds).toEqual(['fcm', 'apns', 'web_push'])
    expect([forAgent.fcm, forAgent.apns, forAgent.webPush?.subject]).toEqual([
      undefined,
      undefined,
      undefined,
    ])
    const forAdmin = await client.getPushIntegration({}, agent('ada', 'admin'))
    expect(forAdmin).toMatchObject({
      fcm: { projectId: 'acme-help', privateKeyId: 'abc123' },
      apns: { keyId: 'ABCDE12345', topic: 'com.acme.help', production: true },
      webPush: { publicKey: one.webPush?.publicKey, subject: 'mailto:notices@onus.example' },
    })
    expect(JSON.stringify(forAdmin)).not.toContain('PRIVATE KEY')
  })

  it('keeps its secrets unreadable', async () => {
    await client.setPushIntegration({ ...nothing, fcm, apns, webPush: vapid }, agent('ada', 'admin'))
    const kept = JSON.stringify(await mongo.db.collection('push_integrations').find({}).toArray())
    for (const secret of ['PRIVATE KEY', vapid.privateKey, 'acme-help']) expect(kept).not.toContain(secret)
    const { fcm: opened, apns: key } = await channels.push.connections(acc)
    expect([opened?.privateKey, key?.key]).toEqual([RSA, P256])
  })

  it('leaves what is left out, and removes what is asked to be', async () => {
    await connectAll()
    const admin = agent('ada', 'admin')
    const shown = await client.setPushIntegration({ ...nothing, pushShowsText: true }, admin)
    expect(shown).toMatchObject({ pushShowsText: true, kinds: ['fcm', 'apns', 'web_push'] })
    const fewer = await client.setPushIntegration({ remove: ['fcm'] }, admin)
    expect(fewer).toMatchObject({ pushShowsText: true, kinds: ['apns', 'web_push'] })
    const own = await client.setPushIntegration({ ...nothing, webPush: vapid }, admin)
    expect(own.webPush).toMatchObject({ publicKey: vapid.publicKey, generated: false })
    await client.deletePushIntegration({}, admin)
    expect(await client.getPushIntegration({}, admin)).toMatchObject({
      kinds: ['web_push'],
      pushShowsText: false,
    })
  })

  const foreignKey = makeVapidKeys('mailto:a@b.example').privateKey
  it.each<[string, object, string[]]>([
    ['a service account that is no JSON', { fcm: { serviceAccount: 'xyz' } }, ['fcm.serviceAccount']],
    [
      'another file of Google’s',
      { fcm: { serviceAccount: '{"type":"authorized_user"}' } },
      ['fcm.serviceAccount.type'],
    ],
    [
      'a broken key',
      { fcm: { serviceAccount: JSON.stringify({ ...serviceAccount, private_key: 'no' }) } },
      ['fcm.serviceAccount.private_key'],
    ],
    [
      'a key of another kind',
      { fcm: { serviceAccount: JSON.stringify({ ...serviceAccount, private_key: P256 }) } },
      ['fcm.serviceAccount.private_key'],
    ],
    ['an RSA key for Apple', { apns: { ...apns, key: RSA } }, ['apns.key']],
    [
      'bad ids',
      { apns: { ...apns, keyId: 'abc', teamId: '1', topic: 'x' } },
      ['apns.keyId', 'apns.teamId', 'apns.topic'],
    ],
    ['keys of two pairs', { webPush: { ...vapid, privateKey: foreignKey } }, ['webPush.privateKey']],
    [
      'nonsense',
      { webPush: { publicKey: 'a', privateKey: 'b', subject: 'me' } },
      ['webPush.subject', 'webPush.publicKey', 'webPush.privateKey'],
    ],
  ])('refuses %s by its field', async (_, change, fields) => {
    const asked = client.setPushIntegration({ ...nothing, ...change }, agent('ada', 'admin'))
    expect(await fieldsOf(asked)).toEqual(fields)
  })
})

it('alarms once of a key that is refused, however many notices find it so', async () => {
  const tripped: string[] = []
  const breakers = createBreakers(mongo.db, (key, error) => tripped.push(`${key.accountId} ${error}`))
  const key = { accountId: acc, kind: 'token', value: 'xoxb-1' } as const
  for (let at = 0; at < 3; at++) await breakers.failed(key, new Date(), 'token_revoked')
  expect(tripped).toEqual([`${acc} token_revoked`])
  await breakers.worked(key)
  await breakers.failed(key, new Date(), 'token_revoked')
  expect(tripped).toHaveLength(2)
})
