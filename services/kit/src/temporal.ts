import { status } from '@grpc/grpc-js'
import { Client, Connection, isGrpcServiceError } from '@temporalio/client'
import proto from '@temporalio/proto'
import { temporalDataConverter } from './temporal/codec.ts'
import { type TemporalSettings, temporalConnectionOptions } from './temporal/connection.ts'
import { clientInterceptors } from './temporal/tracing.ts'
import { type TemporalWhenNeeded, whenNeeded } from './temporal/when-needed.ts'

export { EncryptionCodec, parseCodecKeys, temporalDataConverter } from './temporal/codec.ts'
export { type TemporalSettings, temporalConnectionOptions } from './temporal/connection.ts'
export { workerTracing, workflowInterceptorModules } from './temporal/tracing.ts'
export { endWorkerVersions, type VersioningSettings, workerVersioning } from './temporal/versioning.ts'

/**
 * How long a task waits for the worker that has its workflow in memory. A worker that was killed never comes for it,
 * and a command has 10 s in all: another worker has to have the time to read the history and do it.
 */
export const STICKY_WAIT_MS = 3000

export interface Temporal {
  client: Client
  connection: Connection
  /** A probe for /readyz. */
  ping(): Promise<void>
  close(): Promise<void>
}

/** Connects, and rejects when there is no server within 10 s. Calls carry the trace of who makes them. */
export async function connectTemporal(config: TemporalSettings): Promise<Temporal> {
  const options = temporalConnectionOptions(config)
  const connection = await Connection.connect({ ...options, connectTimeout: '10s' }).catch((cause: Error) => {
    // The client says only that its time was over. UNAVAILABLE, as its calls would say.
    throw Object.assign(new Error(`${config.TEMPORAL_ADDRESS}: ${cause.message}`, { cause }), { code: 14 })
  })
  const client = new Client({
    connection,
    namespace: config.TEMPORAL_NAMESPACE,
    interceptors: clientInterceptors(),
    ...temporalDataConverter(config),
  })
  const ping = async () => {
    await connection.withDeadline(Date.now() + 2000, () => connection.workflowService.getSystemInfo({}))
  }
  return { client, connection, ping, close: () => connection.close() }
}

/** A connection that is made when it is first needed, and again after one that failed to come about. */
export const temporalWhenNeeded = (config: TemporalSettings): TemporalWhenNeeded =>
  whenNeeded(() => connectTemporal(config))

const TYPES = proto.temporal.api.enums.v1.IndexedValueType

/** Temporal types of search attributes, by the names that people use. */
export type SearchAttributeTypeName =
  | 'TEXT'
  | 'KEYWORD'
  | 'INT'
  | 'DOUBLE'
  | 'BOOL'
  | 'DATETIME'
  | 'KEYWORD_LIST'

/** How long a new search attribute may take until the server knows it everywhere. */
const SETTLE_MS = 30_000

/** Adds the search attributes that the namespace lacks, and waits until they can be used. */
export async function ensureSearchAttributes(
  connection: Connection,
  namespace: string,
  attributes: Readonly<Record<string, SearchAttributeTypeName>>,
): Promise<void> {
  const until = Date.now() + SETTLE_MS
  for (let asked = false; ; ) {
    const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace })
    const missing = Object.entries(attributes).filter(([name]) => !(name in (customAttributes ?? {})))
    if (missing.length === 0) return
    if (!asked) {
      const searchAttributes = Object.fromEntries(missing.map(([name, type]) => [name, typeOf(type)]))
      await connection.operatorService
        .addSearchAttributes({ namespace, searchAttributes })
        .catch(ignoreAlreadyThere)
      asked = true
    } else if (Date.now() > until) {
      throw new Error(`Temporal does not know ${missing.map(([name]) => name).join(', ')}`)
    }
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
}

const typeOf = (name: SearchAttributeTypeName) => TYPES[`INDEXED_VALUE_TYPE_${name}`]

/** Another process was faster. */
function ignoreAlreadyThere(error: unknown): void {
  if (!(isGrpcServiceError(error) && error.code === status.ALREADY_EXISTS)) throw error
}
