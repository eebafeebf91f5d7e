import { readFile } from 'node:fs/promises'
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
