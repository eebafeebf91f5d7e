import { Problem, problems } from './problems.ts'

/** Errors of libraries that mean "this part does not answer now", by the name that they carry. */
const OUTAGES = new Set([
  'MongoNetworkError',
  'MongoNetworkTimeoutError',
  'MongoServerSelectionError',
  'MongoNotConnectedError',
  'MongoPoolClearedError',
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

/** Nested causes are followed so far. */
const DEPTH = 5

/** Whether an error means that something we need does not answer at the moment. */
export function isOutage(error: unknown): boolean {
  let current: unknown = error
  for (let depth = 0; depth < DEPTH && current instanceof Error; depth++) {
    if (OUTAGES.has(current.name) || ('code' in current && OUTAGE_CODES.has(current.code))) return true
    current = current.cause
  }
  return false
}

/** What a caller is shown of any error: problems as they are, outages as `unavailable`, the rest as `internal`. */
export function asProblem(error: unknown): Problem {
  if (error instanceof Problem) return error
  if (isOutage(error)) return problems.unavailable(undefined, error)
  return problems.internal(error)
}
