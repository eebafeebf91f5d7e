import type { Caller } from '@onus/kit/caller'
import { requireRole } from '@onus/kit/caller'
import { type Clock, rfc3339 } from '@onus/kit/clock'
import type { Handlers } from '@onus/kit/grpc'
import { assertPublicAddress, ForbiddenAddress } from '@onus/kit/net'
import { problems } from '@onus/kit/problems'
import type { ChannelServiceService } from '@onus/proto/onus/v1/channels'
import type { DeviceSender } from '../delivery/device-sender.ts'
import { type Device, deviceAddress, tokenHint } from '../domain/device.ts'
import { asFailure } from '../domain/failure.ts'
import { pushChange } from '../domain/push-credentials.ts'
import { testPushMessage } from '../render/push.ts'
import type { Devices } from '../store/devices.ts'
import type { PushConnections, PushIntegrations } from '../store/push-integrations.ts'

export interface ChannelHandlerDeps {
  clock: Clock
  devices: Devices
  push: PushIntegrations
  sender: Pick<DeviceSender, 'probe'>
  /** Where people reach the console; for the link of a test message. */
  publicUrl: string
  /** Browsers' endpoints may lead to this machine; for the embedded stack. */
  allowLoopback: boolean
  /** @throws Problem when it was not Slack that sent it */
  slackInteraction(request: { body: Uint8Array; signature: string; timestamp: string }): Promise<void>
}

/** The gRPC methods of devices and push. */
export function createChannelHandlers(deps: ChannelHandlerDeps): Handlers<typeof ChannelServiceService> {
  const { devices, push } = deps
  const now = () => rfc3339(deps.clock())

  async function requireReachable(endpoint: string): Promise<void> {
    const { protocol } = new URL(endpoint)
    try {
      if (protocol !== 'https:' && !deps.allowLoopback) throw new ForbiddenAddress('only https is called')
      await assertPublicAddress(endpoint, { allowLoopback: deps.allowLoopback })
    } catch (error) {
      if (!(error instanceof ForbiddenAddress)) throw error
      const message = 'must be a push service on the public internet, as the browser gave it'
      throw problems.invalid([{ field: 'subscription.endpoint', message }])
    }
  }

  return {
    async registerDevice(request, { caller }) {
      const agentId = requirePerson(caller)
      const connections = await push.connections(caller.accountId)
      const address = deviceAddress(request, connections.webPush.publicKey)
      if (!kindsOf(connections).includes(address.kind)) {
        const message = `devices of this kind cannot be reached: an admin has to connect ${address.kind} first`
        throw problems.unknownReference([{ field: 'kind', message }])
      }
      if (address.kind === 'web_push') await requireReachable(address.subscription.endpoint)
      const { name, app } = request
      const made = await devices.register(caller.accountId, agentId, address, { name, app }, now())
      return { device: deviceView(made.device), created: made.created }
    },

    async listDevices(_request, { caller }) {
      const agentId = requirePerson(caller)
      const found = (await devices.of(caller.accountId, [agentId])).get(agentId) ?? []
      return { items: found.map(deviceView) }
    },

    async deleteDevice({ deviceId }, { caller }) {
      const agentId = requirePerson(caller)
      if (!(await devices.delete(caller.accountId, agentId, deviceId)))
        throw problems.notFound('device', deviceId)
      return {}
    },

    async testDevice({ deviceId }, { caller }) {
      const agentId = requirePerson(caller)
      const own = (await devices.of(caller.accountId, [agentId])).get(agentId) ?? []
      const device = own.find(({ id }) => id === deviceId)
      if (!device) throw problems.notFound('device', deviceId)
      const message = testPushMessage(caller.locale, deps.publicUrl)
      try {
        await deps.sender.probe(caller.accountId, device, await push.connections(caller.accountId), message)
        return { state: 'sent' }
      } catch (thrown) {
        const failure = asFailure(thrown)
        return { state: failure.kind === 'recipient' ? 'gone' : 'failed', error: failure.message }
      }
    },

    async getPushIntegration(_request, { caller }) {
      requireAccount(caller)
      return pushView(await push.connections(caller.accountId), isAdmin(caller))
    },

    async setPushIntegration(request, { caller }) {
      requireAdmin(caller)
      return pushView(await push.set(caller.accountId, pushChange(request), now()), true)
    },

    async deletePushIntegration(_request, { caller }) {
      requireAdmin(caller)
      if (!(await push.delete(caller.accountId))) throw problems.notFound('push integration', 'own')
      return {}
    },

    async handleSlackInteraction({ body, signature, timestamp }) {
      await deps.slackInteraction({ body, signature, timestamp })
      return {}
    },
  }
}

/** The operator key works on accounts and on nothing inside them. */
function requireAccount(caller: Caller): void {
  if (!caller.accountId || caller.type === 'operator')
    throw problems.forbidden('do this with an operator key')
}

function requireAdmin(caller: Caller): void {
  requireAccount(caller)
  requireRole(caller, 'owner', 'admin')
}

const isAdmin = (caller: Caller): boolean =>
  caller.type === 'agent' && (caller.role === 'owner' || caller.role === 'admin')

/** Only people have devices. */
function requirePerson(caller: Caller): string {
  requireAccount(caller)
  if (caller.type !== 'agent') throw problems.forbidden('do this: it needs an agent')
  return caller.id
}

const deviceView = (device: Device) => ({
  id: device.id,
  kind: device.kind,
  name: device.name,
  app: device.app,
  tokenHint: tokenHint(device),
  createdAt: device.createdAt,
  renewedAt: device.renewedAt,
})

const kindsOf = ({ fcm, apns }: PushConnections): string[] => [
  ...(fcm ? ['fcm'] : []),
  ...(apns ? ['apns'] : []),
  'web_push',
]

/** What everybody may know, and the rest for admins; no secret in either. */
function pushView(connections: PushConnections, admin: boolean) {
  const { fcm, apns, webPush, generated, showsText, updatedAt } = connections
  return {
    kinds: kindsOf(connections),
    webPush: { publicKey: webPush.publicKey, generated, ...(admin && { subject: webPush.subject }) },
    pushShowsText: showsText,
    updatedAt,
    ...(admin &&
      fcm && {
        fcm: { projectId: fcm.projectId, clientEmail: fcm.clientEmail, privateKeyId: fcm.privateKeyId },
      }),
    ...(admin &&
      apns && {
        apns: { keyId: apns.keyId, teamId: apns.teamId, topic: apns.topic, production: apns.production },
      }),
  }
}
