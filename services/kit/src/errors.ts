import { Problem, problems } from './problems.ts'

/** Errors of libraries that mean "this part does not answer now", by the name that they carry. */
const OUTAGES = new Set([
  'MongoNetworkError',
  'MongoNetworkTimeoutError',
  'MongoServerSelectionError',
  'MongoNotConnectedError',
  'MongoPoolClearedError',
  'PoolClearedOnNetworkError',
  'MongoWaitQueueTimeoutError',
  'MongoTopologyClosedError',
  'MongoOperationTimeoutError',
  'KafkaJSConnectionError',
  'KafkaJSNumberOfRetriesExceeded',
  'WorkflowUpdateRPCTimeoutOrCancelledError',
  // Of Temporal's native client, when it cannot connect.
  'TransportError',
])

const OUTAGE_CODES = new Set<unknown>([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  // gRPC: DEADLINE_EXCEEDED, RESOURCE_EXHAUSTED, UNAVAILABLE
  4,
  8,
  14,
])

/**
 * What MongoDB answers while it has no primary: a member that steps down, shuts down or recovers, and a write
 * that a majority has not acknowledged in time. What is asked again is done by the next primary.
 */
const ELECTION_CODES = new Set<unknown>([
  6, 7, 64, 89, 91, 133, 134, 189, 262, 9001, 10058, 10107, 11600, 11602, 13435, 13436,
])

/** Nested causes are followed so far. */
const DEPTH = 5

/** Whether an error means that something we need does not answer at the moment. */
export function isOutage(error: unknown): boolean {
  let current: unknown = error
  for (let depth = 0; depth < DEPTH && current instanceof Error; depth++) {
    if (OUTAGES.has(current.name)) return true
    if ('code' in current && (fromMongo(current) ? ELECTION_CODES : OUTAGE_CODES).has(current.code))
      return true
    current = current.cause ?? causeOfBulk(current)
  }
  return false
}

/** Its codes are numbers of its own: 8 is one of them, and no outage. */
const fromMongo = (error: Error): boolean => error.name.startsWith('Mongo')

/** A bulk write wraps what stopped it, and not as its cause. */
const causeOfBulk = (error: Error): unknown =>
  error.name === 'MongoBulkWriteError' && 'errorResponse' in error ? error.errorResponse : undefined

/** What a caller is shown of any error: problems as they are, outages as `unavailable`, the rest as `internal`. */
export function asProblem(error: unknown): Problem {
  if (error instanceof Problem) return error
  if (isOutage(error)) return problems.unavailable(undefined, error)
  return problems.internal(error)
}
