import { emptyBody, idParams, pageQuery, toPage } from '../api/common.ts'
import * as api from '../api/webhooks.ts'
import type { Clients } from '../clients.ts'
import { type AnyOperation, operation } from '../http/operation/operation.ts'
import { pageJson } from '../mapping/common.ts'
import { deliveryJson, replayJson, webhookJson, webhookWithSecretJson } from '../mapping/webhooks.ts'
import { setupGuard } from './guards.ts'

const TAG = 'Webhooks'

/** Events for those without Kafka: sent to an address, signed, until they arrive. */
export function webhookRoutes({ webhooks }: Clients): AnyOperation[] {
  const one = { description: 'The webhook.', schema: api.webhook }
  const aDelivery = { description: 'The delivery.', schema: api.delivery }
  return [
    operation({
      id: 'createWebhook',
      method: 'post',
      path: '/webhooks',
      tag: TAG,
      summary: 'Create a webhook',
      description:
        'Every event that it subscribes to is POSTed to `url` as a CloudEvent in structured JSON mode, signed as Standard Webhooks has it, in the order of each ticket, until it is answered with 2xx or three days are over.',
      door: 'account',
      body: api.newWebhook,
      guard: setupGuard,
      answers: {
        201: {
          description: 'The webhook with its secret, which is shown this once.',
          schema: api.webhookWithSecret,
          headers: { Location: 'Its path.' },
        },
      },
      refusals: ['unknown-reference', 'not-found', 'in-use'],
      async handle({ body }, { call, commandId }) {
        const made = webhookWithSecretJson(
          await webhooks.createWebhook(
            { ...body, departmentId: body.departmentId ?? undefined, commandId },
            call,
          ),
        )
        return { status: 201, body: made, headers: { location: `/api/v1/webhooks/${made.id}` } }
      },
    }),
    operation({
      id: 'listWebhooks',
      method: 'get',
      path: '/webhooks',
      tag: TAG,
      summary: 'List webhooks, without their secrets',
      door: 'account',
      query: pageQuery,
      answers: { 200: { description: 'A page of webhooks.', schema: api.webhookPage } },
      async handle({ query }, { call }) {
        const found = await webhooks.listWebhooks({ page: toPage(query) }, call)
        return { status: 200, body: pageJson(found, webhookJson) }
      },
    }),
    operation({
      id: 'getWebhook',
      method: 'get',
      path: '/webhooks/{id}',
      tag: TAG,
      summary: 'Get a webhook',
      door: 'account',
      params: idParams,
      answers: { 200: one },
      async handle({ params }, { call }) {
        return { status: 200, body: webhookJson(await webhooks.getWebhook({ webhookId: params.id }, call)) }
      },
    }),
    operation({
      id: 'updateWebhook',
      method: 'patch',
      path: '/webhooks/{id}',
      tag: TAG,
      summary: 'Change a webhook',
      description: 'Setting it active, or another `url`, tries at once what waits.',
      door: 'account',
      params: idParams,
      body: api.webhookChange,
      guard: setupGuard,
      answers: { 200: one },
      refusals: ['unknown-reference'],
      async handle({ params, body }, { call }) {
        const changed = await webhooks.updateWebhook(
          {
            webhookId: params.id,
            url: body.url,
            events: body.events && { types: body.events },
            departmentId: body.departmentId === null ? '' : body.departmentId,
            active: body.active,
          },
          call,
        )
        return { status: 200, body: webhookJson(changed) }
      },
    }),
    operation({
      id: 'deleteWebhook',
      method: 'delete',
      path: '/webhooks/{id}',
      tag: TAG,
      summary: 'Delete a webhook, with its deliveries',
      door: 'account',
      params: idParams,
      answers: { 204: { description: 'Deleted.' } },
      async handle({ params }, { call }) {
        await webhooks.deleteWebhook({ webhookId: params.id }, call)
        return { status: 204 }
      },
    }),
    operation({
      id: 'rotateWebhookSecret',
      method: 'post',
      path: '/webhooks/{id}/rotate-secret',
      tag: TAG,
      summary: 'Make a new secret',
      description: 'For 24 hours deliveries carry the signature of the secret before as well.',
      door: 'account',
      params: idParams,
      body: emptyBody,
      bodyOptional: true,
      guard: setupGuard,
      answers: {
        200: {
          description: 'The webhook with its new secret, which is shown this once.',
          schema: api.webhookWithSecret,
        },
      },
      async handle({ params }, { call, commandId }) {
        const rotated = await webhooks.rotateWebhookSecret({ webhookId: params.id, commandId }, call)
        return { status: 200, body: webhookWithSecretJson(rotated) }
      },
    }),
    operation({
      id: 'testWebhook',
      method: 'post',
      path: '/webhooks/{id}/test',
      tag: TAG,
      summary: 'Send a test event now',
      description:
        'Tried once, also when the webhook is inactive; the answer says what the receiver did: `delivered`, or `dead_letter` with the reason.',
      door: 'account',
      params: idParams,
      body: emptyBody,
      bodyOptional: true,
      guard: setupGuard,
      answers: { 200: aDelivery },
      async handle({ params }, { call, commandId }) {
        return {
          status: 200,
          body: deliveryJson(await webhooks.testWebhook({ webhookId: params.id, commandId }, call)),
        }
      },
    }),
    operation({
      id: 'listWebhookDeliveries',
      method: 'get',
      path: '/webhooks/{id}/deliveries',
      tag: TAG,
      summary: 'List what was sent, and what became of it, newest first',
      description: '`state=dead_letter` lists what was given up. The log goes back 30 days.',
      door: 'account',
      params: idParams,
      query: api.deliveryQuery,
      guard: setupGuard,
      answers: { 200: { description: 'A page of deliveries.', schema: api.deliveryPage } },
      async handle({ params, query }, { call }) {
        const found = await webhooks.listDeliveries(
          { webhookId: params.id, page: toPage(query), state: query.state },
          call,
        )
        return { status: 200, body: pageJson(found, deliveryJson) }
      },
    }),
    operation({
      id: 'getWebhookDelivery',
      method: 'get',
      path: '/webhooks/{id}/deliveries/{deliveryId}',
      tag: TAG,
      summary: 'Get a delivery with what is sent',
      description: '`payload` is the CloudEvent in JSON, byte by byte as it is signed and sent.',
      door: 'account',
      params: api.deliveryParams,
      guard: setupGuard,
      answers: { 200: { description: 'The delivery.', schema: api.deliveryWithPayload } },
      async handle({ params }, { call }) {
        const request = { webhookId: params.id, deliveryId: params.deliveryId }
        const { delivery, payload } = await webhooks.getDelivery(request, call)
        if (!delivery) throw new Error('the service answered without the delivery')
        return { status: 200, body: { ...deliveryJson(delivery), payload } }
      },
    }),
    operation({
      id: 'resendWebhookDelivery',
      method: 'post',
      path: '/webhooks/{id}/deliveries/{deliveryId}/resend',
      tag: TAG,
      summary: 'Send a delivery again',
      description: 'Under the same id, for another three days.',
      door: 'account',
      params: api.deliveryParams,
      body: emptyBody,
      bodyOptional: true,
      guard: setupGuard,
      answers: { 200: aDelivery },
      refusals: ['wrong-status'],
      async handle({ params, body: _ }, { call, commandId }) {
        const request = { webhookId: params.id, deliveryId: params.deliveryId, commandId }
        return { status: 200, body: deliveryJson(await webhooks.resendDelivery(request, call)) }
      },
    }),
    operation({
      id: 'replayWebhook',
      method: 'post',
      path: '/webhooks/{id}/replay',
      tag: TAG,
      summary: 'Send events of the past again',
      description:
        'Only what the webhook subscribes to; each event has the id and the text that it had the first time. Events of tickets are made of the history itself, however old it is; those of notices and of the directory are what their topics still have.',
      door: 'account',
      params: idParams,
      body: api.newReplay,
      guard: setupGuard,
      answers: { 202: { description: 'The replay; the webhook shows how far it is.', schema: api.replay } },
      refusals: ['unknown-reference', 'in-use'],
      async handle({ params, body }, { call, commandId }) {
        const replay = await webhooks.replayWebhook({ webhookId: params.id, ...body, commandId }, call)
        return { status: 202, body: replayJson(replay) }
      },
    }),
  ]
}
