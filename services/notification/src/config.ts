import { cacheDir } from '@onus/kit/bundle'
import {
  baseConfig,
  bool,
  ConfigError,
  grpcServerConfig,
  hostPort,
  kafkaConfig,
  mongoConfig,
  parseConfig,
  secret,
  temporalConfig,
  url,
  workerVersionConfig,
} from '@onus/kit/config'
import { z } from 'zod'
import type { ChannelSettings } from './channels/index.ts'
import type { Rates } from './delivery/pace.ts'
import { apnsKey, isSubject, serviceAccount, vapidKeys } from './domain/push-credentials.ts'

/** `address` or `Name <address>`. */
const sender = () =>
  z
    .string()
    .regex(/^([^<>@\r\n]*<)?[^<>@\s]+@[^<>@\s]+>?$/, 'must be an address, or a name and an <address>')
    .transform((value) => {
      const [, name = '', address = value] = /^([^<]*)<([^>]+)>$/.exec(value) ?? []
      return { name: name.trim() || 'Onus', address: address.trim() }
    })

/** `<a second>` or `<a second>:<at once>`. */
const rate = () =>
  z
    .string()
    .regex(/^\d{1,6}(\.\d{1,3})?(:\d{1,6})?$/, 'must be <a second> or <a second>:<at once>, such as 1:3')
    .transform((value, context) => {
      const [perSecond = 0, burst = Math.max(1, Math.floor(perSecond))] = value.split(':').map(Number)
      if (!(perSecond >= 0.001 && burst >= 1))
        context.addIssue({ code: 'custom', message: 'must be at least 0.001 a second, and 1 at once' })
      return { perSecond, burst }
    })

const shape = {
  ...baseConfig,
  ...grpcServerConfig,
  ...mongoConfig('notification'),
  ...kafkaConfig,
  ...temporalConfig,
  ...workerVersionConfig,
  TICKET_ADDRESS: hostPort(),
  DIRECTORY_ADDRESS: hostPort(),
  /** The mail server that takes our mails, with user and password if it wants them. */
  SMTP_URL: secret(),
  /** Right side of every Message-ID that we make. Changing it breaks the threads that are there. */
  MAIL_DOMAIN: z.string().regex(/^[A-Za-z0-9.-]+$/, 'must be a domain'),
  /** Sender of notice mails. */
  NOTIFICATION_FROM: sender(),
  SLACK_API_URL: url('http', 'https').default('https://slack.com/api'),
  /** Bot token for accounts that connected no workspace of their own; absent: they get no Slack notices. */
  SLACK_BOT_TOKEN: secret().optional(),
  /** Signing secret of the app that this token belongs to; absent: no buttons in its messages. */
  SLACK_SIGNING_SECRET: secret().optional(),
  /** Firebase Cloud Messaging, and where access tokens for it are asked for. Absent: Google's own. */
  FCM_URL: url('http', 'https').optional(),
  FCM_TOKEN_URL: url('http', 'https').optional(),
  /** Key file of the service account for accounts that connected none, as JSON. */
  FCM_SERVICE_ACCOUNT: secret().optional(),
  /** Apple's push service, and its sandbox. Absent: Apple's own. */
  APNS_URL: url('http', 'https').optional(),
  APNS_SANDBOX_URL: url('http', 'https').optional(),
  /** Key for accounts that connected none: all four or none. The key is the text of the .p8 file. */
  APNS_KEY: secret().optional(),
  APNS_KEY_ID: z.string().optional(),
  APNS_TEAM_ID: z.string().optional(),
  APNS_TOPIC: z.string().optional(),
  /** False: builds that a developer installed. */
  APNS_PRODUCTION: bool().default(true),
  /** Key pair of web push for accounts that have none; absent: each account gets its own. */
  VAPID_PUBLIC_KEY: z.string().optional(),
  VAPID_PRIVATE_KEY: secret().optional(),
  /** `mailto:` or `https:`, whom push services may write to. Default the sender of notice mails. */
  VAPID_SUBJECT: z.string().refine(isSubject, 'must be mailto: and an address, or an https URL').optional(),
  /** Browsers' push endpoints and Slack webhooks may lead to this machine; for the embedded stack only. */
  CHANNELS_ALLOW_LOOPBACK: bool().default(false),
  /** Where built workflows are kept. */
  ONUS_CACHE_DIR: z.string().default(cacheDir),
  /** Lets webhooks lead to this machine itself: for the embedded stack and tests only. */
  WEBHOOK_ALLOW_LOOPBACK: bool().default(false),
  /** How long a silent mail server, Slack or push gateway is waited for. */
  /** The mail server behind SMTP_URL, for notices and answers together. */
  NOTICE_RATE_EMAIL: rate().default({ perSecond: 50, burst: 100 }),
  /** Slack takes about one message a second in a conversation, and short bursts. */
  NOTICE_RATE_SLACK_CHANNEL: rate().default({ perSecond: 1, burst: 3 }),
  /** Slack takes several hundred messages a minute in a workspace. */
  NOTICE_RATE_SLACK_WORKSPACE: rate().default({ perSecond: 5, burst: 20 }),
  /** A project may send 600,000 messages a minute. */
  NOTICE_RATE_FCM: rate().default({ perSecond: 500, burst: 1000 }),
  /** Apple names no limit, and asks to slow down when there is one. */
  NOTICE_RATE_APNS: rate().default({ perSecond: 500, burst: 1000 }),
  /** Each browser's push service; they name no limits. */
  NOTICE_RATE_WEB_PUSH: rate().default({ perSecond: 100, burst: 200 }),
  DELIVERY_TIMEOUT_MS: z.coerce.number().int().min(100).max(60_000).default(10_000),
}

