import { meter } from '@onus/kit/telemetry'
import type { DrainWake } from '@onus/workflows-contract'
import {
  chooseAgent,
  distributes,
  isCounted,
  reasonForNobody,
  strategyOf,
} from '@onus/workflows-ticket/domain/distribution'
import type { Choice, DirectoryFacts, SkillFacts } from '@onus/workflows-ticket/domain/facts'
import { KeyedQueue } from '../commands/keyed-queue.ts'
import { loadsOf, type SlotStore, type SlotsDocument } from './slots.ts'
import type { TurnsStore } from './turns.ts'

/** What is asked: who gets this ticket, by this department's distribution? */
export interface Request {
  accountId: string
  ticketId: string
  departmentId: string
  occasion: string
  requiredSkills: readonly SkillFacts[]
  /** The same decision, made again after something went wrong, gets the same answer. */
  decision: string
  directory: DirectoryFacts
  now: Date
}

/** The tickets of a department that wait for its distribution. */
export interface Backlog {
  /** What the oldest of them require, besides this one. */
  oldest(
    accountId: string,
    departmentId: string,
    on: readonly string[],
    besides: string,
  ): Promise<(readonly SkillFacts[])[]>
}

export interface DistributorDeps {
  slots: SlotStore
  turns: TurnsStore
  backlog: Backlog
  /** Lets the department's drain look again; it is certain when it answers. */
  wake(accountId: string, departmentId: string, wake: DrainWake): Promise<void>
}

/** Chosen by somebody else meanwhile: so many times it is tried again. */
const ATTEMPTS = 100
/** Choices of one department that wait for each other in this process. */
const MAX_WAITING = 10_000

const choices = meter.createCounter('onus.distribution.choices', {
  description: 'Tickets that distribution gave to somebody, or to nobody, by strategy and outcome',
})
const contended = meter.createCounter('onus.distribution.contended', {
  description: 'Choices that were made again because somebody else chose at the same time',
})

/**
 * Chooses, and keeps the place. Choices of one department are made one after the other here; against other
 * processes the revisions of the documents stand guard.
 */
export class Distributor {
  readonly #deps: DistributorDeps
  readonly #lanes = new KeyedQueue({ concurrency: 1, maxWaiting: MAX_WAITING })

  constructor(deps: DistributorDeps) {
    this.#deps = deps
  }

