import type { Writable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  type ChannelCredentials,
  type Client,
  type ClientOptions,
  Metadata,
  type CallOptions as RawCallOptions,
  status,
} from '@grpc/grpc-js'
import { type Caller, signCaller } from '../caller.ts'
import type { Secret } from '../config.ts'
import { currentTraceparent, inSpan, recordGrpcCall } from '../telemetry.ts'
import { CALLER_KEY } from './authenticate.ts'
import { currentCall } from './context.ts'
import { DeadlinePassed, problemOf, statusOf } from './status.ts'
import { channelCredentials, type TlsConfig } from './tls.ts'
import type { MethodDefinition, RequestOf, ResponseOf, Service } from './types.ts'

const DEFAULT_DEADLINE_MS = 10_000
/** A signed caller is used again for so long; it is good for a minute. */
const SIGNATURE_REUSE_MS = 20_000
/** Pauses before a safe call is tried again while the other side is away. */
const RETRY_PAUSES_MS = [50, 200, 500]
/** Reads: trying them again does nothing twice. */
const SAFE = /\/(Get|List|Authenticate|Resolve|Check|Evaluate)[A-Za-z]*$/
const MAX_MESSAGE_BYTES = 16 * 1024 * 1024

export interface GrpcClientOptions {
  config: TlsConfig
  /** Signs `onus-caller`. */
  internalKey: Secret
  /** Calls that name no caller are made as this one. */
  caller?: Caller
  /** Default 10 s. */
  defaultDeadlineMs?: number
  /** How often the certificate files are read again; default 30 s. */
  tlsRefreshMs?: number
}

/** For one call. */
export interface CallOptions {
  caller?: Caller
  /** From now; default: the client's. */
  deadlineMs?: number
  /** The deadline of the call that is being handled bounds every call anyway. */
  deadline?: Date
  signal?: AbortSignal
  /** Tries again while the other side is away; default: for reads (Get, List, ...). */
  retry?: boolean
}

type Method<M extends MethodDefinition> = (
  request: M['requestStream'] extends true
    ? AsyncIterable<RequestOf<M>> | Iterable<RequestOf<M>>
    : RequestOf<M>,
  options?: CallOptions,
) => M['responseStream'] extends true ? AsyncIterable<ResponseOf<M>> : Promise<ResponseOf<M>>

/** One method for each RPC; failures are thrown as `Problem`. */
export type GrpcClient<S extends Service> = { [K in keyof S]: Method<S[K]> } & {
  /** The grpc-js client. */
  raw: Client
  /** The metadata of a call, for use with `raw`. */
  callMetadata(options?: CallOptions): Promise<Metadata>
  /** Waits for a connection; rejects with `unavailable` when there is none in time. */
  connected(timeoutMs: number): Promise<void>
  close(): void
}

/** A client class as ts-proto generates it, for example `TicketServiceClient`. */
export interface ClientConstructor<S extends Service> {
  new (address: string, credentials: ChannelCredentials, options?: Partial<ClientOptions>): Client
  service: S
}

/** A client of one service at `host:port`. All its calls carry caller, deadline and trace. */
export function createGrpcClient<S extends Service>(
  clientClass: ClientConstructor<S>,
  address: string,
  options: GrpcClientOptions,
): GrpcClient<S> {
  const raw = new clientClass(address, channelCredentials(options.config, address, options.tlsRefreshMs), {
    'grpc.max_receive_message_length': MAX_MESSAGE_BYTES,
    'grpc.max_send_message_length': MAX_MESSAGE_BYTES,
    // A service that was restarted is found again soon, and one that died without a word is noticed.
    'grpc.initial_reconnect_backoff_ms': 100,
    'grpc.max_reconnect_backoff_ms': 2000,
    // Names are asked for again at once when a server goes: in a rolling update the next one goes soon after.
    'grpc.dns_min_time_between_resolutions_ms': 500,
    'grpc.keepalive_time_ms': 20_000,
    'grpc.keepalive_timeout_ms': 5000,
    'grpc.service_config': JSON.stringify({ loadBalancingConfig: [{ round_robin: {} }] }),
  })
  const callMetadata = metadataMaker(options)
  const methods = Object.entries(clientClass.service).map(([name, method]) => [
    name,
    createMethod(raw, method, options, callMetadata),
  ])
  return Object.assign(Object.fromEntries(methods), {
    raw,
    callMetadata,
    connected: (timeoutMs: number) =>
      new Promise<void>((resolve, reject) => {
        raw.waitForReady(Date.now() + timeoutMs, (error) =>
          error ? reject(new DeadlinePassed()) : resolve(),
        )
      }),
    close: () => raw.close(),
  })
}

