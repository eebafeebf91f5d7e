import { createPrivateKey } from 'node:crypto'
import { connect } from 'node:http2'
import { SignJWT } from 'jose'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { makeProviderKeys, receiverCredentials } from '../../stack/providers.ts'
import { type Sinks, startSinks } from '../index.ts'

const keys = makeProviderKeys()
let sinks: Sinks
beforeEach(async () => {
  sinks = await startSinks({ push: receiverCredentials(keys) })
})
afterEach(() => sinks.close())

const list = async () => (await (await fetch(sinks.pushSinkUrl)).json()) as Record<string, unknown>[]
const now = () => Math.floor(Date.now() / 1000)
const scope = 'https://www.googleapis.com/auth/firebase.messaging'
const grant = 'urn:ietf:params:oauth:grant-type:jwt-bearer'

async function assertion(claims: object = {}, key = keys.fcm.privateKey): Promise<string> {
  const aud = `${sinks.pushUrl}/token`
  const all = { iss: keys.fcm.clientEmail, scope, aud, iat: now(), exp: now() + 3600, ...claims }
  return new SignJWT(all).setProtectedHeader({ alg: 'RS256' }).sign(createPrivateKey(key))
}
const askForToken = async (given: string, grant_type = grant) => {
  const answer = await fetch(`${sinks.pushUrl}/token`, {
    method: 'POST',
    body: new URLSearchParams({ grant_type, assertion: given }),
  })
  return { status: answer.status, body: (await answer.json()) as Record<string, string> }
}
const accessToken = async () => (await askForToken(await assertion())).body.access_token ?? ''
const send = async (message: object, token?: string, project = 'onus-local') =>
  fetch(`${sinks.pushUrl}/v1/projects/${project}/messages:send`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      authorization: `Bearer ${token ?? (await accessToken())}`,
    },
    body: JSON.stringify({ message }),
  })

describe('the token endpoint', () => {
  it('gives a token for a signed assertion', async () => {
    expect(await askForToken(await assertion())).toMatchObject({
      status: 200,
      body: { token_type: 'Bearer', expires_in: 3599 },
    })
  })

  it.each([
    ['another key', async () => assertion({}, makeProviderKeys().fcm.privateKey), 'invalid_grant'],
    ['another audience', async () => assertion({ aud: 'https://oauth2.example/token' }), 'invalid_grant'],
    ['an unknown account', async () => assertion({ iss: 'x@y.example' }), 'invalid_grant'],
    ['a long life', async () => assertion({ exp: now() + 7200 }), 'invalid_grant'],
    ['the past', async () => assertion({ iat: now() - 7200, exp: now() - 3600 }), 'invalid_grant'],
    ['no scope', async () => assertion({ scope: 'email' }), 'invalid_scope'],
    ['nonsense', async () => 'a.b.c', 'invalid_grant'],
  ])('refuses an assertion with %s', async (_, make, error) => {
    expect(await askForToken(await make())).toMatchObject({ status: 400, body: { error } })
  })

  it('refuses another grant', async () => {
    expect((await askForToken(await assertion(), 'password')).body.error).toBe('unsupported_grant_type')
  })
})

describe('FCM', () => {
  it('takes a message for a device', async () => {
    const message = { token: 'device-1', notification: { title: 'T', body: 'B' }, data: { id: '1' } }
    expect((await send(message)).status).toBe(200)
    expect(await list()).toMatchObject([
      {
        provider: 'fcm',
        project: 'onus-local',
        token: 'device-1',
        title: 'T',
        body: 'B',
        data: { id: '1' },
        message,
      },
    ])
  })

  it.each([
    [{ notification: { title: 'T' } }, 400, 'INVALID_ARGUMENT'],
    [{ token: 'd', topic: 't' }, 400, 'INVALID_ARGUMENT'],
    [{ token: 'd', data: { count: 1 } }, 400, 'INVALID_ARGUMENT'],
    [{ token: 'd', data: { from: 'x' } }, 400, 'INVALID_ARGUMENT'],
    [{ token: 'd', rubbish: true }, 400, 'INVALID_ARGUMENT'],
    [{ token: 'd', android: { ttl: '5000000s' } }, 400, 'INVALID_ARGUMENT'],
    [{ token: 'd', notification: { body: 'x'.repeat(4100) } }, 400, 'INVALID_ARGUMENT'],
    [{ token: 'unregistered-1' }, 404, 'UNREGISTERED'],
  ])('refuses %j with %i', async (message, status, errorCode) => {
    const answer = await send(message)
    expect(answer.status).toBe(status)
    expect(await answer.json()).toMatchObject({ error: { code: status, details: [{ errorCode }] } })
    expect(await list()).toEqual([])
  })

  it('refuses tokens that it did not give, or that have ended, and other projects', async () => {
    expect((await send({ token: 'd' }, 'ya29.mine')).status).toBe(401)
    const token = await accessToken()
    sinks.push.expireAccessTokens()
    expect((await send({ token: 'd' }, token)).status).toBe(401)
    expect((await send({ token: 'd' }, undefined, 'another')).status).toBe(403)
  })

  it('speaks of devices as they are', async () => {
    const states = { foreign: 403, busy: 429, unavailable: 503, invalid: 400, gone: 404, ok: 200 }
    for (const [state, status] of Object.entries(states)) {
      const set = await fetch(`${sinks.pushSinkUrl}/devices`, {
        method: 'POST',
        body: JSON.stringify({ token: 'd', state }),
      })
      expect(set.status).toBe(200)
      expect((await send({ token: 'd' })).status).toBe(status)
    }
  })
})

