import {
  baseConfig,
  grpcServerConfig,
  hostPort,
  kafkaConfig,
  mongoConfig,
  temporalConfig,
} from '@onus/kit/config'

/** What the rules service reads from its environment. */
export const rulesConfig = {
  ...baseConfig,
  ...grpcServerConfig,
  ...mongoConfig('rules'),
  ...kafkaConfig,
  ...temporalConfig,
  DIRECTORY_ADDRESS: hostPort(),
  /** Asked for the values of tickets, which events do not carry. */
  TICKET_ADDRESS: hostPort(),
  /** Asked which webhooks there are. */
  NOTIFICATION_ADDRESS: hostPort(),
}
