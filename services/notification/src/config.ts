import { cacheDir } from '@onus/kit/bundle'
import {
  baseConfig,
  bool,
  grpcServerConfig,
  hostPort,
  kafkaConfig,
  mongoConfig,
  parseConfig,
  secret,
  temporalConfig,
  url,
} from '@onus/kit/config'
import { z } from 'zod'

/** `address` or `Name <address>`. */
const sender = () =>
  z
    .string()
    .regex(/^([^<>@\r\n]*<)?[^<>@\s]+@[^<>@\s]+>?$/, 'must be an address, or a name and an <address>')
    .transform((value) => {
      const [, name = '', address = value] = /^([^<]*)<([^>]+)>$/.exec(value) ?? []
      return { name: name.trim() || 'Onus', address: address.trim() }
    })

const shape = {
  ...baseConfig,
  ...grpcServerConfig,
  ...mongoConfig('notification'),
  ...kafkaConfig,
  ...temporalConfig,
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
  /** Where push messages are posted to; absent: there are none. */
  PUSH_URL: url('http', 'https').optional(),
  /** Where built workflows are kept. */
  ONUS_CACHE_DIR: z.string().default(cacheDir),
  /** Lets webhooks lead to this machine itself: for the embedded stack and tests only. */
  WEBHOOK_ALLOW_LOOPBACK: bool().default(false),
  /** How long a silent mail server, Slack or push gateway is waited for. */
  DELIVERY_TIMEOUT_MS: z.coerce.number().int().min(100).max(60_000).default(10_000),
}

export type NotificationConfig = ReturnType<typeof readConfig>

/** The environment of the notification service. */
export const readConfig = (env?: Record<string, string | undefined>) => parseConfig(shape, env)
