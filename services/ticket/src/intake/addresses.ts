import { systemCaller } from '@onus/kit/caller'
import type { GrpcClient } from '@onus/kit/grpc'
import { Problem } from '@onus/kit/problems'
import type { DirectoryServiceService } from '@onus/proto/onus/v1/directory'

/** Whose an inbound address is. */
export interface AddressOwner {
  accountId: string
  departmentId: string
  /** The department's address as it is registered, in lower case. */
  address: string
}

export type ResolveAddress = (address: string) => Promise<AddressOwner | null>

/** Which account an address belongs to is what is asked: nobody of an account can ask it. */
const OWN = systemCaller('', 'mail-intake')

type Directory = Pick<GrpcClient<typeof DirectoryServiceService>, 'resolveAddress'>

/** Asks the directory, which may be away: that is thrown, and is something else than "nobody's" (null). */
export function createResolveAddress(directory: Directory): ResolveAddress {
  return async (given) => {
    for (const address of candidates(given)) {
      try {
        const owner = await directory.resolveAddress({ address }, { caller: OWN })
        return { accountId: owner.accountId, departmentId: owner.departmentId, address }
      } catch (error) {
        if (error instanceof Problem && (error.reason === 'not-found' || error.reason === 'invalid-request'))
          continue
        throw error
      }
    }
    return null
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
