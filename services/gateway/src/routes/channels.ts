import { systemCaller } from '@onus/kit/caller'
import { problems } from '@onus/kit/problems'
import * as api from '../api/channels.ts'
import { idParams } from '../api/common.ts'
import type { Clients } from '../clients.ts'
import { type AnyOperation, operation } from '../http/operation/operation.ts'
import { deviceJson, pushJson, pushProto, registrationProto } from '../mapping/channels.ts'
import { personGuard, setupGuard } from './guards.ts'

const ME = 'Me'
const INTEGRATIONS = 'Integrations'

/** Larger than anything that Slack sends when a button is pressed. */
const LARGEST_INTERACTION = 256 * 1024

/** Devices that push messages go to, what they are sent with, and what people press in Slack. */
export function channelRoutes({ channels }: Clients): AnyOperation[] {
  const pushAnswer = {
    description: 'What push messages are sent with; secrets are never shown.',
    schema: api.push,
  }
  return [
    operation({
      id: 'registerDevice',
      method: 'post',
      path: '/me/devices',
      tag: ME,
      summary: 'Tell me on this device',
      description:
        'The same token again renews the same device (200); whoever signed in on it last is told there. At most 20 devices: the one that was not renewed for the longest time makes room.',
      door: 'account',
      body: api.deviceRegistration,
      guard: personGuard,
      answers: {
        200: { description: 'The device was known and is renewed.', schema: api.device },
        201: { description: 'The device.', schema: api.device, headers: { Location: 'Its path.' } },
      },
      refusals: ['unknown-reference'],
      async handle({ body }, context) {
        personGuard(context)
        const { device, created } = await channels.registerDevice(registrationProto(body), context.call)
        if (!device) throw problems.internal(new Error('a device without itself'))
        const headers: Record<string, string> = created ? { location: `/api/v1/me/devices/${device.id}` } : {}
        return { status: created ? 201 : 200, body: deviceJson(device), headers }
      },
    }),
    operation({
      id: 'listMyDevices',
      method: 'get',
      path: '/me/devices',
      tag: ME,
      summary: 'List the devices on which I am told, the latest renewed first',
      door: 'account',
      guard: personGuard,
      answers: { 200: { description: 'My devices.', schema: api.devicePage } },
      async handle(_, context) {
        personGuard(context)
        const { items } = await channels.listDevices({}, context.call)
        return { status: 200, body: { items: items.map(deviceJson), nextCursor: null } }
      },
    }),
    operation({
      id: 'deleteDevice',
      method: 'delete',
      path: '/me/devices/{id}',
      tag: ME,
      summary: 'Tell me no more on this device',
      door: 'account',
      params: idParams,
      answers: { 204: { description: 'Done.' } },
      async handle({ params }, context) {
        personGuard(context)
        await channels.deleteDevice({ deviceId: params.id }, context.call)
        return { status: 204 }
      },
    }),
    operation({
      id: 'testMyDevice',
      method: 'post',
      path: '/me/devices/{id}/test',
      tag: ME,
      summary: 'Send a test message to one of my devices',
      description: 'Once and at once, about no ticket, in my language.',
      door: 'account',
      params: idParams,
      answers: { 200: { description: 'What became of it.', schema: api.deviceTest } },
      async handle({ params }, context) {
        personGuard(context)
        const { state, error } = await channels.testDevice({ deviceId: params.id }, context.call)
        return { status: 200, body: { state: state as 'sent', ...(error && { error }) } }
      },
    }),
    operation({
      id: 'getPushIntegration',
      method: 'get',
      path: '/integrations/push',
      tag: INTEGRATIONS,
      summary: 'Get what push messages are sent with',
      description:
        'For every agent: the kinds of devices that can be reached, and the key that a browser subscribes with. Admins see which accounts and keys are used.',
      door: 'account',
      answers: { 200: pushAnswer },
      async handle(_, { call }) {
        return { status: 200, body: pushJson(await channels.getPushIntegration({}, call)) }
      },
    }),
    operation({
      id: 'setPushIntegration',
      method: 'put',
      path: '/integrations/push',
      tag: INTEGRATIONS,
      summary: 'Connect FCM, APNs and web push',
      door: 'account',
      body: api.pushChange,
      guard: setupGuard,
      answers: { 200: pushAnswer },
      refusals: ['unknown-reference'],
      async handle({ body }, { call }) {
        return { status: 200, body: pushJson(await channels.setPushIntegration(pushProto(body), call)) }
      },
    }),
    operation({
      id: 'deletePushIntegration',
      method: 'delete',
      path: '/integrations/push',
      tag: INTEGRATIONS,
      summary: 'Go back to what the installation provides',
      door: 'account',
      answers: { 204: { description: 'Done.' } },
      refusals: ['not-found'],
      async handle(_, { call }) {
        await channels.deletePushIntegration({}, call)
        return { status: 204 }
      },
    }),
    operation({
      id: 'acceptSlackInteraction',
      method: 'post',
      path: '/slack/interactions',
      tag: INTEGRATIONS,
      summary: 'Take what somebody pressed in Slack',
      description:
        'The Request URL of the Slack app’s Interactivity page. Slack’s signature says that it is Slack who calls; a call that is older than five minutes is refused.',
      door: 'public',
      raw: {
        limit: LARGEST_INTERACTION,
        mediaTypes: {
          'application/x-www-form-urlencoded': {
            description: 'The field `payload` is JSON.',
            schema: { type: 'object', properties: { payload: { type: 'string' } }, required: ['payload'] },
          },
        },
        parse: async (bytes) => bytes,
      },
      answers: { 200: { description: 'Taken; what became of it is said in Slack.' } },
      refusals: ['unauthenticated', 'invalid-request', 'unavailable'],
      async handle({ body }, { request, call }) {
        await channels.handleSlackInteraction(
          {
            body: body as unknown as Buffer,
            signature: request.headers.get('x-slack-signature') ?? '',
            timestamp: request.headers.get('x-slack-request-timestamp') ?? '',
          },
          { ...call, caller: systemCaller('', 'gateway') },
        )
        return { status: 200 }
      },
    }),
  ]
}
