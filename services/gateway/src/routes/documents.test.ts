import { fileURLToPath } from 'node:url'
import { eventSchemas } from '@onus/proto/events'
import { expect, it } from 'vitest'
import { fakeApp } from '../testing/fakes.ts'

const asyncApiFile = fileURLToPath(new URL('../../../../proto/events/asyncapi.json', import.meta.url))
const { send } = fakeApp({}, { asyncApiFile })

it('serves the schema of every event, to everybody', async () => {
  for (const [type, schema] of eventSchemas()) {
    const answer = await send('GET', `/schemas/${type}.json`)
    expect(answer.status).toBe(200)
    expect(answer.headers.get('content-type')).toBe('application/schema+json')
    expect(answer.body).toEqual(schema)
  }
  expect((await send('GET', '/schemas/dev.onus.ticket.created.v1')).status).toBe(200)
})

it.each([
  'asyncapi.json',
  'index.ts',
  'dev.onus.ticket.unknown.v1.json',
  '..%2Fgen%2Fdescriptors.binpb',
  'dev.onus...v1.json',
  '%00',
])('has nothing else there: %s', async (file) => {
  expect((await send('GET', `/schemas/${file}`)).status).toBe(404)
})

it('serves the events’ document with webhooks in it', async () => {
  const { status, body } = await send('GET', '/asyncapi.json')
  expect(status).toBe(200)
  expect(body.channels).toHaveProperty('webhooks')
})
