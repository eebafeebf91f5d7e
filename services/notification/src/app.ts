import { systemCaller } from '@onus/kit/caller'
import type { Clock } from '@onus/kit/clock'
import type { DirectoryReader } from '@onus/kit/directory'
import type { Handlers } from '@onus/kit/grpc'
import type { EventPublisher } from '@onus/kit/kafka'
import type { Logger } from '@onus/kit/logging'
import type { NotificationServiceService } from '@onus/proto/onus/v1/notification'
import type { NoticeActivities } from '@onus/workflows-notice'
import type { Db } from 'mongodb'
import { createMailer } from './channels/mailer.ts'
import { createPush } from './channels/push.ts'
import { createSlack } from './channels/slack.ts'
import { createChangePublisher } from './delivery/changes.ts'
import { createDeliverer } from './delivery/deliverer.ts'
import { createPlanner } from './delivery/planner.ts'
import { createReplier } from './delivery/replier.ts'
import { createRouter } from './delivery/routes.ts'
import type { DirectoryClient, TicketClient, World } from './delivery/world.ts'
import { createHandlers, type HandlerDeps } from './grpc/handlers.ts'
import { createBreakers } from './store/breakers.ts'
import { createDevices } from './store/devices.ts'
import { createIntegrations } from './store/integrations.ts'
import { createLedger } from './store/ledger.ts'
import { createSecretBox } from './store/secrets.ts'
import { createActivities } from './temporal/activities.ts'

/** What the service is told about itself. */
export interface AppSettings {
  /** Encrypts the integrations' tokens. */
  internalKey: string
  smtpUrl: string
  mailDomain: string
  /** Sender of notice mails. */
  from: { name: string; address: string }
  slackApiUrl: string
  /** For accounts that connected no workspace of their own. */
  slackBotToken?: string | undefined
  /** Signs what is pressed in that workspace. */
  slackSigningSecret?: string | undefined
  pushUrl?: string | undefined
  /** Where people reach the console; for links. */
  publicUrl: string
  /** How long a silent mail server, Slack or push gateway is waited for. */
  deliveryTimeoutMs: number
}

/** What the service is connected to. */
export interface AppDeps {
  settings: AppSettings
  clock: Clock
  log: Logger
  db: Db
  publisher: EventPublisher
  directory: DirectoryReader
  directoryClient: Pick<DirectoryClient, 'getPreferences'>
  tickets: Pick<TicketClient, 'getMailContext' | 'setMessageDelivery' | 'downloadAttachment' | 'checkAccess'>
  startResend: HandlerDeps['startResend']
}

export interface App {
  handlers: Handlers<typeof NotificationServiceService>
  activities: NoticeActivities
  close(): void
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
  const devices = createDevices(db)
  const integrations = createIntegrations(db, createSecretBox(settings.internalKey), {
    botToken: settings.slackBotToken,
    signingSecret: settings.slackSigningSecret,
  })
  const changes = createChangePublisher(deps.publisher, ledger, log)
  const mailer = createMailer({ url: settings.smtpUrl, timeoutMs })
  const router = createRouter({
    world,
    mailer,
    slack: createSlack({ apiUrl: settings.slackApiUrl, timeoutMs }),
    ...(settings.pushUrl && { push: createPush({ url: settings.pushUrl, timeoutMs }) }),
    devices,
    integrations,
    publicUrl: settings.publicUrl,
    mailDomain: settings.mailDomain,
    from: settings.from,
  })
  return {
    handlers: createHandlers({
      clock,
      ledger,
      integrations,
      changes,
      tickets,
      startResend: deps.startResend,
    }),
    activities: createActivities({
      plan: createPlanner({ world, ledger, devices, integrations, changes }),
      deliverer: createDeliverer({ world, ledger, breakers: createBreakers(db), router, changes }),
      replier: createReplier({ world, mailer, mailDomain: settings.mailDomain, from: settings.from }),
      changes,
    }),
    close: () => mailer.close(),
  }
}
