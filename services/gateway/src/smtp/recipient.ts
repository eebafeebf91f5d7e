import { Problem } from '@onus/kit/problems'

/** Whether an address is a department's; throws when nobody can say. */
export type KnowsAddress = (address: string) => Promise<boolean>

/** The part of the directory that a recipient is checked with. */
export interface AddressDirectory {
  resolveAddress(request: { address: string }, options?: { deadlineMs?: number }): Promise<unknown>
}

/** The sender waits while we ask, and asks again after a 451: a late answer is of no use. */
const DEADLINE_MS = 5000

export function createKnowsAddress(directory: AddressDirectory): KnowsAddress {
  return async (address) => {
    for (const candidate of candidates(address)) {
      try {
        await directory.resolveAddress({ address: candidate }, { deadlineMs: DEADLINE_MS })
        return true
      } catch (error) {
        const nobodys =
          error instanceof Problem && (error.reason === 'not-found' || error.reason === 'invalid-request')
        if (!nobodys) throw error
      }
    }
    return false
  }
}

/** The address itself, then without what stands behind a plus sign: `support+anything@` is `support@`. */
export function candidates(given: string): string[] {
  const address = given.trim().toLowerCase()
  const at = address.lastIndexOf('@')
  if (at < 1) return []
  const plus = address.indexOf('+')
  return plus > 0 && plus < at ? [address, `${address.slice(0, plus)}${address.slice(at)}`] : [address]
}
