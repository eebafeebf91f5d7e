import { baseConfig, grpcServerConfig, hostPort, mongoConfig } from '@onus/kit/config'

/** What the rules service reads from its environment. */
export const rulesConfig = {
  ...baseConfig,
  ...grpcServerConfig,
  ...mongoConfig('rules'),
  DIRECTORY_ADDRESS: hostPort(),
}
