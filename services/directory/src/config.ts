import {
  baseConfig,
  grpcServerConfig,
  hostPort,
  kafkaConfig,
  mongoConfig,
  temporalConfig,
} from '@onus/kit/config'

/** What the directory service reads from its environment. */
export const directoryConfig = {
  ...baseConfig,
  ...grpcServerConfig,
  ...mongoConfig('directory'),
  ...kafkaConfig,
  ...temporalConfig,
  /** Asked whether a department that is to be deleted has tickets. */
  TICKET_ADDRESS: hostPort(),
}
