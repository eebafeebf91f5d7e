import { Problem, type Reason } from '@onus/kit/problems'
import { ApplicationFailure } from '@temporalio/common'

/** Problems that pass: what is asked again later may be answered. */
const PASSING: ReadonlySet<Reason> = new Set([
  'unavailable',
  'too-many-requests',
  'unauthenticated',
  'internal',
])
/** Faults of a program: the same again gives the same again. */
const FAULTS = [TypeError, RangeError, ReferenceError, SyntaxError, URIError]

/** Whether trying again is in vain. Anything unknown may pass: a store's fail-over has many names. */
export function isForGood(error: unknown): boolean {
  if (error instanceof Problem) return !PASSING.has(error.reason)
  return FAULTS.some((fault) => error instanceof fault)
}

// biome-ignore lint/suspicious/noExplicitAny: activities are functions of any kind
type Activities = Record<string, (...args: any[]) => Promise<unknown>>

/**
 * The same activities, failing for good where trying again is in vain: the command that asked is refused,
 * and the ticket's other commands go on, instead of waiting behind it for ever.
 */
export function failingForGood<A extends { [name in keyof A]: Activities[string] }>(activities: A): A {
  const wrapped = Object.entries<Activities[string]>(activities).map(([name, activity]) => [
    name,
    async (...args: unknown[]) => {
      try {
        return await activity(...args)
      } catch (error) {
        if (!isForGood(error)) throw error
        throw ApplicationFailure.create({
          message: error instanceof Error ? error.message : String(error),
          type: error instanceof Error ? error.name : 'Error',
          nonRetryable: true,
          ...(error instanceof Error ? { cause: error } : {}),
        })
      }
    },
  ])
  return Object.fromEntries(wrapped)
}
