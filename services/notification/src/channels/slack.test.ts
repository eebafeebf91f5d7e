import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { pipeline, Readable } from 'node:stream'
import { createGuardedFetch } from '@onus/kit/net'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import type { DeliveryFailure } from '../domain/failure.ts'
import type { SlackMessage } from '../render/slack.ts'
import { startSlack, type TestSlack } from '../testing/slack.ts'
import { createSlack, type Slack } from './slack.ts'

let server: TestSlack
let slack: Slack
const fetch = createGuardedFetch({ allowLoopback: true })

beforeAll(async () => {
  server = await startSlack()
})
afterAll(() => server.close())
beforeEach(() => {
  server.calls.length = 0
  server.reply = () => undefined
  slack = createSlack({ apiUrl: server.url, fetch, timeoutMs: 5000 })
})

const message: SlackMessage = {
  text: 'Ticket #7',
  blocks: [],
  client_msg_id: '0-1',
  metadata: { event_type: 'onus_notice', event_payload: {} },
  unfurl_links: false,
}
const send = () => slack.send('xoxb-1', 'ann@example.org', message)
const failure = () =>
  send().then(
    () => undefined,
    (error) => error as DeliveryFailure,
  )
const refuse = (error: string, over = {}) => {
  server.reply = (method) =>
    method === 'chat.postMessage' ? { body: { ok: false, error }, ...over } : undefined
}

it('finds the person by address and writes to them', async () => {
  await send()
  await send()
  expect(server.calls.map(({ method, token }) => [method, token])).toEqual([
    ['users.lookupByEmail', 'xoxb-1'],
    ['conversations.open', 'xoxb-1'],
    ['chat.postMessage', 'xoxb-1'],
    ['chat.postMessage', 'xoxb-1'],
  ])
  expect(server.calls[0]?.body).toEqual({ email: 'ann@example.org' })
  expect(server.calls[1]?.body).toEqual({ users: 'U1' })
  expect(server.calls[2]?.body).toMatchObject({ channel: 'D1', client_msg_id: '0-1' })
})

it('waits as long as Slack asks, and lets others with this token wait', async () => {
  refuse('ratelimited', { status: 429, headers: { 'retry-after': '17' } })
  expect(await failure()).toMatchObject({ kind: 'temporary', retryAfterMs: 17_000, broken: 'token' })
})

it.each([
  ['users_not_found', 'recipient', undefined],
  ['user_disabled', 'recipient', undefined],
  ['invalid_blocks', 'message', undefined],
  ['token_revoked', 'temporary', 'token'],
  ['invalid_auth', 'temporary', 'token'],
  ['internal_error', 'temporary', undefined],
])('%s is %s', async (error, kind, broken) => {
  refuse(error)
  expect(await failure()).toMatchObject({ kind, broken })
})

it('survives an answer that is not Slack’s, and none at all', async () => {
  server.reply = () => ({ status: 502, body: [] })
  expect(await failure()).toMatchObject({ kind: 'temporary', message: 'Slack users.lookupByEmail: HTTP 502' })
  await server.close()
  expect(await failure()).toMatchObject({ kind: 'temporary' })
  server = await startSlack()
})

it('tells nobody the token or the address in its errors', async () => {
  refuse('invalid_auth')
  const error = await failure()
  expect(error?.message).toBe('Slack chat.postMessage: invalid_auth')
})

it.each([200, 500])('reads no more of a webhook that answers %i than it must', async (status) => {
  const chunk = Buffer.alloc(64 * 1024, '-')
  let sent = 0
  async function* flood() {
    for (;;) {
      sent += chunk.length
      yield chunk
    }
  }
  const { promise: left, resolve: ended } = Promise.withResolvers<void>()
  const endless = createServer((_, response) =>
    pipeline(Readable.from(flood()), response.writeHead(status), () => ended()),
  )
  await new Promise<void>((resolve) => endless.listen(0, '127.0.0.1', resolve))
  const { port } = endless.address() as AddressInfo
  const told = slack.webhook(`http://127.0.0.1:${port}/services/T1/B1/x`, message)
  if (status === 200) await told
  else await expect(told).rejects.toMatchObject({ kind: 'temporary', message: 'Slack webhook: HTTP 500' })
  await left
  expect(sent).toBeLessThan(32 * 1024 * 1024)
  endless.close()
})
