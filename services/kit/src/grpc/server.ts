import type { Writable } from 'node:stream'
import {
  type handleBidiStreamingCall,
  type Metadata,
  Server,
  type ServerDuplexStream,
  type ServerReadableStream,
  type ServerUnaryCall,
  type ServerWritableStream,
  type sendUnaryData,
  status,
  type UntypedHandleCall,
} from '@grpc/grpc-js'
import { PartServiceService } from '@onus/proto/onus/v1/operations'
import { HealthImplementation } from 'grpc-health-check'
import type { Caller } from '../caller.ts'
import type { Secret } from '../config.ts'
import type { Logger } from '../logging.ts'
import { thisPart } from '../part.ts'
import { Problem, problems } from '../problems.ts'
import { currentTraceparent, inSpan, recordGrpcCall } from '../telemetry.ts'
import { type AuthenticateKey, authenticate } from './authenticate.ts'
import { type CallContext, inCall } from './context.ts'
import { partHandlers } from './part.ts'
import { addReflection } from './reflection.ts'
import { DeadlinePassed, statusOf } from './status.ts'
import { serverCredentials, type TlsConfig } from './tls.ts'
import type { Handlers, MethodDefinition, Service } from './types.ts'

/** For a call whose caller set no deadline. */
const UNARY_DEADLINE_MS = 30_000
const STREAM_DEADLINE_MS = 300_000
/** For calls in flight when the server stops. */
const DRAIN_MS = 10_000
const MAX_MESSAGE_BYTES = 16 * 1024 * 1024

export interface GrpcServerOptions {
  log: Logger
  config: TlsConfig
  /** Verifies `onus-caller`. */
  internalKey: Secret
  /** Resolves `authorization: Bearer`; without it only signed callers are taken. */
  authenticateKey?: AuthenticateKey
  /** How long `stop` waits for calls in flight; default 10 s. */
  drainMs?: number
  /** How often the certificate files are read again; default 30 s. */
  tlsRefreshMs?: number
}

/** A gRPC server with authentication, deadlines, refusals, health and reflection. */
export interface GrpcServer {
  /**
   * Serves a service. The handlers of `public` methods (named as in the definition, for example
   * `getTrustedIssuer`) are called without credentials too.
   */
  add<S extends Service>(definition: S, handlers: Handlers<S>, options?: { public?: (keyof S)[] }): void
  /** Begins to serve; gives the port. */
  listen(host: string, port: number): Promise<number>
  /** Says "not serving", lets calls in flight end, then ends. */
  stop(): Promise<void>
}

type AnyHandler = (request: unknown, ctx: CallContext) => unknown

/** Calls of any of the four kinds have these. */
interface AnyCall extends Pick<ServerUnaryCall<unknown, unknown>, 'metadata' | 'getDeadline' | 'cancelled'> {
  on(event: 'cancelled', listener: () => void): unknown
}

export function createGrpcServer(options: GrpcServerOptions): GrpcServer {
  const { log } = options
  const server = new Server({
    'grpc.max_receive_message_length': MAX_MESSAGE_BYTES,
    'grpc.max_send_message_length': MAX_MESSAGE_BYTES,
  })
  const health = new HealthImplementation({ '': 'NOT_SERVING' })
  health.addToServer(server as never)
  addReflection(server)
  const names = ['']

  return {
    add(definition, handlers, { public: open = [] } = {}) {
      const implementation: Record<string, UntypedHandleCall> = {}
      const wire: Record<string, MethodDefinition> = {}
      for (const [name, method] of Object.entries(definition)) {
        const handler = (handlers as Record<string, AnyHandler>)[name]
        if (!handler) throw new Error(`There is no handler for ${method.path}`)
        // Requests are decoded by us, so that one that cannot be decoded is the caller's mistake, not ours.
        wire[name] = { ...method, requestDeserialize: (bytes) => bytes }
        implementation[name] = serve(
          options,
          method,
          handler.bind(handlers),
          (open as string[]).includes(name),
        )
      }
      server.addService(wire as never, implementation)
      const [first] = Object.values(definition)
      if (first) names.push(first.path.split('/')[1] ?? '')
    },
    async listen(host, port) {
      const part = thisPart()
      if (part) this.add(PartServiceService, partHandlers(part))
      const credentials = serverCredentials(options.config, host, options.tlsRefreshMs)
      const bound = await new Promise<number>((resolve, reject) => {
        const address = `${host.includes(':') && !host.startsWith('[') ? `[${host}]` : host}:${port}`
        server.bindAsync(address, credentials, (error, actual) => (error ? reject(error) : resolve(actual)))
      })
      for (const name of names) health.setStatus(name, 'SERVING')
      log.info({ host, port: bound, services: names.filter(Boolean) }, 'gRPC is served')
      return bound
    },
    async stop() {
      for (const name of names) health.setStatus(name, 'NOT_SERVING')
      await drain(server, options.drainMs ?? DRAIN_MS, log)
    },
  }
}

function drain(server: Server, ms: number, log: Logger): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => {
      log.warn({ ms }, 'gRPC calls are cut off')
      server.forceShutdown()
      resolve()
    }, ms)
    server.tryShutdown(() => {
      clearTimeout(timer)
      resolve()
    })
  })
}

