import type { CallContext } from './context.ts'

/** One method as ts-proto generates it for grpc-js. */
export interface MethodDefinition {
  path: string
  requestStream: boolean
  responseStream: boolean
  // biome-ignore lint/suspicious/noExplicitAny: the message types differ for each method
  requestSerialize: (value: any) => Buffer
  // biome-ignore lint/suspicious/noExplicitAny: see above
  requestDeserialize: (value: Buffer) => any
  // biome-ignore lint/suspicious/noExplicitAny: see above
  responseSerialize: (value: any) => Buffer
  // biome-ignore lint/suspicious/noExplicitAny: see above
  responseDeserialize: (value: Buffer) => any
}

/** A service as ts-proto generates it, for example `TicketServiceService`. */
export type Service = Readonly<Record<string, MethodDefinition>>

export type RequestOf<M extends MethodDefinition> = ReturnType<M['requestDeserialize']>
export type ResponseOf<M extends MethodDefinition> = ReturnType<M['responseDeserialize']>

type Incoming<M extends MethodDefinition> = M['requestStream'] extends true
  ? AsyncIterable<RequestOf<M>>
  : RequestOf<M>

/** Answers one method: a promise, or for a streamed answer anything that can be iterated. */
export type Handler<M extends MethodDefinition> = (
  request: Incoming<M>,
  ctx: CallContext,
) => M['responseStream'] extends true ? AsyncIterable<ResponseOf<M>> : Promise<ResponseOf<M>>

/** One handler for each method of a service. */
export type Handlers<S extends Service> = { [K in keyof S]: Handler<S[K]> }
