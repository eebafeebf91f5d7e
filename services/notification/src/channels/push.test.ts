import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { DeliveryFailure } from '../domain/failure.ts'
import type { PushMessage } from '../render/push.ts'
import { createPush, type Push } from './push.ts'

let status = 200
let headers: Record<string, unknown> = {}
let push: Push
const gateway = createServer((request, response) => {
  headers = request.headers
  response.writeHead(status, { 'retry-after': '5' }).end()
})
beforeAll(async () => {
  await new Promise<void>((resolve) => gateway.listen(0, '127.0.0.1', resolve))
  push = createPush({ url: `http://127.0.0.1:${(gateway.address() as AddressInfo).port}/push` })
})
afterAll(() => {
  gateway.close()
  gateway.closeAllConnections()
})

const message: PushMessage = {
  tag: 'n1',
  title: 't',
  body: 'b',
  url: 'u',
  event: 'ticket_new',
  ticketId: 't1',
}

it('posts under the notice’s own key', async () => {
  status = 204
  await push.send(['d1'], message)
  expect(headers['idempotency-key']).toBe('n1')
})

it.each([
  [410, 'recipient', undefined],
  [400, 'message', undefined],
  [401, 'temporary', 5000],
  [429, 'temporary', 5000],
  [503, 'temporary', 5000],
])('HTTP %s is %s', async (given, kind, retryAfterMs) => {
  status = given
  const error = await push.send(['d1'], message).then(
    () => undefined,
    (thrown) => thrown as DeliveryFailure,
  )
  expect(error).toMatchObject({ kind, retryAfterMs })
})
