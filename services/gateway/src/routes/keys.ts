import { idParams, pageQuery, toPage } from '../api/common.ts'
import * as api from '../api/directory.ts'
import type { Clients } from '../clients.ts'
import { type AnyOperation, operation } from '../http/operation/operation.ts'
import { pageJson } from '../mapping/common.ts'
import { apiKeyJson } from '../mapping/directory.ts'
import { keyGuard } from './guards.ts'

const TAG = 'API keys'

/** Keys that act as an agent, or as themselves within their scopes. */
export function keyRoutes({ directory }: Clients): AnyOperation[] {
  return [
    operation({
      id: 'createApiKey',
      method: 'post',
      path: '/api-keys',
      tag: TAG,
      summary: 'Create a key',
      description:
        'With `agentId` the key acts as that agent. Without, it has what its scopes name: `tickets:read`, `tickets:write`, `contact:write`, `setup:read`, `setup:write`.',
      door: 'account',
      body: api.newApiKey,
      guard: keyGuard,
      answers: {
        201: {
          description: 'The key. `key` is its secret, shown this once.',
          schema: api.createdApiKey,
          headers: { Location: 'The path of the list of keys.' },
        },
      },
      refusals: ['unknown-reference', 'not-found', 'already-exists'],
      async handle({ body }, { call, commandId }) {
        const made = await directory.createApiKey(
          { name: body.name, agentId: body.agentId ?? undefined, scopes: body.scopes ?? [], commandId },
          call,
        )
        if (!made.apiKey) throw new Error('the directory answered without the key')
        return {
          status: 201,
          body: { ...apiKeyJson(made.apiKey), key: made.key },
          headers: { location: `/api/v1/api-keys/${made.apiKey.id}` },
        }
      },
    }),
    operation({
      id: 'listApiKeys',
      method: 'get',
      path: '/api-keys',
      tag: TAG,
      summary: 'List keys, without their secrets',
      door: 'account',
      query: pageQuery,
      answers: { 200: { description: 'A page of keys.', schema: api.apiKeyPage } },
      async handle({ query }, { call }) {
        return {
          status: 200,
          body: pageJson(await directory.listApiKeys({ page: toPage(query) }, call), apiKeyJson),
        }
      },
    }),
    operation({
      id: 'deleteApiKey',
      method: 'delete',
      path: '/api-keys/{id}',
      tag: TAG,
      summary: 'Delete a key; it opens nothing from then on',
      door: 'account',
      params: idParams,
      answers: { 204: { description: 'Deleted.' } },
      async handle({ params }, { call }) {
        await directory.deleteApiKey({ apiKeyId: params.id }, call)
        return { status: 204 }
      },
    }),
  ]
}
