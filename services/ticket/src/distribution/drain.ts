import { randomUUID } from 'node:crypto'
import { asProblem } from '@onus/kit/errors'
import { meter } from '@onus/kit/telemetry'
import type { CommandEnvelope, TicketView } from '@onus/workflows-contract'
import type { DrainActivities, DrainPageInput, DrainPageResult } from '@onus/workflows-ticket/activities'
import { chooseAgent, nextChange, strategyOf } from '@onus/workflows-ticket/domain/distribution'
import type { DepartmentFacts, DirectoryFacts } from '@onus/workflows-ticket/domain/facts'
import { heartbeat } from '@temporalio/activity'
import type { Collection, Db, Filter } from 'mongodb'
import type { TicketDocument } from '../store/log.ts'
import type { Backlog } from './distributor.ts'
import { loadsOf, type SlotStore } from './slots.ts'
import type { TurnsStore } from './turns.ts'

/** Tickets that one page gives out at most, and how long it takes: then other departments have their turn. */
const PAGE = 50
const PAGE_MS = 5_000
const COMMAND_TIMEOUT_MS = 30_000
/** Tickets of a backlog that are looked at in one page, where only some can be given to somebody. */
const LOOKED_AT = 1_000
/** Tickets that newer ones wait behind. */
const OLDEST = 50
/** However quiet it is, a backlog is looked at this often: whatever was missed is found. */
const LOOK_AGAIN_MS = 5 * 60_000

const drained = meter.createCounter('onus.distribution.drained', {
  description: 'Tickets of a backlog that the drain gave to somebody',
})

export interface DrainDeps {
  db: Db
  directory(accountId: string): Promise<DirectoryFacts>
  slots: SlotStore
  turns: TurnsStore
  /** Sends one command to one ticket. */
  send(
    accountId: string,
    ticketId: string,
    envelope: CommandEnvelope,
    call: { deadline: Date },
  ): Promise<Pick<TicketView, 'responsibility'>>
  now?: () => Date
}

type Waiting = Pick<TicketDocument, '_id' | 'ticketId'> & {
  state: Pick<TicketDocument['state'], 'requiredSkills'>
}

/** Which tickets of a department wait for its distribution. */
const backlogFilter = (
  accountId: string,
  departmentId: string,
  on: readonly string[],
): Filter<TicketDocument> => ({
  accountId,
  departmentId,
  awaits: { $in: ['any', ...on] },
})

export function createBacklog(db: Db): Backlog {
  const tickets: Collection<TicketDocument> = db.collection('tickets')
  return {
    async oldest(accountId, departmentId, on, besides) {
      const waiting = await tickets
        .find(backlogFilter(accountId, departmentId, on))
        .project<Waiting>({ ticketId: 1, 'state.requiredSkills': 1 })
        .sort({ createdAt: 1, _id: 1 })
        .limit(OLDEST)
        .toArray()
      return waiting
        .filter(({ ticketId }) => ticketId !== besides)
        .map(({ state }) => state?.requiredSkills ?? [])
    },
  }
}

/**
 * One page of a department's backlog, oldest first, until nobody can get another. Each ticket is asked to
 * decide again by the facts of then; what is decided here only saves asking in vain.
 */
