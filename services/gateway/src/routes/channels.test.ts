import { problems } from '@onus/kit/problems'
import type { Device, SetPushIntegrationRequest } from '@onus/proto/onus/v1/channels'
import { describe, expect, it } from 'vitest'
import { AT, fakeApp } from '../testing/fakes.ts'

const device: Device = {
  id: 'd1',
  kind: 'web_push',
  name: 'Work',
  tokenHint: 'push.example',
  createdAt: AT,
  renewedAt: AT,
}
const subscription = {
  endpoint: 'https://push.example/1',
  expirationTime: null,
  keys: { p256dh: 'BA', auth: 'AA' },
}

describe('devices', () => {
  it('are made, or renewed', async () => {
    const asked: unknown[] = []
    let created = true
    const registerDevice = async (request: unknown) => {
      asked.push(request)
      return { device, created }
    }
    const { send } = fakeApp({ channels: { registerDevice } })
    const json = { kind: 'web_push', subscription, name: 'Work' }
    const made = await send('POST', '/me/devices', { as: 'agent', json })
    expect([made.status, made.headers.get('location')]).toEqual([201, '/api/v1/me/devices/d1'])
    expect(made.body).toEqual({
      id: 'd1',
      kind: 'web_push',
      name: 'Work',
      tokenHint: 'push.example',
      createdAt: AT,
      renewedAt: AT,
    })
    created = false
    const renewed = await send('POST', '/me/devices', { as: 'agent', json })
    expect([renewed.status, renewed.headers.get('location')]).toEqual([200, null])
    expect(asked[0]).toEqual({
      kind: 'web_push',
      name: 'Work',
      subscription: { endpoint: subscription.endpoint, p256dh: 'BA', auth: 'AA' },
    })
  })

  it('are listed as a page', async () => {
    const { send } = fakeApp({ channels: { listDevices: async () => ({ items: [device] }) } })
    const { body } = await send('GET', '/me/devices', { as: 'agent' })
    expect(body).toMatchObject({ items: [{ id: 'd1' }], nextCursor: null })
  })

  it('are tried with a message that says what became of it', async () => {
    const answers = [{ state: 'sent' }, { state: 'gone', error: 'HTTP 410' }]
    const testDevice = async () => answers.shift() as { state: string; error?: string }
    const { send } = fakeApp({ channels: { testDevice } })
    const test = () => send('POST', '/me/devices/d1/test', { as: 'agent' })
    expect((await test()).body).toEqual({ state: 'sent' })
    expect((await test()).body).toEqual({ state: 'gone', error: 'HTTP 410' })
  })
})

describe('the push integration', () => {
  it('takes a key file as text or as what it holds, and null as a removal', async () => {
    const asked: SetPushIntegrationRequest[] = []
    const setPushIntegration = async (request: SetPushIntegrationRequest) => {
      asked.push(request)
      return {
        kinds: ['web_push'],
        webPush: { publicKey: 'BA', generated: true },
        pushShowsText: false,
      }
    }
    const { send } = fakeApp({ channels: { setPushIntegration } })
    const put = (json: object) => send('PUT', '/integrations/push', { as: 'admin', json })
    expect((await put({ fcm: { serviceAccount: { type: 'service_account' } } })).status).toBe(200)
    await put({ fcm: { serviceAccount: '{"type":"service_account"}' } })
    await put({ fcm: null, webPush: null, pushShowsText: true })
    await put({ apns: { keyId: 'k', teamId: 't', key: 'p', topic: 'b' } })
    expect(asked.map(({ fcm }) => fcm?.serviceAccount)).toEqual([
      '{"type":"service_account"}',
      '{"type":"service_account"}',
      undefined,
      undefined,
    ])
    expect(asked[2]).toMatchObject({ remove: ['fcm', 'web_push'], pushShowsText: true })
    expect(asked[3]?.apns).toMatchObject({ production: true })
  })
})

describe('a press in Slack', () => {
  const form = { 'content-type': 'application/x-www-form-urlencoded' }

  it('is handed on byte for byte, with its signature, and needs no key', async () => {
    const seen: unknown[] = []
    const handleSlackInteraction = async (request: {
      body: Uint8Array
      signature: string
      timestamp: string
    }) => {
      seen.push({ ...request, body: Buffer.from(request.body).toString() })
      return {}
    }
    const { send } = fakeApp({ channels: { handleSlackInteraction } })
    const headers = { ...form, 'x-slack-signature': 'v0=ab', 'x-slack-request-timestamp': '17' }
    const answer = await send('POST', '/slack/interactions', { body: 'payload=%7B%7D+&x=%C3%A9', headers })
    expect([answer.status, answer.text]).toEqual([200, ''])
    expect(seen).toEqual([{ body: 'payload=%7B%7D+&x=%C3%A9', signature: 'v0=ab', timestamp: '17' }])
  })

  it('is refused as the service refuses it, and when it is too large or no form', async () => {
    const handleSlackInteraction = async () => {
      throw problems.unauthenticated()
    }
    const { send } = fakeApp({ channels: { handleSlackInteraction } })
    const post = (body: string, headers: Record<string, string> = form) =>
      send('POST', '/slack/interactions', { body, headers })
    expect((await post('payload=1')).status).toBe(401)
    expect((await post('payload={}', { 'content-type': 'application/json' })).status).toBe(415)
    expect((await post('x'.repeat(300_000))).status).toBe(413)
  })
})
