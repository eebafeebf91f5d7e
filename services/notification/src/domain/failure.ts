/**
 * Why an attempt failed. `temporary`: try again. `recipient`: this address will never take it, so trying
 * again is useless. `message`: nobody will take this content.
 */
export type FailureKind = 'temporary' | 'recipient' | 'message'

/** What is broken when more than this one notice is bound to fail: the recipient's address, or our token. */
export type Broken = 'address' | 'token'

/** What an attempt that did not try anything waits for. */
export type Waited = 'turn' | 'provider'

export interface FailureOptions {
  /** What the server asked for. */
  retryAfterMs?: number | undefined
  /** Other notices to the same address or with the same token should wait. */
  broken?: Broken
  /** Nothing was tried: it was not its turn, or the provider does not work. */
  waited?: Waited | undefined
  cause?: unknown
}

/** A delivery that did not happen, in words that hold no address. */
export class DeliveryFailure extends Error {
  readonly kind: FailureKind
  readonly retryAfterMs: number | undefined
  readonly broken: Broken | undefined
  readonly waited: Waited | undefined

  constructor(kind: FailureKind, message: string, options: FailureOptions = {}) {
    super(withoutAddresses(message), { cause: options.cause })
    this.name = 'DeliveryFailure'
    this.kind = kind
    this.retryAfterMs = options.retryAfterMs
    this.broken = options.broken
    this.waited = options.waited
  }

  /** Whether another attempt is useless. */
  get permanent(): boolean {
    return this.kind !== 'temporary'
  }
}

/** What is read of a text: finding addresses takes the square of its length, and some texts are anybody's. */
const LONGEST_READ = 2000
const LONGEST = 500

/** Servers repeat addresses in their refusals; the ledger, events and the Temporal UI show none. */
export const withoutAddresses = (text: string): string =>
  beginning(text)
    .replace(/[^\s<>"'(),;:]+@[^\s<>"'(),;:]+/g, '…')
    .replace(/\s+/g, ' ')
    .trim()
    .slice(0, LONGEST)

/** A word that is cut off may be half an address. */
const beginning = (text: string): string =>
  text.length <= LONGEST_READ ? text : text.slice(0, LONGEST_READ).replace(/\S*$/, '…')

/** What was thrown, as a failure; what we do not know may pass. */
export function asFailure(error: unknown): DeliveryFailure {
  if (error instanceof DeliveryFailure) return error
  return new DeliveryFailure('temporary', error instanceof Error ? error.message : String(error), {
    cause: error,
  })
}
