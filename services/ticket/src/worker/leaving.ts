import { setTimeout as sleep } from 'node:timers/promises'
import { systemCaller } from '@onus/kit/caller'
import type { GrpcClient } from '@onus/kit/grpc'
import type { Logger } from '@onus/kit/logging'
import type { DirectoryServiceService } from '@onus/proto/onus/v1/directory'
import type { Given, TicketView } from '@onus/workflows-contract'
import type { SweepPageInput } from '@onus/workflows-ticket/activities'
import type { LeavingActivities, MovedPage, OffboardingReport } from '@onus/workflows-ticket/leaving'
import { heartbeat } from '@temporalio/activity'
import type { Db } from 'mongodb'
import { HolderStore } from '../store/holders.ts'
import type { TicketDocument } from '../store/log.ts'
import { type SendCommand, sweepFilter } from './sweep.ts'

/** Tickets of one page, which a pause has to wait for, and how many are worked at together. */
const PAGE = 50
const TOGETHER = 3
const COMMAND_TIMEOUT_MS = 30_000
/** After each ticket a pause as long as it took, and at most this long: on a busy system there are more. */
const LONGEST_PAUSE_MS = 2_000

export interface LeavingDeps {
  db: Db
  send: SendCommand
  /** Tells the directory how far an off-boarding is. */
  report: (report: OffboardingReport) => Promise<void>
  log: Pick<Logger, 'warn'>
}

/** What moves the tickets of somebody who leaves or is away. */
export function createLeavingActivities({ db, send, report, log }: LeavingDeps): LeavingActivities {
  const tickets = db.collection<TicketDocument>('tickets')
  const holders = new HolderStore(db)

  return {
    countHeld: ({ accountId, agentId }) => holders.heldBy(accountId, agentId),
    reportOffboarding: (input) => report(input),

    async movePage(input) {
      const { accountId, command, sweepId, pass } = input
      const page = await tickets
        .find(sweepFilter(input))
        .project<Pick<TicketDocument, '_id' | 'ticketId' | 'agentId'>>({ ticketId: 1, agentId: 1 })
        .sort({ _id: 1 })
        .limit(PAGE)
        .toArray()
      const result: MovedPage = { tickets: page.length, moved: 0, failures: 0, given: {} }
      let failure: unknown
      const waiting = [...page]
      const worker = async () => {
        for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
          const began = performance.now()
          try {
            const envelope = {
              commandId: `sweep:${sweepId}:${pass}`,
              command,
              authority: { actor: { type: 'system' as const } },
            }
            const deadline = new Date(Date.now() + COMMAND_TIMEOUT_MS)
            const view = await send(accountId, next.ticketId, envelope, { deadline })
            note(result, input, next, view as TicketView)
          } catch (error) {
            failure = error
            result.failures += 1
            log.warn(
              { err: error, accountId, ticketId: next.ticketId, sweepId },
              'could not move a ticket, will try again',
            )
          }
          heartbeat(next._id)
          await sleep(Math.min(performance.now() - began, LONGEST_PAUSE_MS))
        }
      }
      await Promise.all(Array.from({ length: TOGETHER }, worker))
      // When nothing goes at all, this is no matter of single tickets.
      if (page.length > 0 && result.failures === page.length) throw failure
      const last = page.at(-1)
      return page.length < PAGE || last === undefined ? result : { ...result, after: last._id }
    },
  }
}

/** Counts a ticket that this operation moved, and who has it now. */
function note(
  result: MovedPage,
  input: SweepPageInput,
  before: Pick<TicketDocument, 'ticketId' | 'agentId'>,
  { responsibility, sequence }: TicketView,
): void {
  const { agentId, departmentId } = responsibility
  if (agentId === before.agentId || !isOurs(input, responsibility.cause)) return
  result.moved += 1
  if (agentId === null) return
  const given: Given = result.given[agentId] ?? {
    tickets: 0,
    ticketId: before.ticketId,
    departmentId,
    sequence,
  }
  result.given[agentId] = { ...given, tickets: given.tickets + 1 }
}

function isOurs({ command }: SweepPageInput, cause: TicketView['responsibility']['cause']): boolean {
  const { offboardingId, delegation } = command
  if (cause.type === 'offboarding') return cause.offboardingId === offboardingId
  // The only agent who is left has everything, by a cause of its own.
  return cause.type === 'delegation' ? delegation !== undefined : offboardingId !== undefined
}

/** Reports to the directory service. */
export const createReport =
  (directory: Pick<GrpcClient<typeof DirectoryServiceService>, 'reportOffboarding'>) =>
  async ({ accountId, counted, ...report }: OffboardingReport): Promise<void> => {
    const tickets = counted?.reduce((sum, held) => sum + held.tickets, 0)
    await directory.reportOffboarding(
      { ...report, tickets, byDepartment: counted ?? [] },
      { caller: systemCaller(accountId, 'ticket-worker') },
    )
  }
