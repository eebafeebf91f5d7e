import { BinaryReader, BinaryWriter } from '@bufbuild/protobuf/wire'
import { Metadata, type ServiceError, type StatusObject, status } from '@grpc/grpc-js'
import { Refusal as RefusalMessage } from '@onus/proto/onus/v1/common'
import type { Responsibility } from '@onus/workflows-contract'
import { asProblem } from '../errors.ts'
import { isReason, Problem, type Reason } from '../problems.ts'

/**
 * Problems over gRPC: the status carries, beside code and message, a `google.rpc.Status` in
 * `grpc-status-details-bin` with one detail, `onus.v1.Refusal`.
 */

const DETAILS_KEY = 'grpc-status-details-bin'
const REFUSAL_URL = 'type.googleapis.com/onus.v1.Refusal'
/** Peers limit the headers of an answer (often to 8 KiB); the details must fit with the rest. */
const MAX_DETAILS = 5000
const MAX_MESSAGE = 500

/** The status of a failed call. */
export function statusOf(error: unknown): { code: status; details: string; metadata: Metadata } {
  const problem = asProblem(error)
  const code = error instanceof DeadlinePassed ? status.DEADLINE_EXCEEDED : problem.grpc
  const metadata = new Metadata()
  metadata.set(DETAILS_KEY, encodeStatus(code, problem))
  return { code, details: problem.detail.slice(0, MAX_MESSAGE), metadata }
}

/** The time for a call is over, or its caller has gone. */
export class DeadlinePassed extends Problem {
  constructor(detail = 'The time for this call is over.') {
    super('unavailable', detail)
    this.name = 'DeadlinePassed'
  }
}

/** A failed call as the problem that the other side meant. */
export function problemOf(error: unknown): Problem {
  if (error instanceof Problem) return error
  if (!isServiceError(error)) return asProblem(error)
  const refusal = decodeDetails(error.metadata)
  if (!refusal || !isReason(refusal.reason)) return fromCode(error)
  if (error.code === status.DEADLINE_EXCEEDED) return new DeadlinePassed(refusal.detail)
  return new Problem(refusal.reason, refusal.detail, {
    errors: refusal.errors,
    current: refusal.current as Responsibility | undefined,
  })
}

const isServiceError = (error: unknown): error is ServiceError =>
  error instanceof Error && 'code' in error && typeof error.code === 'number'

const BY_CODE: Partial<Record<status, Reason>> = {
  [status.INVALID_ARGUMENT]: 'invalid-request',
  [status.NOT_FOUND]: 'not-found',
  [status.ALREADY_EXISTS]: 'already-exists',
  [status.PERMISSION_DENIED]: 'forbidden',
  [status.UNAUTHENTICATED]: 'unauthenticated',
  [status.RESOURCE_EXHAUSTED]: 'too-many-requests',
  [status.UNAVAILABLE]: 'unavailable',
  [status.CANCELLED]: 'unavailable',
  [status.ABORTED]: 'unavailable',
}

/** A status without details: from the network, or from somebody who is not one of us. */
function fromCode(error: ServiceError & Partial<StatusObject>): Problem {
  if (error.code === status.DEADLINE_EXCEEDED) return new DeadlinePassed()
  const reason = BY_CODE[error.code] ?? 'internal'
  const detail =
    reason === 'internal'
      ? 'Something went wrong.'
      : reason === 'unavailable'
        ? 'A part of the installation does not answer.'
        : error.details
  return new Problem(reason, detail, { cause: error })
}

function encodeStatus(code: number, problem: Problem): Buffer {
  let errors = problem.errors ?? []
  for (;;) {
    const bytes = encodeOnce(code, problem, errors)
    if (bytes.length <= MAX_DETAILS || errors.length === 0) return bytes
    errors = errors.slice(0, Math.floor(errors.length / 2))
  }
}

function encodeOnce(code: number, problem: Problem, errors: { field: string; message: string }[]): Buffer {
  const refusal = RefusalMessage.encode({
    reason: problem.reason,
    detail: problem.detail.slice(0, MAX_MESSAGE),
    errors,
    current: problem.current && plain(problem.current),
  }).finish()
  const any = new BinaryWriter().uint32(10).string(REFUSAL_URL).uint32(18).bytes(refusal).finish()
  const writer = new BinaryWriter().uint32(8).int32(code).uint32(18)
  return Buffer.from(writer.string(problem.detail.slice(0, MAX_MESSAGE)).uint32(26).bytes(any).finish())
}

/** A responsibility without absent members: a protobuf Struct does not know `undefined`. */
const plain = (current: Responsibility) => {
  const { agentId, ...rest } = JSON.parse(JSON.stringify(current))
  return agentId === null ? rest : { ...rest, agentId }
}

function decodeDetails(metadata: Metadata | undefined): RefusalMessage | undefined {
  const [bytes] = metadata?.get(DETAILS_KEY) ?? []
  if (!Buffer.isBuffer(bytes)) return undefined
  try {
    const reader = new BinaryReader(bytes)
    while (reader.pos < reader.len) {
      const [field, wireType] = reader.tag()
      if (field !== 3) reader.skip(wireType)
      else {
        const refusal = decodeAny(reader.bytes())
        if (refusal) return refusal
      }
    }
  } catch {
    // Details that cannot be read are as good as none: the code still says what it was.
  }
  return undefined
}

function decodeAny(bytes: Uint8Array): RefusalMessage | undefined {
  const reader = new BinaryReader(bytes)
  let url = ''
  let value: Uint8Array | undefined
  while (reader.pos < reader.len) {
    const [field, wireType] = reader.tag()
    if (field === 1) url = reader.string()
    else if (field === 2) value = reader.bytes()
    else reader.skip(wireType)
  }
  if (url !== REFUSAL_URL || !value) return undefined
  const refusal = RefusalMessage.decode(value)
  if (refusal.current && refusal.current.agentId === undefined) {
    return { ...refusal, current: { ...refusal.current, agentId: null as unknown as undefined } }
  }
  return refusal
}
