import type { systemCaller } from '@onus/kit/caller'
import type { Clock } from '@onus/kit/clock'
import type { DirectoryReader } from '@onus/kit/directory'
import type { GrpcClient } from '@onus/kit/grpc'
import type { Logger } from '@onus/kit/logging'
import type { DirectoryServiceService } from '@onus/proto/onus/v1/directory'
import type { TicketServiceService } from '@onus/proto/onus/v1/ticket'

export type TicketClient = GrpcClient<typeof TicketServiceService>
export type DirectoryClient = GrpcClient<typeof DirectoryServiceService>

/** What planning and delivering need of the world outside. */
export interface World {
  clock: Clock
  log: Logger
  directory: DirectoryReader
  /** Preferences of agents. */
  preferences: Pick<DirectoryClient, 'getPreferencesOf'>
  tickets: Pick<TicketClient, 'getMailContext' | 'setMessageDelivery' | 'downloadAttachment'>
  callerFor(accountId: string): ReturnType<typeof systemCaller>
}