export function createDrainPage(deps: DrainDeps): DrainActivities['drainPage'] {
  const { slots, turns, now = () => new Date() } = deps
  const tickets: Collection<TicketDocument> = deps.db.collection('tickets')

  const oldest = (filter: Filter<TicketDocument>) =>
    tickets
      .find(filter)
      .project<Waiting>({ ticketId: 1, 'state.requiredSkills': 1 })
      .sort({ createdAt: 1, _id: 1 })
      .limit(LOOKED_AT)
      .toArray()

  return async function drainPage(input: DrainPageInput): Promise<DrainPageResult> {
    const { accountId, departmentId, because } = input
    const found = await departmentOf(deps, accountId, departmentId)
    if (found === null) return { given: 0, more: false, waiting: false }
    const { directory, department } = found
    const members = directory.membersOf(departmentId).map(({ id }) => id)
    // Who joins, or whose department begins to distribute, was not counted until now.
    if (because.includes('directory')) await slots.refresh(accountId, members, now().getTime())

    const on = department.distribution?.on ?? []
    const filter = backlogFilter(accountId, departmentId, on)
    const waiting = await oldest(filter)
    const end = Date.now() + PAGE_MS
    let given = 0
    let left = waiting.length
    for (const [at, ticket] of waiting.entries()) {
      if (given >= PAGE || Date.now() > end) return { given, more: true, waiting: true }
      const { state } = ticket
      const requiredSkills = state?.requiredSkills ?? []
      const loads = loadsOf(await slots.read(accountId, members, now().getTime()), ticket.ticketId)
      const question = { directory, department, now: now(), loads, turns: {} }
      if (chooseAgent({ ...question, requiredSkills }).agentId === null) {
        if (chooseAgent({ ...question, requiredSkills: [] }).agentId === null) break
        continue
      }
      const taken = await recheck(deps, accountId, ticket.ticketId)
      heartbeat({ departmentId, given, left: waiting.length - at })
      if (taken) {
        given += 1
        left -= 1
        drained.add(1)
      }
    }
    if (left === 0) return { given, ...(await nothingWaits(filter, input)) }
    await mark(input, now().getTime())
    return { given, more: false, waiting: true, lookAgainAt: lookAgainAt(directory, department, now()) }
  }

  /** Says that nothing waits. A ticket that came meanwhile has seen that something does, and is found here. */
  async function nothingWaits(
    filter: Filter<TicketDocument>,
    input: DrainPageInput,
  ): Promise<Pick<DrainPageResult, 'more' | 'waiting'>> {
    await mark(input, null)
    const [late] = await oldest(filter)
    if (late === undefined) return { more: false, waiting: false }
    await mark(input, now().getTime())
    return { more: true, waiting: true }
  }

  async function mark({ accountId, departmentId }: DrainPageInput, since: number | null): Promise<void> {
    for (;;) {
      const turn = await turns.read(accountId, departmentId)
      if ((turn.backlogSince === null) === (since === null)) return
      if (await turns.markBacklog(turn, since)) return
    }
  }
}

/** The department, when it distributes. */
async function departmentOf(
  deps: DrainDeps,
  accountId: string,
  departmentId: string,
): Promise<{ directory: DirectoryFacts; department: DepartmentFacts } | null> {
  try {
    const directory = await deps.directory(accountId)
    const department = directory.department(departmentId)
    return department === undefined || strategyOf(department) === null ? null : { directory, department }
  } catch (error) {
    // The account is gone, and what waits with it.
    if (asProblem(error).reason === 'not-found') return null
    throw error
  }
}

/** Whether the ticket is somebody's now. */
async function recheck({ send }: DrainDeps, accountId: string, ticketId: string): Promise<boolean> {
  const envelope: CommandEnvelope = {
    // Each asks anew: what was refused before may be possible now.
    commandId: `drain:${randomUUID()}`,
    command: { type: 'recheck', because: 'distribution' },
    authority: { actor: { type: 'system' } },
  }
  try {
    const deadline = new Date(Date.now() + COMMAND_TIMEOUT_MS)
    const { responsibility } = await send(accountId, ticketId, envelope, { deadline })
    return responsibility.agentId !== null
  } catch (error) {
    if (asProblem(error).reason === 'not-found') return false
    throw error
  }
}

function lookAgainAt(directory: DirectoryFacts, department: DepartmentFacts, now: Date): string {
  const latest = new Date(now.getTime() + LOOK_AGAIN_MS).toISOString()
  const change = nextChange(directory, department, now)
  return change === null || change > latest ? latest : change
}
