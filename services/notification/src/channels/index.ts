import type { Handlers } from '@onus/kit/grpc'
import { createGuardedFetch } from '@onus/kit/net'
import type { ChannelServiceService } from '@onus/proto/onus/v1/channels'
import type { Db } from 'mongodb'
import { createDeviceSender, type DeviceSender } from '../delivery/device-sender.ts'
import type { Pace } from '../delivery/pace.ts'
import type { Providers } from '../delivery/providers.ts'
import type { TicketClient, World } from '../delivery/world.ts'
import { createChannelHandlers } from '../grpc/channel-handlers.ts'
import { createSlackInteractions } from '../slack/interactions.ts'
import type { Breakers } from '../store/breakers.ts'
import { createDevices, type Devices } from '../store/devices.ts'
import { createIntegrations, type Integrations, type SlackSecrets } from '../store/integrations.ts'
import type { Ledger } from '../store/ledger.ts'
import {
  createPushIntegrations,
  type PushFallback,
  type PushIntegrations,
} from '../store/push-integrations.ts'
import type { SecretBox } from '../store/secrets.ts'
import { createApns } from './push/apns.ts'
import { createFcm } from './push/fcm.ts'
import { createWebPush } from './push/web-push.ts'
import { createSlack, type Slack } from './slack.ts'

/** Where providers are, and what the installation has with them. */
export interface ChannelSettings {
  slackApiUrl: string
  /** For accounts that connected no workspace of their own. */
  slack: SlackSecrets
  /** Undefined: Google's and Apple's own. */
  fcmUrl?: string | undefined
  fcmTokenUrl?: string | undefined
  apnsUrl?: string | undefined
  apnsSandboxUrl?: string | undefined
  /** For accounts that connected nothing of their own. */
  push: PushFallback
  /** Addresses that people give may lead to this machine; for the embedded stack. */
  allowLoopback: boolean
  /** Where people reach the console. */
  publicUrl: string
  /** How long a silent provider is waited for. */
  timeoutMs: number
}

export interface ChannelDeps {
  settings: ChannelSettings
  world: Pick<World, 'clock' | 'log' | 'directory'>
  db: Db
  box: SecretBox
  tickets: Pick<TicketClient, 'execute'>
  ledger: Ledger
  breakers: Breakers
  providers: Providers
  pace: Pace
}

/** Slack and push: clients, stores, and the methods of their service. */
export interface Channels {
  slack: Slack
  integrations: Integrations
  devices: Devices
  push: PushIntegrations
  sender: DeviceSender
  handlers: Handlers<typeof ChannelServiceService>
  close(): Promise<void>
}

export function createChannels(deps: ChannelDeps): Channels {
  const { settings, world, db, box } = deps
  const { clock } = world
  const { timeoutMs, allowLoopback } = settings
  const fetch = createGuardedFetch({ allowLoopback, timeoutMs })
  const slack = createSlack({ apiUrl: settings.slackApiUrl, fetch, timeoutMs })
  const fcm = createFcm({ url: settings.fcmUrl, tokenUrl: settings.fcmTokenUrl, timeoutMs, clock })
  const apns = createApns({ url: settings.apnsUrl, sandboxUrl: settings.apnsSandboxUrl, timeoutMs, clock })
  const webPush = createWebPush({ fetch, timeoutMs })
  const integrations = createIntegrations(db, box, settings.slack)
  const devices = createDevices(db)
  const push = createPushIntegrations(db, box, settings.push)
  const { breakers, ledger, tickets, providers, pace } = deps
  const sender = createDeviceSender({ world, fcm, apns, webPush, devices, breakers, providers, pace, ledger })
  return {
    slack,
    integrations,
    devices,
    push,
    sender,
    handlers: createChannelHandlers({
      clock,
      devices,
      push,
      sender,
      publicUrl: settings.publicUrl,
      allowLoopback,
      slackInteraction: createSlackInteractions({ world, tickets, integrations, slack }),
    }),
    async close() {
      apns.close()
      await fetch.close()
    },
  }
}
