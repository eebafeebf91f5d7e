import { systemCaller } from '@onus/kit/caller'
import type { Clock } from '@onus/kit/clock'
import type { DirectoryReader } from '@onus/kit/directory'
import type { Handlers } from '@onus/kit/grpc'
import type { EventPublisher } from '@onus/kit/kafka'
import type { Logger } from '@onus/kit/logging'
import type { ChannelServiceService } from '@onus/proto/onus/v1/channels'
import type { NotificationServiceService } from '@onus/proto/onus/v1/notification'
import type { NoticeActivities } from '@onus/workflows-notice'
import type { Db } from 'mongodb'
import { type ChannelSettings, createChannels } from './channels/index.ts'
import { createMailer } from './channels/mailer.ts'
import { createBouncer } from './delivery/bouncer.ts'
import { createChangePublisher } from './delivery/changes.ts'
import { createDeliverer } from './delivery/deliverer.ts'
import { createDigestTime } from './delivery/digest-time.ts'
import { alarmOfKey } from './delivery/metrics.ts'
import { createPace, type Rates } from './delivery/pace.ts'
import { createPlanner } from './delivery/planner.ts'
import { createProviders, type ProviderHealth } from './delivery/providers.ts'
import { createReplier } from './delivery/replier.ts'
import { createRouter } from './delivery/routes.ts'
import { createUnsubscriber } from './delivery/unsubscriber.ts'
import type { DirectoryClient, TicketClient, World } from './delivery/world.ts'
import type { Bucket } from './domain/pace.ts'
import { createUnsubscribeTokens } from './domain/unsubscribe.ts'
import { createHandlers, type HandlerDeps } from './grpc/handlers.ts'
import { createSlackProbe } from './slack/probe.ts'
import { createBreakers } from './store/breakers.ts'
import { createGuarded } from './store/guarded.ts'
import { createLedger } from './store/ledger.ts'
import { PACE, PROVIDER_HEALTH } from './store/queries.ts'
import { createSecretBox } from './store/secrets.ts'
import { createActivities } from './temporal/activities.ts'
import type { Digests } from './temporal/digests.ts'

/** What the service is told about itself. */
export interface AppSettings {
  /** Encrypts the integrations' tokens. */
  internalKey: string
  smtpUrl: string
  mailDomain: string
  /** Sender of notice mails. */
  from: { name: string; address: string }
  /** Slack and push. */
  channels: Omit<ChannelSettings, 'timeoutMs' | 'publicUrl'>
  /** Where people reach the console; for links. */
  publicUrl: string
  /** How long a silent mail server, Slack or push gateway is waited for. */
  deliveryTimeoutMs: number
  /** How fast providers are written to, over all processes. */
  rates: Rates
}

/** What the service is connected to. */
export interface AppDeps {
  settings: AppSettings
  clock: Clock
  log: Logger
  db: Db
  publisher: EventPublisher
  directory: DirectoryReader
  directoryClient: Pick<DirectoryClient, 'getPreferences' | 'getPreferencesOf' | 'setPreferences'>
  tickets: Pick<
    TicketClient,
    'getMailContext' | 'setMessageDelivery' | 'downloadAttachment' | 'checkAccess' | 'execute'
  >
  startResend: HandlerDeps['startResend']
  digests: Digests
}

export interface App {
  handlers: Handlers<typeof NotificationServiceService>
  channelHandlers: Handlers<typeof ChannelServiceService>
  activities: NoticeActivities
  close(): Promise<void>
}

/** Puts the service together; connects to nothing by itself. */
export function createApp(deps: AppDeps): App {
  const { settings, clock, log, db, directory, tickets } = deps
  const world: World = {
    clock,
    log,
    directory,
    preferences: deps.directoryClient,
    tickets,
    callerFor: (accountId) => systemCaller(accountId, 'notification'),
  }
  const timeoutMs = settings.deliveryTimeoutMs
  const ledger = createLedger(db)
  const breakers = createBreakers(db, alarmOfKey(log))
  const providers = createProviders(log, createGuarded<ProviderHealth>(db, PROVIDER_HEALTH))
  const pace = createPace({ buckets: createGuarded<Bucket>(db, PACE), rates: settings.rates, clock })
  const channels = createChannels({
    ...{ providers, pace },
    settings: { ...settings.channels, publicUrl: settings.publicUrl, timeoutMs },
    world,
    db,
    box: createSecretBox(settings.internalKey),
    tickets,
    ledger,
    breakers,
  })
  const { integrations, devices } = channels
  const changes = createChangePublisher(deps.publisher, ledger, log)
  const mailer = createMailer({ url: settings.smtpUrl, timeoutMs })
  const unsubscribe = createUnsubscribeTokens(settings.internalKey)
  const router = createRouter({
    world,
    mailer,
    slack: channels.slack,
    push: channels.push,
    devices: channels.sender,
    integrations,
    publicUrl: settings.publicUrl,
    mailDomain: settings.mailDomain,
    from: settings.from,
    unsubscribe,
  })
  const { publicUrl } = settings
  return {
    handlers: createHandlers({
      clock,
      ledger,
      integrations,
      changes,
      tickets,
      startResend: deps.startResend,
      directory,
      providers,
      breakers,
      devices,
      digests: deps.digests,
      probeSlack: createSlackProbe({ slack: channels.slack, integrations, directory }),
      publicUrl,
      unsubscribe: createUnsubscriber({
        directory,
        preferences: deps.directoryClient,
        unsubscribe,
        publicUrl,
      }),
      bounce: createBouncer({ world, ledger, breakers, changes }),
    }),
    activities: createActivities({
      plan: createPlanner({
        world,
        ledger,
        devices,
        integrations,
        changes,
        holdForDigest: deps.digests.hold,
      }),
      deliverer: createDeliverer({ world, ledger, breakers, providers, pace, router, changes }),
      digestDue: createDigestTime(world),
      replier: createReplier({ world, mailer, pace, mailDomain: settings.mailDomain, from: settings.from }),
      changes,
    }),
    channelHandlers: channels.handlers,
    async close() {
      mailer.close()
      await channels.close()
    },
  }
}
