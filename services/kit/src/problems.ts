import type { Refusal, Responsibility } from '@onus/workflows-contract'

/**
 * The documented list of problems. A reason is part of the public API: it is the last part of the
 * `type` of every problem document and the `reason` of every gRPC refusal. A reason is never renamed.
 */

/** How one reason is shown over HTTP and gRPC. */
export interface ProblemKind {
  /** HTTP status. */
  status: number
  /** The same for every occurrence, in English. */
  title: string
  /** gRPC status code, by number (https://grpc.io/docs/guides/status-codes/). */
  grpc: number
  /** What it means and what the caller can do, for the list in the documentation. */
  doc: string
}

const INVALID_ARGUMENT = 3
const NOT_FOUND = 5
const ALREADY_EXISTS = 6
const PERMISSION_DENIED = 7
const RESOURCE_EXHAUSTED = 8
const FAILED_PRECONDITION = 9
const ABORTED = 10
const UNIMPLEMENTED = 12
const INTERNAL = 13
const UNAVAILABLE = 14
const UNAUTHENTICATED = 16

const LIST = {
  unauthenticated: {
    status: 401,
    title: 'Unauthenticated',
    grpc: UNAUTHENTICATED,
    doc: 'There is no valid key or token in the request. Send `Authorization: Bearer` with one.',
  },
  forbidden: {
    status: 403,
    title: 'Forbidden',
    grpc: PERMISSION_DENIED,
    doc: 'The caller may see this, and may not do that to it. Ask an admin of the account.',
  },
  'not-found': {
    status: 404,
    title: 'Not found',
    grpc: NOT_FOUND,
    doc: 'There is no such thing, or the caller may not see it.',
  },
  'invalid-request': {
    status: 400,
    title: 'Invalid request',
    grpc: INVALID_ARGUMENT,
    doc: 'A field is missing, unknown, or has a value that it cannot have. `errors` names each one.',
  },
  'malformed-json': {
    status: 400,
    title: 'Malformed JSON',
    grpc: INVALID_ARGUMENT,
    doc: 'The body is not JSON.',
  },
  'unknown-reference': {
    status: 422,
    title: 'Unknown reference',
    grpc: INVALID_ARGUMENT,
    doc: 'The request is well-formed, and names something that does not exist or does not fit, for example an agent who is no member of the department. `errors` names the field.',
  },
  'payload-too-large': {
    status: 413,
    title: 'Payload too large',
    grpc: INVALID_ARGUMENT,
    doc: 'The body, mail or attachment is larger than the installation takes.',
  },
  'unsupported-media-type': {
    status: 415,
    title: 'Unsupported media type',
    grpc: INVALID_ARGUMENT,
    doc: 'The `Content-Type` of the body is not one that this path takes.',
  },
  'method-not-allowed': {
    status: 405,
    title: 'Method not allowed',
    grpc: UNIMPLEMENTED,
    doc: 'The path exists, and does not take this method. `Allow` lists those that it takes.',
  },
  'idempotency-key-reused': {
    status: 422,
    title: 'Idempotency key reused',
    grpc: INVALID_ARGUMENT,
    doc: 'The same `Idempotency-Key` came before with another body. Use a new key for a new request.',
  },
  'stale-revision': {
    status: 409,
    title: 'Stale revision',
    grpc: ABORTED,
    doc: 'The responsibility changed after the `expectedRevision`, and `current` is what it is now; or what is replaced changed after the `version` that was read.',
  },
  'already-claimed': {
    status: 409,
    title: 'Already claimed',
    grpc: FAILED_PRECONDITION,
    doc: 'An agent has the ticket already, maybe the caller. `current` says who, and since when.',
  },
  'not-unassigned': {
    status: 409,
    title: 'Not unassigned',
    grpc: FAILED_PRECONDITION,
    doc: 'The command needs a ticket that nobody has. `current` says who has it.',
  },
  'not-assigned': {
    status: 409,
    title: 'Not assigned',
    grpc: FAILED_PRECONDITION,
    doc: 'The command needs a ticket that an agent has, and nobody has this one.',
  },
  'only-owner-answers': {
    status: 409,
    title: 'Only the owner answers',
    grpc: FAILED_PRECONDITION,
    doc: 'In this department only the responsible agent answers a ticket, and it is somebody else’s.',
  },
  'same-department': {
    status: 409,
    title: 'Same department',
    grpc: FAILED_PRECONDITION,
    doc: 'The ticket is in that department already. Use assign or release instead of transfer.',
  },
  'nothing-to-return': {
    status: 409,
    title: 'Nothing to return',
    grpc: FAILED_PRECONDITION,
    doc: 'The ticket was not transferred to where it is, so it cannot be sent back.',
  },
  'wrong-status': {
    status: 409,
    title: 'Wrong status',
    grpc: FAILED_PRECONDITION,
    doc: 'The ticket’s status does not allow the command, for example resolving a closed ticket.',
  },
  'already-exists': {
    status: 409,
    title: 'Already exists',
    grpc: ALREADY_EXISTS,
    doc: 'There is one with that name or identity already.',
  },
  'last-owner': {
    status: 409,
    title: 'Last owner',
    grpc: FAILED_PRECONDITION,
    doc: 'An account keeps at least one active owner. Make somebody else an owner first.',
  },
  'address-taken': {
    status: 409,
    title: 'Address taken',
    grpc: ALREADY_EXISTS,
    doc: 'The e-mail address belongs to another department or agent.',
  },
  'in-use': {
    status: 409,
    title: 'In use',
    grpc: FAILED_PRECONDITION,
    doc: 'Something still needs this, for example open tickets in a department. Move them first.',
  },
  'too-many-requests': {
    status: 429,
    title: 'Too many requests',
    grpc: RESOURCE_EXHAUSTED,
    doc: 'The caller sends more than is taken at once. Wait and repeat with the same `Idempotency-Key`.',
  },
  unavailable: {
    status: 503,
    title: 'Unavailable',
    grpc: UNAVAILABLE,
    doc: 'A part of the installation does not answer. Repeat with the same `Idempotency-Key`.',
  },
  internal: {
    status: 500,
    title: 'Internal error',
    grpc: INTERNAL,
    doc: 'Something is wrong in Onus. The log has the details under the trace of the request.',
  },
} as const satisfies Record<string, ProblemKind>

