import { readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { z } from '@hono/zod-openapi'
import { problems } from '@onus/kit/problems'
import { type AnyOperation, operation } from '../http/operation/operation.ts'

const TAG = 'Documents'
const anything = z.looseObject({})

/** What describes the API to machines; needs no key. */
export function documentRoutes(openApi: () => unknown, asyncApiFile: string): AnyOperation[] {
  return [
    operation({
      id: 'getOpenApi',
      method: 'get',
      path: '/openapi.json',
      tag: TAG,
      summary: 'This document',
      door: 'public',
      answers: { 200: { description: 'OpenAPI 3.1.', schema: anything } },
      refusals: ['invalid-request'],
      handle() {
        return { status: 200, body: openApi(), headers: PUBLIC }
      },
    }),
    operation({
      id: 'getAsyncApi',
      method: 'get',
      path: '/asyncapi.json',
      tag: TAG,
      summary: 'The events on Kafka',
      door: 'public',
      answers: { 200: { description: 'AsyncAPI 3.', schema: anything } },
      refusals: ['not-found', 'invalid-request'],
      async handle() {
        const text = await readFile(asyncApiFile, 'utf8').catch(() => {
          throw problems.notFound('document', 'asyncapi.json')
        })
        return new Response(text, { headers: { 'content-type': 'application/json', ...PUBLIC } })
      },
    }),
    operation({
      id: 'getEventSchema',
      method: 'get',
      path: '/schemas/{file}',
      tag: TAG,
      summary: 'The JSON Schema of an event',
      description: 'By its type, for example `/schemas/dev.onus.ticket.created.v1.json`.',
      door: 'public',
      params: z.object({ file: z.string().openapi({ param: { name: 'file', in: 'path' } }) }),
      answers: {
        200: {
          description: 'JSON Schema 2020-12.',
          mediaType: 'application/schema+json',
          schema: anything,
        },
      },
      refusals: ['invalid-request'],
      async handle({ params }) {
        const type = /^(dev\.onus\.[a-z_.]{1,100}\.v\d{1,3})(?:\.json)?$/.exec(params.file)?.[1]
        const text =
          type && (await readFile(join(dirname(asyncApiFile), `${type}.json`), 'utf8').catch(() => null))
        if (!text) throw problems.notFound('schema', params.file.toWellFormed())
        return new Response(text, { headers: { 'content-type': 'application/schema+json', ...PUBLIC } })
      },
    }),
    operation({
      id: 'getHealth',
      method: 'get',
      path: '/health',
      tag: TAG,
      summary: 'Is the API there?',
      door: 'public',
      answers: {
        200: { description: 'It is.', schema: z.object({ status: z.literal('ok') }).openapi('Health') },
      },
      refusals: ['invalid-request'],
      handle() {
        return { status: 200, body: { status: 'ok' } }
      },
    }),
  ]
}

/** The same for everybody, also for documentation tools on other origins. */
const PUBLIC = {
  'cache-control': 'public, max-age=60',
  'access-control-allow-origin': '*',
  'cross-origin-resource-policy': 'cross-origin',
}
