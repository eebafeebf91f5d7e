import { homedir } from 'node:os'
import { join } from 'node:path'
import {
  baseConfig,
  grpcClientConfig,
  hostPort,
  kafkaConfig,
  mongoConfig,
  positiveInt,
  temporalConfig,
  workerVersionConfig,
} from '@onus/kit/config'
import { z } from 'zod'

/** What the ticket worker reads from its environment. */
export const ticketWorkerConfig = {
  ...baseConfig,
  ...grpcClientConfig,
  ...mongoConfig('ticket'),
  ...kafkaConfig,
  ...temporalConfig,
  ...workerVersionConfig,
  DIRECTORY_ADDRESS: hostPort(),
  RULES_ADDRESS: hostPort(),
  /** Where prebuilt workflow code is kept. */
  ONUS_CACHE_DIR: z.string().default(join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'onus')),
  /** Ticket workflows kept in memory. */
  MAX_CACHED_WORKFLOWS: positiveInt().default(1000),
}
