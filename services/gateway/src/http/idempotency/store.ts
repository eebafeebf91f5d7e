/** An answer as it is remembered. */
export interface RememberedAnswer {
  status: number
  headers: Record<string, string>
  body: string
}

/** What became of an attempt to be the first under an idempotency key. */
export type Claimed =
  /** Nobody was there, or who was there has died: execute. */
  | { state: 'first' }
  /** Somebody executes it now. */
  | { state: 'running'; bodyHash: string }
  /** It was done; the answer is sealed, as `finish` was given it. */
  | { state: 'done'; bodyHash: string; sealed: string }

/** Where the gateways of an installation agree on who executes a request. */
export interface IdempotencyStore {
  /** Tries to become the one who executes. Exactly one of many gets `first`. */
  claim(id: string, bodyHash: string, owner: string): Promise<Claimed>
  /** Says that the owner still lives; false when somebody else took over. */
  renew(id: string, owner: string): Promise<boolean>
  /** Remembers the answer, if the owner is still the one. */
  finish(id: string, owner: string, sealed: string): Promise<void>
  /** Forgets the request, so that a repeat is executed again. */
  forget(id: string, owner: string): Promise<void>
}

/** How long an answer is remembered. */
export const REMEMBERED_MS = 24 * 60 * 60 * 1000
/** A first that has not been heard of for this long has died, and the request is executed again. */
export const LEASE_MS = 4_000
