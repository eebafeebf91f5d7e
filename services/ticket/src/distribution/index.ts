import type { CommandEnvelope, TicketView } from '@onus/workflows-contract'
import type { DrainActivities } from '@onus/workflows-ticket/activities'
import type { DirectoryFacts } from '@onus/workflows-ticket/domain/facts'
import type { Db } from 'mongodb'
import { createDistribution, type Distribution } from './choices.ts'
import { Distributor, type DistributorDeps } from './distributor.ts'
import { createBacklog, createDrainPage } from './drain.ts'
import { SlotStore } from './slots.ts'
import { TurnsStore } from './turns.ts'

export interface DistributionDeps {
  db: Db
  directory(accountId: string): Promise<DirectoryFacts>
  wake: DistributorDeps['wake']
  /** Told of a wake that did not come about; the drain looks by itself later. */
  onError(error: unknown): void
}

/** The distribution as the ticket worker has it: for its commits, and for the drains. */
export function openDistribution({ db, directory, wake, onError }: DistributionDeps): {
  distribution: Distribution
  /** @param send sends a command to a ticket */
  drain(send: SendRecheck): DrainActivities
} {
  const slots = new SlotStore(db)
  const turns = new TurnsStore(db)
  const distributor = new Distributor({ slots, turns, backlog: createBacklog(db), wake })
  return {
    distribution: createDistribution(distributor, onError),
    drain: (send) => ({ drainPage: createDrainPage({ db, directory, slots, turns, send }) }),
  }
}

type SendRecheck = (
  accountId: string,
  ticketId: string,
  envelope: CommandEnvelope,
  call: { deadline: Date },
) => Promise<Pick<TicketView, 'responsibility'>>