type MetadataMaker = (options?: CallOptions) => Promise<Metadata>

function metadataMaker(options: GrpcClientOptions): MetadataMaker {
  const signed = new WeakMap<Caller, { token: Promise<string>; at: number }>()
  const sign = (caller: Caller): Promise<string> => {
    const now = Date.now()
    const known = signed.get(caller)
    if (known && now - known.at < SIGNATURE_REUSE_MS) return known.token
    const token = signCaller(caller, options.internalKey)
    signed.set(caller, { token, at: now })
    return token
  }
  return async (call) => {
    const metadata = new Metadata()
    const caller = call?.caller ?? options.caller
    if (caller) metadata.set(CALLER_KEY, await sign(caller))
    const traceparent = currentTraceparent()
    if (traceparent) metadata.set('traceparent', traceparent)
    return metadata
  }
}

function createMethod(
  raw: Client,
  method: MethodDefinition,
  options: GrpcClientOptions,
  callMetadata: MetadataMaker,
) {
  const deadline = (call: CallOptions = {}): Date => {
    const own =
      call.deadline?.getTime() ??
      Date.now() + (call.deadlineMs ?? options.defaultDeadlineMs ?? DEFAULT_DEADLINE_MS)
    return new Date(Math.min(own, currentCall()?.deadline.getTime() ?? Number.POSITIVE_INFINITY))
  }
  const name = method.path.slice(1)
  const observed = async <T>(work: () => Promise<T>): Promise<T> => {
    const began = performance.now()
    let code: number = status.OK
    try {
      return await inSpan(name, { kind: 'client', attributes: { 'rpc.system.name': 'grpc' } }, work)
    } catch (error) {
      const problem = problemOf(error)
      code = statusOf(problem).code
      throw problem
    } finally {
      recordGrpcCall('client', name, code, (performance.now() - began) / 1000)
    }
  }

  if (method.responseStream) {
    return (request: unknown, call: CallOptions = {}) =>
      receive(raw, method, request, { deadline: deadline(call) }, callMetadata, call)
  }
  if (method.requestStream) {
    return (request: AsyncIterable<unknown>, call: CallOptions = {}) =>
      observed(async () => {
        const metadata = await callMetadata(call)
        return send(raw, method, request, metadata, { deadline: deadline(call) }, signalOf(call))
      })
  }
  return (request: unknown, call: CallOptions = {}) => {
    const until = deadline(call)
    return observed(() =>
      retried(call.retry ?? SAFE.test(method.path), until, async () => {
        const metadata = await callMetadata(call)
        return unary(raw, method, request, metadata, { deadline: until }, signalOf(call))
      }),
    )
  }
}

/** The caller's own signal, and that of the call being handled. */
function signalOf(call: CallOptions): AbortSignal | undefined {
  const outer = currentCall()?.signal
  if (call.signal && outer) return AbortSignal.any([call.signal, outer])
  return call.signal ?? outer
}

