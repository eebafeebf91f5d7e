import {
  baseConfig,
  durationMs,
  grpcClientConfig,
  hostPort,
  kafkaConfig,
  mongoConfig,
  parseConfig,
  port,
  positiveInt,
  secret,
  url,
} from '@onus/kit/config'
import { z } from 'zod'

const shape = {
  ...baseConfig,
  ...grpcClientConfig,
  ...mongoConfig('gateway'),
  ...kafkaConfig,
  HTTP_HOST: z.string().default('127.0.0.1'),
  HTTP_PORT: port().default(8080),
  INBOUND_SMTP_HOST: z.string().default('127.0.0.1'),
  INBOUND_SMTP_PORT: port().default(2525),
  /** What the mail server calls itself; default the machine's name. */
  INBOUND_SMTP_NAME: z.string().optional(),
  /** Files in PEM; with both STARTTLS is offered to mail servers. */
  INBOUND_SMTP_TLS_CERT: z.string().optional(),
  INBOUND_SMTP_TLS_KEY: z.string().optional(),
  /** The notices' mail domain: mail to its return addresses is taken. Absent: what comes back is refused. */
  MAIL_DOMAIN: z
    .string()
    .regex(/^[A-Za-z0-9.-]+$/, 'must be a domain')
    .optional(),
  TICKET_ADDRESS: hostPort(),
  DIRECTORY_ADDRESS: hostPort(),
  RULES_ADDRESS: hostPort(),
  NOTIFICATION_ADDRESS: hostPort(),
  /** The installation's own key; it opens accounts. */
  ONUS_OPERATOR_KEY: secret(16),
  /** Issuer of identity tokens that people usually sign in with. */
  OIDC_DEFAULT_ISSUER: url('http', 'https').optional(),
  /** What the console is called at that issuer; it sends people back to `<PUBLIC_URL>/auth/callback`. */
  OIDC_CLIENT_ID: z.string().default('onus'),
  /** Only where the issuer wants one; the console proves itself by PKCE anyway. */
  OIDC_CLIENT_SECRET: secret(1).optional(),
  /** Somebody who signed in to the console is asked again after this time. */
  SESSION_LIFETIME_MS: durationMs().default(12 * 3_600_000),
  /** Largest mail that is taken, by SMTP and by HTTP. */
  MAX_MAIL_BYTES: positiveInt().default(26_214_400),
  /** Largest file that is taken for a message. */
  MAX_ATTACHMENT_BYTES: positiveInt().default(26_214_400),
  /** A request is answered within this time, with 503 if need be. */
  REQUEST_DEADLINE_MS: durationMs().default(10_000),
}

export type GatewayConfig = z.infer<z.ZodObject<typeof shape>>

/** The gateway's configuration; throws an error that lists everything that is wrong with it. */
export const readConfig = (env?: Record<string, string | undefined>): GatewayConfig => parseConfig(shape, env)

/** The certificate of inbound SMTP; half of one is a mistake. */
export function smtpTls(
  config: Pick<GatewayConfig, 'INBOUND_SMTP_TLS_CERT' | 'INBOUND_SMTP_TLS_KEY'>,
): { certFile: string; keyFile: string } | undefined {
  const { INBOUND_SMTP_TLS_CERT: certFile, INBOUND_SMTP_TLS_KEY: keyFile } = config
  if (certFile && keyFile) return { certFile, keyFile }
  if (certFile || keyFile) throw new Error('INBOUND_SMTP_TLS_CERT and INBOUND_SMTP_TLS_KEY need each other.')
  return undefined
}
