import { type Caller, systemCaller } from '@onus/kit/caller'
import type { AuthenticateKey } from '@onus/kit/grpc'
import { ROLES } from '@onus/workflows-contract'
import type { DirectoryClient } from '../delivery/world.ts'

/** Resolves API keys by the directory, so that the service can be called without a gateway. */
export function authenticateBy(directory: Pick<DirectoryClient, 'authenticateKey'>): AuthenticateKey {
  const self = systemCaller('', 'notification')
  return async (key): Promise<Caller> => {
    const principal = await directory.authenticateKey({ key }, { caller: self })
    const role = ROLES.find((known) => known === principal.role)
    return {
      type: principal.type as Caller['type'],
      accountId: principal.accountId,
      id: principal.id,
      name: principal.name,
      scopes: principal.scopes,
      locale: principal.locale,
      ...(role && { role }),
      ...(principal.apiKeyId && { apiKeyId: principal.apiKeyId }),
    }
  }
}