/** The grpc-js handler of one method. */
function serve(
  options: GrpcServerOptions,
  method: MethodDefinition,
  handler: AnyHandler,
  open: boolean,
): UntypedHandleCall {
  const run = <T>(call: AnyCall, work: (ctx: CallContext) => Promise<T>) =>
    handle(options, method, open, call, work)
  if (!method.requestStream && !method.responseStream) {
    return (call: ServerUnaryCall<Buffer, unknown>, callback: sendUnaryData<unknown>) => {
      run(call, async (ctx) => handler(decode(method, call.request), ctx)).then(
        (response) => callback(null, response as object),
        (error) => callback(statusOf(error)),
      )
    }
  }
  if (!method.responseStream) {
    return (call: ServerReadableStream<Buffer, unknown>, callback: sendUnaryData<unknown>) => {
      run(call, async (ctx) => handler(decodeAll(method, call), ctx)).then(
        (response) => callback(null, response as object),
        (error) => callback(statusOf(error)),
      )
    }
  }
  return ((call: ServerWritableStream<Buffer, unknown> | ServerDuplexStream<Buffer, unknown>) => {
    const request = method.requestStream
      ? () => decodeAll(method, call as ServerDuplexStream<Buffer, unknown>)
      : () => decode(method, (call as ServerWritableStream<Buffer, unknown>).request)
    run(call, async (ctx) => {
      for await (const message of handler(request(), ctx) as AsyncIterable<unknown>) {
        if (ctx.signal.aborted) throw new DeadlinePassed()
        if (!call.write(message)) await drained(call, ctx.signal)
      }
    }).then(
      () => call.end(),
      (error) => call.emit('error', statusOf(error)),
    )
  }) as handleBidiStreamingCall<Buffer, unknown>
}

function drained(call: Writable, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const go = () => {
      call.off('drain', go)
      signal.removeEventListener('abort', go)
      resolve()
    }
    call.once('drain', go)
    signal.addEventListener('abort', go, { once: true })
  })
}

function decode(method: MethodDefinition, bytes: Buffer): unknown {
  try {
    return method.requestDeserialize(bytes)
  } catch (cause) {
    throw new Problem('invalid-request', 'The request is not a message of this method.', { cause })
  }
}

async function* decodeAll(method: MethodDefinition, messages: AsyncIterable<Buffer>) {
  for await (const bytes of messages) yield decode(method, bytes)
}

/** Everything around a handler: trace, caller, deadline, metrics, log. */
async function handle<T>(
  options: GrpcServerOptions,
  method: MethodDefinition,
  open: boolean,
  call: AnyCall,
  work: (ctx: CallContext) => Promise<T>,
): Promise<T> {
  const name = method.path.slice(1)
  const began = performance.now()
  let code: number = status.OK
  try {
    const traceparent = text(call.metadata, 'traceparent')
    return await inSpan(
      name,
      { kind: 'server', traceparent, attributes: { 'rpc.system.name': 'grpc' } },
      () => bounded(options, method, open, call, work),
    )
  } catch (error) {
    code = statusOf(error).code
    if (!(error instanceof Problem)) options.log.error({ err: error, method: name, code }, 'gRPC call broke')
    else if (error.status >= 500) options.log.warn({ err: error, method: name, code }, 'gRPC call failed')
    else options.log.debug({ err: error, method: name, code }, 'gRPC call refused')
    throw error
  } finally {
    recordGrpcCall('server', name, code, (performance.now() - began) / 1000)
  }
}

/** Runs the work until it ends, the deadline passes or the caller goes. */
async function bounded<T>(
  options: GrpcServerOptions,
  method: MethodDefinition,
  open: boolean,
  call: AnyCall,
  work: (ctx: CallContext) => Promise<T>,
): Promise<T> {
  const gone = new AbortController()
  const deadline = deadlineOf(call, method)
  const timer = setTimeout(() => gone.abort(new DeadlinePassed()), deadline.getTime() - Date.now())
  // grpc-js says "cancelled" at the end of every call; after the answer it means nothing.
  let answered = false
  call.on('cancelled', () => {
    if (!answered) gone.abort(new DeadlinePassed('The caller has gone.'))
  })
  const aborted = new Promise<never>((_, reject) => {
    gone.signal.addEventListener('abort', () => reject(gone.signal.reason), { once: true })
  })
  aborted.catch(() => {})
  try {
    if (call.cancelled) throw new DeadlinePassed('The caller has gone.')
    const caller = await authenticate(call.metadata, options.internalKey, options.authenticateKey)
    if (!caller && !open) throw problems.unauthenticated()
    const ctx = callContext(caller, deadline, gone.signal)
    return await Promise.race([inCall(ctx, () => work(ctx)), aborted])
  } finally {
    answered = true
    clearTimeout(timer)
  }
}

function callContext(caller: Caller | undefined, deadline: Date, signal: AbortSignal): CallContext {
  const traceparent = currentTraceparent()
  return {
    get caller() {
      if (!caller) throw problems.unauthenticated()
      return caller
    },
    deadline,
    signal,
    ...(traceparent && { traceparent }),
  }
}

function deadlineOf(call: AnyCall, method: MethodDefinition): Date {
  const asked = Number(call.getDeadline())
  const most = method.requestStream || method.responseStream ? STREAM_DEADLINE_MS : UNARY_DEADLINE_MS
  const latest = Date.now() + most
  return new Date(Number.isFinite(asked) ? Math.min(asked, latest) : latest)
}

function text(metadata: Metadata, key: string): string | undefined {
  const [value] = metadata.get(key)
  return typeof value === 'string' ? value : undefined
}
