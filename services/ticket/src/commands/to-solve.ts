import type { Caller } from '@onus/kit/caller'
import type { Clock } from '@onus/kit/clock'
import type { DirectoryView } from '@onus/kit/directory'
import { Problem, problems, type Reason } from '@onus/kit/problems'
import type { TicketView } from '@onus/workflows-contract'
import { activeAgent, departmentIdsOf } from '../domain/visibility.ts'
import type { TicketDocument } from '../store/log.ts'
import type { NextAttemptStore } from '../store/next-attempts.ts'
import type { TicketStore } from '../store/tickets.ts'
import { authorityOf, commandIdOf } from './identity.ts'
import type { CommandCall, TicketCommands } from './ticket-commands.ts'

export interface ToSolveDeps {
  tickets: TicketStore
  commands: Pick<TicketCommands, 'execute'>
  attempts: NextAttemptStore
  clock: Clock
}

export interface ToSolve {
  assignedToMe: number
  unassigned: number
  items: TicketDocument[]
}

/** What an agent could do next: counts, and the first tickets in order. */
export async function readToSolve(
  deps: Pick<ToSolveDeps, 'tickets'>,
  caller: Caller,
  directory: DirectoryView,
  limit: number,
): Promise<ToSolve> {
  const { tickets } = deps
  const { accountId } = caller
  const agent = activeAgent(caller, directory)
  const departmentIds = departmentIdsOf(agent.id, directory)
  const routed = directory.settings.routeAssignedToMe
  const [assignedToMe, unassigned, items] = await Promise.all([
    routed ? tickets.countAssignedTo(accountId, agent.id) : 0,
    tickets.countUnassigned(accountId, departmentIds),
    firstToSolve(tickets, caller, directory, limit),
  ])
  return { assignedToMe, unassigned, items }
}

/** The first tickets in the order of To solve; of two that are equal, the agent's own comes first. */
async function firstToSolve(
  tickets: TicketStore,
  caller: Caller,
  directory: DirectoryView,
  limit: number,
): Promise<TicketDocument[]> {
  const { accountId, id } = caller
  const [mine, free] = await Promise.all([
    directory.settings.routeAssignedToMe ? tickets.assignedTo(accountId, id, limit) : [],
    tickets.unassigned(accountId, departmentIdsOf(id, directory), limit),
  ])
  const order = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0)
  return [...mine, ...free].sort((a, b) => order(a.toSolveKey, b.toSolveKey)).slice(0, limit)
}

/** Candidates that are read at once. */
const BATCH = 50
/** Somebody who lost takes one of so many that press equally, so that the losers do not meet again. */
const SPREAD = 8

/** Refusals of a claim after which the next ticket is tried. */
const LOST: ReadonlySet<Reason> = new Set([
  'already-claimed',
  'not-unassigned',
  'not-found',
  'forbidden',
  'wrong-status',
])

/**
 * Hands out tickets, one to each who asks. The claim decides who gets a ticket; that nobody else of this
 * process is sent to a ticket while a claim of it is on its way only saves lost claims.
 */
export class NextToSolve {
  readonly #deps: ToSolveDeps
  /** By ticket: whether the claim that is on its way has won. */
  readonly #claims = new Map<string, Promise<boolean>>()

  constructor(deps: ToSolveDeps) {
    this.#deps = deps
  }

  /** The next ticket for an agent, theirs; null when there is none. The same key gets the same ticket. */
  async next(
    caller: Caller,
    directory: DirectoryView,
    key: string,
    call: CommandCall & { traceparent?: string },
  ): Promise<{ ticket: TicketDocument; view?: TicketView } | null> {
    const { attempts, tickets, clock } = this.#deps
    const { accountId } = caller
    activeAgent(caller, directory)
    const commandId = commandIdOf(caller, 'next', '', key)
    const lost = new Set<string>()
    for (let n = 0; Date.now() < call.deadline.getTime() && !call.signal?.aborted; n++) {
      const earlier = await attempts.find(accountId, commandId, n)
      const candidate = earlier ?? (await this.#candidate(caller, directory, lost))
      if (candidate === null) return null
      const ticketId = earlier ?? (await attempts.settle(accountId, commandId, n, candidate, clock()))
      const ticket = await tickets.find(accountId, ticketId)
      if (ticket?.agentId === caller.id && !lost.has(ticketId)) return { ticket }
      const view = ticket && (await this.#claim(caller, ticket, commandId, call))
      if (view) return { ticket, view }
      lost.add(ticketId)
    }
    throw problems.unavailable('There was no time to claim a ticket. A repeat with the same key is safe.')
  }

  /** The most pressing ticket that was not lost yet, and that nobody here is claiming right now. */
  async #candidate(caller: Caller, directory: DirectoryView, lost: Set<string>): Promise<string | null> {
    for (;;) {
      const items = await firstToSolve(this.#deps.tickets, caller, directory, BATCH + lost.size)
      const open = items.filter(({ ticketId }) => !lost.has(ticketId))
      const free = open.filter((ticket) => ticket.agentId === caller.id || !this.#claims.has(ticket._id))
      const [first] = free
      if (first) return this.#pick(free, first, lost.size > 0).ticketId
      if (open.length === 0) return null
      // All that is left is being claimed: one of those claims may fail.
      await Promise.race(open.map((ticket) => this.#claims.get(ticket._id)))
    }
  }

  #pick(free: TicketDocument[], first: TicketDocument, spread: boolean): TicketDocument {
    if (!spread || first.agentId !== null) return first
    const equals = free.filter(
      (ticket) =>
        ticket.agentId === null && ticket.priorityRank === first.priorityRank && ticket.dueAt === first.dueAt,
    )
    return equals[Math.floor(Math.random() * Math.min(equals.length, SPREAD))] ?? first
  }

  async #claim(
    caller: Caller,
    ticket: TicketDocument,
    commandId: string,
    call: CommandCall & { traceparent?: string },
  ): Promise<TicketView | null> {
    const claim = this.#send(caller, ticket, commandId, call)
    const won = claim.then(
      (view) => view !== null,
      () => false,
    )
    this.#claims.set(ticket._id, won)
    try {
      return await claim
    } finally {
      if (this.#claims.get(ticket._id) === won) this.#claims.delete(ticket._id)
    }
  }

  async #send(
    caller: Caller,
    ticket: TicketDocument,
    commandId: string,
    call: CommandCall & { traceparent?: string },
  ): Promise<TicketView | null> {
    const envelope = {
      commandId: `${commandId}-${ticket.ticketId}`,
      command: { type: 'claim' as const },
      authority: authorityOf(caller),
      ...(call.traceparent && { traceparent: call.traceparent }),
    }
    try {
      return await this.#deps.commands.execute(ticket.accountId, ticket.ticketId, envelope, call)
    } catch (error) {
      if (error instanceof Problem && LOST.has(error.reason)) return null
      throw error
    }
  }
}
