export type { AuthenticateKey } from './grpc/authenticate.ts'
export { CALLER_KEY } from './grpc/authenticate.ts'
export {
  type CallOptions,
  type ClientConstructor,
  createGrpcClient,
  type GrpcClient,
  type GrpcClientOptions,
} from './grpc/client.ts'
export { type CallContext, currentCall, detached } from './grpc/context.ts'
export { createGrpcServer, type GrpcServer, type GrpcServerOptions } from './grpc/server.ts'
export { DeadlinePassed, problemOf, statusOf } from './grpc/status.ts'
export type { Handler, Handlers, MethodDefinition, Service } from './grpc/types.ts'
