import { ensureTopics } from '@onus/kit/kafka'
import { createLogger } from '@onus/kit/logging'
import { connectTemporal, ensureSearchAttributes } from '@onus/kit/temporal'
import { SEARCH_ATTRIBUTES } from '@onus/workflows-contract'
import type { Addresses } from '../dependencies/index.ts'

/** Makes the topics and search attributes that the services expect to find. */
export async function prepareDependencies(addresses: Addresses, env: NodeJS.ProcessEnv): Promise<void> {
  const brokers = addresses.kafkaBrokers.split(',').map((broker) => broker.trim())
  const kafka = { KAFKA_BROKERS: brokers, KAFKA_TOPIC_PREFIX: env.KAFKA_TOPIC_PREFIX ?? '' }
  await Promise.all([ensureTopics(kafka, createLogger('local', 'silent')), prepareTemporal(addresses)])
}

async function prepareTemporal({ temporalAddress, temporalNamespace }: Addresses): Promise<void> {
  const temporal = await connectTemporal({
    TEMPORAL_ADDRESS: temporalAddress,
    TEMPORAL_NAMESPACE: temporalNamespace,
  })
  try {
    await ensureSearchAttributes(temporal.connection, temporalNamespace, SEARCH_ATTRIBUTES)
  } finally {
    await temporal.close()
  }
}