async function retried<T>(safe: boolean, until: Date, attempt: () => Promise<T>): Promise<T> {
  for (let tries = 0; ; tries++) {
    try {
      return await attempt()
    } catch (error) {
      const pause = RETRY_PAUSES_MS[tries]
      const away = (error as { code?: unknown }).code === status.UNAVAILABLE
      if (!safe || !away || pause === undefined || Date.now() + pause >= until.getTime()) throw error
      await sleep(pause / 2 + Math.random() * pause)
    }
  }
}

function unary(
  raw: Client,
  method: MethodDefinition,
  request: unknown,
  metadata: Metadata,
  options: RawCallOptions,
  signal: AbortSignal | undefined,
): Promise<unknown> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(new DeadlinePassed('The caller has gone.'))
    const cancel = () => call.cancel()
    const call = raw.makeUnaryRequest(
      method.path,
      method.requestSerialize,
      method.responseDeserialize,
      request,
      metadata,
      options,
      (error, response) => {
        signal?.removeEventListener('abort', cancel)
        if (error) reject(error)
        else resolve(response)
      },
    )
    signal?.addEventListener('abort', cancel, { once: true })
  })
}

async function send(
  raw: Client,
  method: MethodDefinition,
  messages: AsyncIterable<unknown>,
  metadata: Metadata,
  options: RawCallOptions,
  signal: AbortSignal | undefined,
): Promise<unknown> {
  if (signal?.aborted) throw new DeadlinePassed('The caller has gone.')
  const answer = Promise.withResolvers<unknown>()
  let answered = false
  const cancel = () => call.cancel()
  const call = raw.makeClientStreamRequest(
    method.path,
    method.requestSerialize,
    method.responseDeserialize,
    metadata,
    options,
    (error, response) => {
      answered = true
      if (error) answer.reject(error)
      else answer.resolve(response)
    },
  )
  signal?.addEventListener('abort', cancel, { once: true })
  answer.promise.catch(() => {})
  call.on('error', () => {})
  try {
    for await (const message of messages) {
      // A server may refuse before it has read everything; what is left need not be sent.
      if (answered) break
      if (!call.write(message)) {
        await Promise.race([
          new Promise((resolve) => call.once('drain', resolve)),
          answer.promise.catch(() => {}),
        ])
      }
    }
    call.end()
    return await answer.promise
  } catch (error) {
    call.cancel()
    throw error
  } finally {
    signal?.removeEventListener('abort', cancel)
  }
}

async function* receive(
  raw: Client,
  method: MethodDefinition,
  request: unknown,
  options: RawCallOptions,
  callMetadata: MetadataMaker,
  call: CallOptions,
): AsyncIterable<unknown> {
  const signal = signalOf(call)
  const began = performance.now()
  let code: number = status.OK
  const metadata = await callMetadata(call)
  if (signal?.aborted) throw new DeadlinePassed('The caller has gone.')
  const stream = method.requestStream
    ? raw.makeBidiStreamRequest(
        method.path,
        method.requestSerialize,
        method.responseDeserialize,
        metadata,
        options,
      )
    : raw.makeServerStreamRequest(
        method.path,
        method.requestSerialize,
        method.responseDeserialize,
        request,
        metadata,
        options,
      )
  const cancel = () => stream.cancel()
  signal?.addEventListener('abort', cancel, { once: true })
  if (method.requestStream) void pump(stream as unknown as Writable, request as AsyncIterable<unknown>)
  try {
    yield* stream
  } catch (error) {
    const problem = problemOf(error)
    code = statusOf(problem).code
    throw problem
  } finally {
    signal?.removeEventListener('abort', cancel)
    stream.cancel()
    recordGrpcCall('client', method.path.slice(1), code, (performance.now() - began) / 1000)
  }
}

/** Sends the requests of a call in both directions; the reader sees when that fails. */
async function pump(stream: Writable, messages: AsyncIterable<unknown>): Promise<void> {
  try {
    for await (const message of messages) {
      if (!stream.write(message)) await new Promise<void>((resolve) => stream.once('drain', () => resolve()))
    }
    stream.end()
  } catch {
    stream.destroy()
  }
}
