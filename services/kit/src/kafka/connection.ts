import type { ConnectionOptions } from 'node:tls'
import { type ISocketFactory, Kafka, type LogEntry, logLevel, type SASLOptions } from 'kafkajs'
import { ConfigError, type KafkaConfig } from '../config.ts'
import type { Logger } from '../logging.ts'
import { readTlsFiles } from '../tls.ts'

/** Milliseconds after which a broker that says nothing counts as gone. */
export const REQUEST_TIMEOUT_MS = 8000

const LEVELS = {
  [logLevel.ERROR]: 'warn',
  [logLevel.WARN]: 'warn',
  [logLevel.INFO]: 'debug',
  [logLevel.DEBUG]: 'trace',
  [logLevel.NOTHING]: 'trace',
} as const

/** A client of the cluster. Its own messages are one level lower than it thinks: we retry and report. */
export function createKafka(
  config: Pick<KafkaConfig, 'KAFKA_BROKERS'> & Partial<KafkaConfig>,
  clientId: string,
  log: Logger,
  socketFactory?: ISocketFactory,
): Kafka {
  return new Kafka({
    clientId,
    brokers: config.KAFKA_BROKERS,
    ...kafkaSecurity(config),
    ...(socketFactory && { socketFactory }),
    connectionTimeout: 3000,
    authenticationTimeout: 3000,
    requestTimeout: REQUEST_TIMEOUT_MS,
    enforceRequestTimeout: true,
    retry: { initialRetryTime: 100, maxRetryTime: 2000, retries: 5 },
    logLevel: logLevel.INFO,
    logCreator: () => (entry: LogEntry) => {
      const { message, ...extra } = entry.log
      // We limit retries on purpose: what could not be sent is sent again by us, with the same ids.
      if (message.startsWith('Limiting retries for the idempotent producer')) return
      log[LEVELS[entry.level]]({ kafka: { namespace: entry.namespace, ...extra } }, `kafka: ${message}`)
    },
  })
}

/**
 * TLS and SASL as configured; neither by default.
 * @throws ConfigError when one half of a pair is missing, or a file cannot be read
 */
export function kafkaSecurity(config: Partial<KafkaConfig>): {
  ssl?: ConnectionOptions | true
  sasl?: SASLOptions
} {
  const files = readTlsFiles(config, { ca: 'KAFKA_TLS_CA', cert: 'KAFKA_TLS_CERT', key: 'KAFKA_TLS_KEY' })
  const { ca, cert, key } = files
  const tls = config.KAFKA_TLS ?? (ca !== undefined || cert !== undefined)
  const { KAFKA_SASL_MECHANISM: mechanism, KAFKA_SASL_USERNAME: username } = config
  const password = config.KAFKA_SASL_PASSWORD?.reveal()
  const given = [mechanism, username, password].filter((value) => value !== undefined).length
  if (given !== 0 && given !== 3)
    throw new ConfigError([
      'KAFKA_SASL_MECHANISM, KAFKA_SASL_USERNAME, KAFKA_SASL_PASSWORD: set all three or none',
    ])
  return {
    ...(tls && { ssl: ca || cert ? { ...(ca && { ca: [ca] }), ...(cert && { cert, key }) } : true }),
    ...(mechanism && { sasl: { mechanism, username: username!, password: password! } as SASLOptions }),
  }
}

/** Settles like the work, or rejects after so many milliseconds. The work itself goes on. */
export async function within<T>(ms: number, what: string, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new KafkaTimeout(`${what}: no answer in ${ms} ms`)), ms)
  })
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
    work.catch(() => {})
  }
}

/** A call to Kafka took longer than it may. */
export class KafkaTimeout extends Error {
  /** Known to `isOutage`. */
  readonly code = 'ETIMEDOUT'

  constructor(message: string) {
    super(message)
    this.name = 'KafkaTimeout'
  }
}