export type NotificationConfig = ReturnType<typeof readConfig>

/** The environment of the notification service. */
export const readConfig = (env?: Record<string, string | undefined>) => parseConfig(shape, env)

/** How fast each provider is written to. */
export const ratesOf = (config: NotificationConfig): Rates => ({
  email: config.NOTICE_RATE_EMAIL,
  slack_channel: config.NOTICE_RATE_SLACK_CHANNEL,
  slack_workspace: config.NOTICE_RATE_SLACK_WORKSPACE,
  fcm: config.NOTICE_RATE_FCM,
  apns: config.NOTICE_RATE_APNS,
  web_push: config.NOTICE_RATE_WEB_PUSH,
})

/** What Slack and push are told; what is wrong with the installation's own keys is said at the start. */
export function channelSettings(
  config: NotificationConfig,
): Omit<ChannelSettings, 'timeoutMs' | 'publicUrl'> {
  const errors: string[] = []
  const refuse = (field: string, message: string) => errors.push(`${field}: ${message}`)
  const { APNS_KEY: key, APNS_KEY_ID: keyId, APNS_TEAM_ID: teamId, APNS_TOPIC: topic } = config
  const { VAPID_PUBLIC_KEY: publicKey, VAPID_PRIVATE_KEY: privateKey } = config
  const subject = config.VAPID_SUBJECT ?? `mailto:${config.NOTIFICATION_FROM.address}`
  if ([key, keyId, teamId, topic].some(Boolean) && !(key && keyId && teamId && topic))
    refuse('APNS_KEY', 'needs APNS_KEY_ID, APNS_TEAM_ID and APNS_TOPIC, and they need it')
  if (Boolean(publicKey) !== Boolean(privateKey))
    refuse('VAPID_PUBLIC_KEY', 'needs VAPID_PRIVATE_KEY, and that needs it')
  const push = {
    fcm: config.FCM_SERVICE_ACCOUNT && serviceAccount(config.FCM_SERVICE_ACCOUNT.reveal(), refuse),
    apns:
      key && keyId && teamId && topic
        ? apnsKey({ key: key.reveal(), keyId, teamId, topic, production: config.APNS_PRODUCTION }, refuse)
        : undefined,
    webPush:
      publicKey && privateKey
        ? vapidKeys({ publicKey, privateKey: privateKey.reveal(), subject }, refuse)
        : undefined,
    subject,
  }
  if (errors.length) throw new ConfigError(errors)
  return {
    slackApiUrl: config.SLACK_API_URL,
    slack: {
      botToken: config.SLACK_BOT_TOKEN?.reveal(),
      signingSecret: config.SLACK_SIGNING_SECRET?.reveal(),
    },
    fcmUrl: config.FCM_URL,
    fcmTokenUrl: config.FCM_TOKEN_URL,
    apnsUrl: config.APNS_URL,
    apnsSandboxUrl: config.APNS_SANDBOX_URL,
    push,
    allowLoopback: config.CHANNELS_ALLOW_LOOPBACK,
  }
}
