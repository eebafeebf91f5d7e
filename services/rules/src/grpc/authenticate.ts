import type { AuthenticateKey, GrpcClient } from '@onus/kit/grpc'
import type { DirectoryServiceService } from '@onus/proto/onus/v1/directory'
import type { Role } from '@onus/workflows-contract'

/** Asks the directory who holds an API key, for calls that come without a signed caller. */
export const keyAuthenticator =
  (directory: Pick<GrpcClient<DirectoryServiceService>, 'authenticateKey'>): AuthenticateKey =>
  async (key) => {
    const { type, role, apiKeyId, ...principal } = await directory.authenticateKey({ key })
    return {
      ...principal,
      type: type as 'agent' | 'api_client',
      ...(role && { role: role as Role }),
      ...(apiKeyId !== undefined && { apiKeyId }),
    }
  }
