import type { Caller } from '@onus/kit/caller'
import type { Clock } from '@onus/kit/clock'
import type { DirectoryView } from '@onus/kit/directory'
import { Problem, problems, type Reason } from '@onus/kit/problems'
import type { TicketView } from '@onus/workflows-contract'
import { activeAgent, departmentIdsOf } from '../domain/visibility.ts'
import type { TicketDocument } from '../store/log.ts'
import type { NextAttemptStore } from '../store/next-attempts.ts'
import type { ListedTicket, TicketStore } from '../store/tickets.ts'
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
  items: ListedTicket[]
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
): Promise<ListedTicket[]> {
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

/** A ticket to try, kept from the others of this process until it is let go. */
interface Candidate {
  ticketId: string
  letGo(): void
}

type NextCall = CommandCall & { traceparent?: string }

/**
 * Hands out tickets, one to each who asks. The claim decides who gets a ticket; that nobody else of this
 * process is sent to a ticket while somebody tries to claim it only saves lost claims.
 */
export class NextToSolve {
  readonly #deps: ToSolveDeps
  /** By ticket: settles when the try that is on its way has ended. */
  readonly #tried = new Map<string, Promise<void>>()

  constructor(deps: ToSolveDeps) {
    this.#deps = deps
  }

  /** The next ticket for an agent, theirs; null when there is none. The same key gets the same ticket. */
  async next(
    caller: Caller,
    directory: DirectoryView,
    key: string,
    call: NextCall,
  ): Promise<{ ticket: TicketDocument; view?: TicketView } | null> {
    const { attempts, clock } = this.#deps
    const { accountId } = caller
    activeAgent(caller, directory)
    const commandId = commandIdOf(caller, 'next', '', key)
    const lost = new Set<string>()
    for (let n = 0; Date.now() < call.deadline.getTime() && !call.signal?.aborted; n++) {
      const earlier = await attempts.find(accountId, commandId, n)
      const candidate = earlier === null ? await this.#candidate(caller, directory, lost) : undefined
      if (candidate === null) return null
      try {
        const ticketId = candidate
          ? await attempts.settle(accountId, commandId, n, candidate.ticketId, clock())
          : (earlier as string)
        const won = await this.#claim(caller, ticketId, commandId, call)
        if (won) return won
        lost.add(ticketId)
      } finally {
        candidate?.letGo()
      }
    }
    throw problems.unavailable('There was no time to claim a ticket. A repeat with the same key is safe.')
  }

  /** The most pressing ticket that was not lost yet, and that nobody here is trying to claim. */
  async #candidate(caller: Caller, directory: DirectoryView, lost: Set<string>): Promise<Candidate | null> {
    for (;;) {
      const items = await firstToSolve(this.#deps.tickets, caller, directory, BATCH + lost.size)
      const open = items.filter(({ ticketId }) => !lost.has(ticketId))
      const free = open.filter((ticket) => ticket.agentId === caller.id || !this.#tried.has(ticket._id))
      const [first] = free
      // Nothing may be awaited between the look at the others' tries and the own one.
      if (first) return this.#keep(pick(free, first, lost.size > 0))
      if (open.length === 0) return null
      // All that is left is being tried: one of those claims may fail.
      await Promise.race(open.map((ticket) => this.#tried.get(ticket._id)))
    }
  }

  #keep({ _id, ticketId, agentId }: ListedTicket): Candidate {
    if (agentId !== null) return { ticketId, letGo: () => {} }
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#tried.set(_id, promise)
    const letGo = () => {
      this.#tried.delete(_id)
      resolve()
    }
    return { ticketId, letGo }
  }

  /** The ticket, when it is the caller's already or this claim makes it theirs; null when it is lost. */
  async #claim(
    caller: Caller,
    ticketId: string,
    commandId: string,
    call: NextCall,
  ): Promise<{ ticket: TicketDocument; view?: TicketView } | null> {
    const { tickets, commands } = this.#deps
    const ticket = await tickets.find(caller.accountId, ticketId)
    if (!ticket) return null
    if (ticket.agentId === caller.id) return { ticket }
    const envelope = {
      commandId: `${commandId}-${ticketId}`,
      command: { type: 'claim' as const },
      authority: authorityOf(caller),
      ...(call.traceparent && { traceparent: call.traceparent }),
    }
    try {
      return { ticket, view: await commands.execute(ticket.accountId, ticketId, envelope, call) }
    } catch (error) {
      if (error instanceof Problem && LOST.has(error.reason)) return null
      throw error
    }
  }
}

/** The first one, or, for somebody who has lost before, any of those that press as much. */
function pick(free: ListedTicket[], first: ListedTicket, spread: boolean): ListedTicket {
  if (!spread || first.agentId !== null) return first
  const { priorityRank, dueAt } = first
  const equals = free.filter(
    (ticket) => ticket.agentId === null && ticket.priorityRank === priorityRank && ticket.dueAt === dueAt,
  )
  return equals[Math.floor(Math.random() * Math.min(equals.length, SPREAD))] ?? first
}