describe('APNs', () => {
  const device = 'a1'.repeat(32)
  const bearer = (claims: object = {}, header: object = {}, key = keys.apns.privateKey) =>
    new SignJWT({ iss: keys.apns.teamId, iat: now(), ...claims })
      .setProtectedHeader({ alg: 'ES256', kid: keys.apns.keyId, ...header })
      .sign(createPrivateKey(key))
  const body = JSON.stringify({ aps: { alert: { title: 'T', body: 'B' } }, ticketId: 't1' })

  async function ask(
    given: { path?: string; headers?: Record<string, string | undefined>; body?: string } = {},
  ) {
    const session = connect(sinks.apnsUrl)
    session.on('error', () => {})
    const headers = {
      authorization: `bearer ${await bearer()}`,
      'apns-topic': keys.apns.topic,
      'apns-push-type': 'alert',
      ...given.headers,
    }
    const kept = Object.fromEntries(Object.entries(headers).filter(([, value]) => value !== undefined))
    try {
      return await new Promise<{ status: number; reason?: string }>((resolve, reject) => {
        const stream = session.request({
          ':method': 'POST',
          ':path': given.path ?? `/3/device/${device}`,
          ...kept,
        })
        let status = 0
        let text = ''
        stream.on('response', (answer) => {
          status = Number(answer[':status'])
        })
        stream.on('data', (chunk) => {
          text += chunk
        })
        stream.on('end', () => resolve({ status, reason: text ? JSON.parse(text).reason : undefined }))
        stream.on('error', reject)
        stream.end(given.body ?? body)
      })
    } finally {
      session.destroy()
    }
  }

  it('takes a message for a device', async () => {
    expect(await ask()).toEqual({ status: 200 })
    expect(await list()).toMatchObject([
      { provider: 'apns', token: device, title: 'T', body: 'B', data: { ticketId: 't1' } },
    ])
  })

  it.each([
    ['no token', { headers: { authorization: undefined } }, 403, 'MissingProviderToken'],
    ['rubbish', { headers: { authorization: 'bearer a.b.c' } }, 403, 'InvalidProviderToken'],
    ['no topic', { headers: { 'apns-topic': undefined } }, 400, 'MissingTopic'],
    ['another topic', { headers: { 'apns-topic': 'com.other' } }, 400, 'TopicDisallowed'],
    ['no type', { headers: { 'apns-push-type': undefined } }, 400, 'InvalidPushType'],
    ['a bad id', { headers: { 'apns-id': 'one' } }, 400, 'BadMessageId'],
    ['a long collapse id', { headers: { 'apns-collapse-id': 'x'.repeat(65) } }, 400, 'BadCollapseId'],
    ['a bad time', { headers: { 'apns-expiration': 'soon' } }, 400, 'BadExpirationDate'],
    ['a bad priority', { headers: { 'apns-priority': '7' } }, 400, 'BadPriority'],
    ['a bad device', { path: '/3/device/xyz' }, 400, 'BadDeviceToken'],
    ['another path', { path: '/2/device' }, 404, 'BadPath'],
    ['nothing', { body: '' }, 400, 'PayloadEmpty'],
    ['too much', { body: JSON.stringify({ aps: { alert: 'x'.repeat(4100) } }) }, 413, 'PayloadTooLarge'],
    ['a dead device', { path: `/3/device/${'dead'.repeat(16)}` }, 410, 'Unregistered'],
  ])('refuses %s', async (_, given, status, reason) => {
    expect(await ask(given)).toEqual({ status, reason })
    expect(await list()).toEqual([])
  })

  it.each([
    ['that is old', { iat: now() - 3700 }, {}, undefined, 'ExpiredProviderToken'],
    ['of the future', { iat: now() + 600 }, {}, undefined, 'InvalidProviderToken'],
    ['of another team', { iss: 'OTHERTEAM1' }, {}, undefined, 'InvalidProviderToken'],
    ['of another key', {}, { kid: 'OTHERKEY01' }, undefined, 'InvalidProviderToken'],
    ['signed by another', {}, {}, makeProviderKeys().apns.privateKey, 'InvalidProviderToken'],
  ])('refuses a token %s', async (_, claims, header, key, reason) => {
    const authorization = `bearer ${await bearer(claims, header, key)}`
    expect(await ask({ headers: { authorization } })).toEqual({ status: 403, reason })
  })

  it('refuses for the moment when it is told to', async () => {
    await sinks.push.behave({ mode: 'refuse' })
    expect(await ask()).toEqual({ status: 503, reason: 'ServiceUnavailable' })
    await sinks.push.behave({ mode: 'down' })
    await expect(ask()).rejects.toThrow()
    await sinks.push.behave({ mode: 'ok' })
    expect((await ask()).status).toBe(200)
  })
})
