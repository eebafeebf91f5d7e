import { type Caller, systemCaller } from '@onus/kit/caller'
import type { AuthenticateKey, GrpcClient } from '@onus/kit/grpc'
import type { DirectoryServiceService } from '@onus/proto/onus/v1/directory'

type Directory = Pick<GrpcClient<typeof DirectoryServiceService>, 'authenticateKey'>

/** Who holds an API key that comes with a call: the directory knows. */
export function keyAuthenticator(directory: Directory): AuthenticateKey {
  const self = systemCaller('', 'ticket')
  return async (key) => {
    const principal = await directory.authenticateKey({ key }, { caller: self })
    return {
      type: principal.type as Caller['type'],
      accountId: principal.accountId,
      id: principal.id,
      name: principal.name,
      scopes: principal.scopes,
      ...(principal.role && { role: principal.role as Caller['role'] }),
      ...(principal.apiKeyId && { apiKeyId: principal.apiKeyId }),
      ...(principal.locale && { locale: principal.locale }),
    }
  }
}
