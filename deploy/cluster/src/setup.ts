import { kafkaConfig, list, mongoConfig, parseConfig, processConfig, temporalConfig } from '@onus/kit/config'
import { ensureTopics } from '@onus/kit/kafka'
import { createLogger, type Logger } from '@onus/kit/logging'
import { connectMongo, ensureIndexes } from '@onus/kit/mongo'
import { connectTemporal, endWorkerVersions, ensureSearchAttributes } from '@onus/kit/temporal'
import { SEARCH_ATTRIBUTES } from '@onus/workflows-contract'
import { z } from 'zod'
import { indexesOfAll } from './indexes.ts'

/**
 * Prepares what an installation stands on, before its services start: Kafka topics with their settings, search
 * attributes of the Temporal namespace, indexes of MongoDB. What is there already stays, so it may run any
 * number of times, and two at once. Workers without versions become the current ones where there were versions.
 */
const config = parseConfig({
  ...processConfig,
  ...mongoConfig('setup'),
  ...kafkaConfig,
  ...temporalConfig,
  /** Worker deployments that have no versions (any more): what begins, begins on plain workers. */
  UNVERSIONED_DEPLOYMENTS: list().default([]),
  /** Before the name of each service's database. */
  MONGODB_DATABASE_PREFIX: z.string().default('onus_'),
})
const log = createLogger('setup', config.LOG_LEVEL)

async function step(what: string, work: () => Promise<void>): Promise<void> {
  const began = Date.now()
  await work()
  log.info({ ms: Date.now() - began }, `${what}: ready`)
}

async function namespace(): Promise<void> {
  const temporal = await connectTemporal(config)
  try {
    await ensureSearchAttributes(temporal.connection, config.TEMPORAL_NAMESPACE, SEARCH_ATTRIBUTES)
    for (const deployment of config.UNVERSIONED_DEPLOYMENTS) {
      const ended = await endWorkerVersions(temporal.connection, config.TEMPORAL_NAMESPACE, deployment)
      if (ended) log.info({ deployment, buildId: ended }, 'its version is not the current one any more')
    }
  } finally {
    await temporal.close()
  }
}

async function indexes(logger: Logger): Promise<void> {
  for (const [service, queries] of Object.entries(indexesOfAll)) {
    const database = `${config.MONGODB_DATABASE_PREFIX}${service}`
    const mongo = await connectMongo({ uri: config.MONGODB_URI, database })
    try {
      await ensureIndexes(mongo.db, queries)
      logger.debug({ database, indexes: Object.keys(queries).length }, 'indexes')
    } finally {
      await mongo.close()
    }
  }
}

await Promise.all([
  step('Kafka topics', () => ensureTopics(config, log)),
  step('Temporal namespace', namespace),
  step('MongoDB indexes', () => indexes(log)),
])
process.exit(0)
