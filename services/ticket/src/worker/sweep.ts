import { type CommandEnvelope, TICKET_STATUSES, type TicketStatus } from '@onus/workflows-contract'
import type { SweepPageInput } from '@onus/workflows-ticket/activities'
import { heartbeat } from '@temporalio/activity'
import type { Collection, Db, Filter } from 'mongodb'
import type { TicketDocument } from '../store/log.ts'

/** Tickets of one page, and how many are worked at together. */
const PAGE = 200
const TOGETHER = 5
const COMMAND_TIMEOUT_MS = 30_000

/** In the others nobody has anything left to do; only their holder may have to go. */
const AT_WORK: readonly TicketStatus[] = TICKET_STATUSES.filter(
  (status) => !['closed', 'spam', 'deleted'].includes(status),
)

/** Sends one command to one ticket; starts its workflow when there is none. */
export type SendCommand = (
  accountId: string,
  ticketId: string,
  envelope: CommandEnvelope,
  call: { deadline: Date },
) => Promise<unknown>

/** One page of tickets, in the order of their ids. A page can be done again: commands are known by their id. */
export function createSweepPage(db: Db, send: SendCommand) {
  const tickets: Collection<TicketDocument> = db.collection('tickets')

  return async function sweepPage(input: SweepPageInput): Promise<{ tickets: number; after?: string }> {
    const { accountId, command, sweepId, pass } = input
    const page = await tickets
      .find(sweepFilter(input))
      .project<Pick<TicketDocument, '_id' | 'ticketId'>>({ ticketId: 1 })
      .sort({ _id: 1 })
      .limit(PAGE)
      .toArray()
    const waiting = [...page]
    const worker = async () => {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
        await send(
          accountId,
          next.ticketId,
          {
            commandId: `sweep:${sweepId}:${pass}`,
            command,
            authority: { actor: { type: 'system' } },
          },
          { deadline: new Date(Date.now() + COMMAND_TIMEOUT_MS) },
        )
        heartbeat(next._id)
      }
    }
    await Promise.all(Array.from({ length: TOGETHER }, worker))
    const last = page.at(-1)
    return page.length < PAGE || last === undefined
      ? { tickets: page.length }
      : { tickets: page.length, after: last._id }
  }
}

/**
 * Which tickets a change touches. An agent who leaves holds none afterwards, not even closed ones: who holds
 * a ticket can see it. For the rest, tickets that are done with have nothing to put right.
 */
export function sweepFilter({ accountId, scope, after }: SweepPageInput): Filter<TicketDocument> {
  return {
    accountId,
    ...heldBy(scope),
    ...(scope.departmentId === undefined ? {} : { departmentId: scope.departmentId }),
    ...(after === undefined ? {} : { _id: { $gt: after } }),
  }
}

function heldBy({ agentId, statuses, movedBy }: SweepPageInput['scope']): Filter<TicketDocument> {
  const cause = 'responsibility.cause'
  if (movedBy !== undefined && 'offboardingId' in movedBy)
    return { [`${cause}.offboardingId`]: movedBy.offboardingId, [`${cause}.undone`]: { $ne: true } }
  if (movedBy !== undefined)
    return { [`${cause}.delegationId`]: movedBy.delegationId, [`${cause}.ended`]: { $ne: true } }
  if (agentId === undefined) return { status: { $in: [...AT_WORK] } }
  return { agentId, status: statuses === undefined ? { $ne: 'deleted' } : { $in: statuses } }
}
