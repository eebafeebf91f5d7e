import {
  baseConfig,
  grpcServerConfig,
  hostPort,
  mongoConfig,
  positiveInt,
  temporalConfig,
} from '@onus/kit/config'

/** What the ticket service reads from its environment. */
export const ticketConfig = {
  ...baseConfig,
  ...grpcServerConfig,
  ...mongoConfig('ticket'),
  ...temporalConfig,
  DIRECTORY_ADDRESS: hostPort(),
  /** Largest attachment. Default 25 MiB. */
  MAX_ATTACHMENT_BYTES: positiveInt().default(26_214_400),
  /** Largest raw mail. Default 25 MiB. */
  MAX_MAIL_BYTES: positiveInt().default(26_214_400),
}
