import { AsyncLocalStorage } from 'node:async_hooks'
import type { Caller } from '../caller.ts'

/** What a handler knows of its call. */
export interface CallContext {
  /** Who calls; reading it in a public method without credentials throws `unauthenticated`. */
  readonly caller: Caller
  /** When the answer is too late. Calls to others made while handling are bounded by it. */
  readonly deadline: Date
  /** Aborted when the caller has gone or the deadline has passed. */
  readonly signal: AbortSignal
  /** W3C trace context of this call. */
  readonly traceparent?: string
}

const scope = new AsyncLocalStorage<CallContext | undefined>()

/** The call that is being handled, if any. */
export const currentCall = (): CallContext | undefined => scope.getStore()

export const inCall = <T>(context: CallContext, work: () => T): T => scope.run(context, work)

/** Runs work that goes on after the call that started it: its deadline no longer counts. */
export const detached = <T>(work: () => T): T => scope.run(undefined, work)
