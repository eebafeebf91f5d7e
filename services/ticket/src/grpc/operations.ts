import { type Clock, rfc3339 } from '@onus/kit/clock'
import type { DirectoryReader } from '@onus/kit/directory'
import type { CallContext } from '@onus/kit/grpc'
import { Problem, problems } from '@onus/kit/problems'
import type {
  AccountOrphans,
  CheckOrphansRequest,
  CheckOrphansResponse,
  CountHeldRequest,
  CountHeldResponse,
} from '@onus/proto/onus/v1/ticket'
import type { TicketAccess } from '../commands/access.ts'
import { countOf, findOrphans, type Orphaned } from '../reads/orphans.ts'
import type { HolderStore } from '../store/holders.ts'

export interface OperationHandlerDeps {
  access: TicketAccess
  holders: HolderStore
  directory: DirectoryReader
  clock: Clock
}

/** Tickets that an answer names of each account. */
const NAMED = 20

/** The RPCs of operations over many tickets. */
export function operationHandlers({ access, holders, directory, clock }: OperationHandlerDeps) {
  return {
    async countHeld({ agentId }: CountHeldRequest, ctx: CallContext): Promise<CountHeldResponse> {
      const { caller } = ctx
      if (caller.type !== 'system' || caller.accountId === '')
        throw problems.forbidden('count tickets: it is for services')
      const byDepartment = await holders.heldBy(caller.accountId, agentId)
      return { tickets: byDepartment.reduce((sum, { tickets }) => sum + tickets, 0), byDepartment }
    },

    async checkOrphans(_: CheckOrphansRequest, ctx: CallContext): Promise<CheckOrphansResponse> {
      const accountId = await accountOf(ctx)
      const orphaned = await findOrphans(holders, viewOf(directory), accountId)
      const accounts = new Map<string, Orphaned[]>()
      for (const one of orphaned) accounts.set(one.accountId, [...(accounts.get(one.accountId) ?? []), one])
      return {
        orphans: countOf(orphaned, false),
        leaving: countOf(orphaned, true),
        checkedAt: rfc3339(clock()),
        accounts: await Promise.all([...accounts].map(([id, of]) => told(id, of))),
      }
    },
  }

  /** Operators and our own services ask for all accounts, those who set one up for theirs. */
  async function accountOf({ caller }: CallContext): Promise<string | undefined> {
    if (caller.type === 'operator') return undefined
    if (caller.type === 'system') return caller.accountId || undefined
    const agent = caller.type === 'agent' ? (await access.directory(caller)).agent(caller.id) : undefined
    const setsUp = agent?.role === 'owner' || agent?.role === 'admin'
    if (agent?.status !== 'active' || !setsUp) throw problems.forbidden('look for orphans')
    return caller.accountId
  }

  async function told(accountId: string, orphaned: Orphaned[]): Promise<AccountOrphans> {
    const ticketIds: string[] = []
    for (const { agentId, departmentId, leaving } of orphaned) {
      const left = NAMED - ticketIds.length
      if (!leaving && left > 0)
        ticketIds.push(...(await holders.some(accountId, agentId, departmentId, left)))
    }
    return { accountId, orphans: countOf(orphaned, false), leaving: countOf(orphaned, true), ticketIds }
  }
}

/** An account's directory, or null when there is no such account any more. */
export const viewOf = (directory: Pick<DirectoryReader, 'snapshot'>) => async (accountId: string) => {
  try {
    return await directory.snapshot(accountId)
  } catch (error) {
    if (error instanceof Problem && error.reason === 'not-found') return null
    throw error
  }
}