/** One documented problem. */
export type Reason = keyof typeof LIST

/** The documented list. */
export const PROBLEMS: Record<Reason, ProblemKind> = LIST

/** Whether a string from outside is one of the documented reasons. */
export const isReason = (value: string): value is Reason => Object.hasOwn(PROBLEMS, value)

/** One field of a request that cannot be taken. */
export interface FieldProblem {
  field: string
  message: string
}

/** What a problem may carry beside reason and detail. */
export interface ProblemExtras {
  errors?: FieldProblem[]
  /** The ticket's responsibility as it is, for refusals by race or state. */
  current?: Responsibility
  cause?: unknown
}

/** An expected refusal: shown to the caller as it is. Anything else that is thrown is `internal`. */
export class Problem extends Error {
  readonly reason: Reason
  readonly detail: string
  readonly errors?: FieldProblem[]
  readonly current?: Responsibility

  constructor(reason: Reason, detail: string, extras: ProblemExtras = {}) {
    super(detail, extras.cause === undefined ? undefined : { cause: extras.cause })
    this.name = 'Problem'
    this.reason = reason
    this.detail = detail
    if (extras.errors?.length) this.errors = extras.errors
    if (extras.current) this.current = extras.current
  }

  /** HTTP status. */
  get status(): number {
    return PROBLEMS[this.reason].status
  }

  /** gRPC status code. */
  get grpc(): number {
    return PROBLEMS[this.reason].grpc
  }
}

/** A domain refusal as an error to throw; an unknown reason is our own mistake and becomes `internal`. */
export function problemFromRefusal(refusal: Refusal): Problem {
  const { reason, detail, errors, current } = refusal
  if (!isReason(reason)) return new Problem('internal', `Undocumented refusal "${reason}": ${detail}`)
  return new Problem(reason, detail, { errors, current })
}

/** The reverse of {@link problemFromRefusal}. */
export function refusalFromProblem(problem: Problem): Refusal {
  return {
    reason: problem.reason,
    detail: problem.detail,
    ...(problem.errors && { errors: problem.errors }),
    ...(problem.current && { current: problem.current }),
  }
}

/** Base of the `type` of problem documents. */
export const PROBLEM_TYPE_BASE = 'https://onus.dev/problems/'

/** An RFC 9457 problem document. */
export interface ProblemDocument {
  type: string
  title: string
  status: number
  detail: string
  errors?: FieldProblem[]
  current?: Responsibility
}

/** What an HTTP client is shown; anything that is not a {@link Problem} tells nothing of its inside. */
export function problemDocument(error: unknown): ProblemDocument {
  const problem = error instanceof Problem ? error : problems.internal()
  const { title, status } = PROBLEMS[problem.reason]
  return {
    type: `${PROBLEM_TYPE_BASE}${problem.reason}`,
    title,
    status,
    detail: problem.detail,
    ...(problem.errors && { errors: problem.errors }),
    ...(problem.current && { current: problem.current }),
  }
}

/** The usual problems, so that they read the same everywhere. */
export const problems = {
  unauthenticated: (detail = 'There is no valid key or token in the request.') =>
    new Problem('unauthenticated', detail),
  /** `verb` reads after "You may not", for example "close this ticket". */
  forbidden: (verb: string) => new Problem('forbidden', `You may not ${verb}.`),
  notFound: (kind: string, id: string) => new Problem('not-found', `There is no ${kind} "${clip(id)}".`),
  invalid: (errors: FieldProblem[]) =>
    new Problem('invalid-request', summary('cannot be taken', errors), { errors }),
  unknownReference: (errors: FieldProblem[]) =>
    new Problem('unknown-reference', summary('names something that does not exist or does not fit', errors), {
      errors,
    }),
  /** `detail` says which one exists. */
  alreadyExists: (detail: string, errors?: FieldProblem[]) =>
    new Problem('already-exists', detail, { errors }),
  tooManyRequests: (detail = 'Too many requests at once.') => new Problem('too-many-requests', detail),
  unavailable: (detail = 'A part of the installation does not answer.', cause?: unknown) =>
    new Problem('unavailable', detail, { cause }),
  internal: (cause?: unknown) => new Problem('internal', 'Something went wrong.', { cause }),
}

/** Ids come from callers: a long one is not repeated whole. */
const clip = (text: string): string => (text.length > 80 ? `${text.slice(0, 80)}…` : text)

function summary(what: string, errors: FieldProblem[]): string {
  const [first] = errors
  if (errors.length === 1 && first) return `${first.field}: ${first.message}`
  return `${errors.length} fields: the request ${what}.`
}