  async choose(request: Request): Promise<Choice> {
    return await this.#lanes.run(`${request.accountId}:${request.departmentId}`, async () => {
      for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
        const choice = await this.#attempt(request)
        if (choice !== null) return choice
        contended.add(1)
      }
      throw new Error(
        `the distribution of department ${request.departmentId} is chosen from too often at once`,
      )
    })
  }

  /** Null when somebody else chose at the same time. */
  async #attempt(request: Request): Promise<Choice | null> {
    const { accountId, ticketId, departmentId, directory, now, requiredSkills, decision, occasion } = request
    const department = directory.department(departmentId)
    const strategy = strategyOf(department)
    if (department === undefined || strategy === null) return { agentId: null, candidates: [] }
    const { slots, turns } = this.#deps
    const members = directory.membersOf(departmentId).map(({ id }) => id)
    const [turn, taken] = await Promise.all([
      turns.read(accountId, departmentId),
      slots.read(accountId, members, now.getTime()),
    ])
    const before = turn.given.findLast((given) => given.decision === decision)?.agentId
    // A turn that was taken is kept. Who had the least when a place was not kept, may have more by now.
    const kept = before !== undefined && taken.get(before)?.tickets.includes(ticketId) === true
    const preferred = kept || strategy === 'round_robin' || strategy === 'weighted' ? before : undefined
    const chosen = chooseAgent({
      directory,
      department,
      now,
      requiredSkills,
      loads: loadsOf(taken, ticketId),
      turns: turn,
      ...(preferred === undefined ? {} : { preferred }),
    })
    const { agentId, candidates } = chosen
    if (agentId === null) {
      const reason = reasonForNobody(candidates)
      if (occasion !== 'drain') choices.add(1, { strategy, outcome: 'nobody', reason })
      return { agentId: null, candidates }
    }
    if (turn.backlogSince !== null && (await this.#mustQueue(request, taken)))
      return { agentId: null, candidates, queued: true }
    const place = taken.get(agentId)
    if (place === undefined) return null
    if (agentId !== preferred && !(await turns.take(turn, chosen.turns, decision, agentId))) return null
    if (!(await this.#hold(place, request))) return null
    choices.add(1, { strategy, outcome: 'chosen' })
    return { agentId, candidates, strategy }
  }

  async #hold(place: SlotsDocument, { ticketId, now }: Request): Promise<boolean> {
    return place.tickets.includes(ticketId) || (await this.#deps.slots.hold(place, ticketId, now.getTime()))
  }

  /**
   * Newer work does not go before what waits already and somebody can get: the drain gives that out, and this
   * one in its turn. What the drain would not take is not queued.
   */
  async #mustQueue(request: Request, taken: ReadonlyMap<string, SlotsDocument>): Promise<boolean> {
    const { accountId, ticketId, departmentId, occasion, directory, now } = request
    const department = directory.department(departmentId)
    if (department === undefined || !distributes(department, occasion)) return false
    const on = department.distribution?.on ?? []
    const waiting = await this.#deps.backlog.oldest(accountId, departmentId, on, ticketId)
    const kinds = new Map(waiting.map((skills) => [JSON.stringify(skills), skills]))
    const loads = loadsOf(taken, ticketId)
    return [...kinds.values()].some(
      (requiredSkills) =>
        chooseAgent({ directory, department, now, requiredSkills, loads, turns: {} }).agentId !== null,
    )
  }

  /**
   * A ticket waits in this department for somebody who can get it. That the drain runs is certain before
   * anybody relies on it.
   * @param now somebody could get it, if others did not wait longer: the drain has work
   */
  async waits(accountId: string, departmentId: string, at: number, now: boolean): Promise<void> {
    const { turns, wake } = this.#deps
    if (now) await wake(accountId, departmentId, { because: 'backlog' })
    for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
      const turn = await turns.read(accountId, departmentId)
      if (turn.backlogSince !== null) return
      await wake(accountId, departmentId, { because: 'backlog' })
      if (await turns.markBacklog(turn, at)) return
    }
  }

  /** Somebody has room: the departments where tickets wait for them look again. */
  async roomMade(accountId: string, agentId: string, directory: DirectoryFacts): Promise<void> {
    const departmentIds = (directory.agent(agentId)?.memberships ?? [])
      .map(({ departmentId }) => departmentId)
      .filter((id) => strategyOf(directory.department(id)) !== null)
    if (departmentIds.length === 0) return
    for (const departmentId of await this.#deps.turns.withBacklog(accountId, departmentIds))
      await this.#deps.wake(accountId, departmentId, { because: 'room' })
  }

  /** What the log says now: for whom the ticket counts, for whom it does not any more, and who does not get it. */
  async settle(change: {
    accountId: string
    ticketId: string
    from: string | null
    to: string | null
    held: readonly string[]
    directory: DirectoryFacts
  }): Promise<void> {
    const { accountId, ticketId, from, to, held, directory } = change
    const { slots } = this.#deps
    const released = new Set(held)
    if (from !== null && isCounted(directory, from)) released.add(from)
    if (to !== null) released.delete(to)
    const writes = [...released].map((agentId) => slots.remove(accountId, agentId, ticketId))
    const isNew = to !== null && (held.includes(to) || (to !== from && isCounted(directory, to)))
    if (to !== null && isNew) writes.push(slots.add(accountId, to, ticketId))
    await Promise.all(writes)
  }
}
