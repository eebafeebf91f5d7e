import { type Clock, rfc3339 } from '@onus/kit/clock'
import type { DirectoryReader } from '@onus/kit/directory'
import type { CallContext } from '@onus/kit/grpc'
import { Problem, problems } from '@onus/kit/problems'
import type {
  AccountOrphans,
  CheckOrphansRequest,
  CheckOrphansResponse,
  CheckProjectionRequest,
  CheckProjectionResponse,
  CountHeldRequest,
  CountHeldResponse,
  RepublishEventsRequest,
  RepublishEventsResponse,
} from '@onus/proto/onus/v1/ticket'
import type { RepublishInput } from '@onus/workflows-contract'
import type { TicketAccess } from '../commands/access.ts'
import { countOf, findOrphans, type Orphaned } from '../reads/orphans.ts'
import type { ProjectionCheck } from '../reads/projection.ts'
import type { HolderStore } from '../store/holders.ts'

export interface OperationHandlerDeps {
  access: TicketAccess
  holders: HolderStore
  directory: DirectoryReader
  clock: Clock
  projection: ProjectionCheck
  /** Publishes events again; gives how many, or null when that takes longer than the caller waits. */
  republish(input: RepublishInput, commandId: string, deadline: Date): Promise<number | null>
}

/** Tickets that an answer names of each account. */
const NAMED = 20

/** The RPCs of operations over many tickets. */
export function operationHandlers(deps: OperationHandlerDeps) {
  const { access, holders, directory, clock } = deps
  return {
    async countHeld({ agentId }: CountHeldRequest, ctx: CallContext): Promise<CountHeldResponse> {
      const { caller } = ctx
      if (caller.type !== 'system' || caller.accountId === '')
        throw problems.forbidden('count tickets: it is for services')
      const byDepartment = await holders.heldBy(caller.accountId, agentId)
      return { tickets: byDepartment.reduce((sum, { tickets }) => sum + tickets, 0), byDepartment }
    },

    async checkOrphans(_: CheckOrphansRequest, ctx: CallContext): Promise<CheckOrphansResponse> {
      const accountId = await accountOf(ctx, 'look for orphans')
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

    async checkProjection(
      request: CheckProjectionRequest,
      ctx: CallContext,
    ): Promise<CheckProjectionResponse> {
      const own = await accountOf(ctx, 'compare lists with the log')
      return await deps.projection.page(request, own ?? request.accountId)
    },

    async republishEvents(
      { ticketId, fromSequence, commandId }: RepublishEventsRequest,
      ctx: CallContext,
    ): Promise<RepublishEventsResponse> {
      const { caller } = ctx
      await access.require(caller, ticketId)
      await accountOf(ctx, 'publish events again')
      if (fromSequence < 0) throw problems.invalid([{ field: 'fromSequence', message: 'Must be 1 or more.' }])
      const input = { accountId: caller.accountId, ticketId, fromSequence: Math.max(1, fromSequence) }
      const events = await deps.republish(input, commandId, ctx.deadline)
      return events === null ? { state: 'running', events: 0 } : { state: 'done', events }
    },
  }

  /** Operators and our own services ask for all accounts, those who set one up for theirs. */
  async function accountOf({ caller }: CallContext, what: string): Promise<string | undefined> {
    if (caller.type === 'operator') return undefined
    if (caller.type === 'system') return caller.accountId || undefined
    if (caller.type === 'api_client' && caller.scopes.includes('setup:write')) return caller.accountId
    const agent = caller.type === 'agent' ? (await access.directory(caller)).agent(caller.id) : undefined
    const setsUp = agent?.role === 'owner' || agent?.role === 'admin'
    if (agent?.status !== 'active' || !setsUp) throw problems.forbidden(what)
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
