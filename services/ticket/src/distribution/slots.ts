import { isDuplicateKey } from '@onus/kit/mongo'
import type { TicketState } from '@onus/workflows-contract'
import type { Load } from '@onus/workflows-ticket/domain/distribution'
import { applyCommit } from '@onus/workflows-ticket/domain/evolve'
import type { Collection, Db } from 'mongodb'
import { NEEDS_SOMEBODY } from '../domain/to-solve.ts'
import { createTicketLog, type TicketDocument, type TicketLog } from '../store/log.ts'

/**
 * How many tickets somebody has: one document for an agent, with the ids of the tickets that count against
 * the capacity. A ticket gets its place there before the log says whose it is, by a write that is guarded by
 * the document's revision: two tickets at once never take the same last place. What the log then says is
 * brought in by the commit; what a dead process left behind is found when the document is read again.
 */
export interface SlotsDocument {
  /** `<accountId>:<agentId>` */
  _id: string
  accountId: string
  agentId: string
  /** Ids of the tickets in `new` or `open` that the agent has, or is about to get. */
  tickets: string[]
  /** Those that the agent is about to get. */
  held: { ticketId: string; at: number }[]
  /** Number of changes. */
  rev: number
  /** When distribution gave the agent a ticket last; 0: never. */
  lastGivenAt: number
  /** When it is compared with the tickets again; 0: it never was. */
  checkAt: number
}

/** Nobody's commit takes as long as this: a place that is held longer is not about to be taken any more. */
const HELD_MS = 60_000
/** How long a comparison with the tickets is good for. */
const CHECKED_MS = 5 * 60_000
/** The first one may have missed what was under way, so the second one comes soon. */
const FIRST_CHECKED_MS = 30_000

/** A comparison that is as young as this is not made again. */
const FRESH_MS = 15_000

const COUNTED: readonly string[] = NEEDS_SOMEBODY
const slotsKey = (accountId: string, agentId: string): string => `${accountId}:${agentId}`

/** Whose capacity a ticket counts against; null: nobody's. */
export const countsFor = (state: TicketState | null): string | null =>
  state !== null && COUNTED.includes(state.status) ? state.responsibility.agentId : null

export class SlotStore {
  readonly #slots: Collection<SlotsDocument>
  readonly #tickets: Collection<TicketDocument>
  readonly #log: TicketLog

  constructor(db: Db) {
    this.#slots = db.collection<SlotsDocument>('slots')
    this.#tickets = db.collection<TicketDocument>('tickets')
    this.#log = createTicketLog(db)
  }

  /** What these agents have; compared with the tickets first, where that is due. */
  async read(
    accountId: string,
    agentIds: readonly string[],
    now: number,
  ): Promise<Map<string, SlotsDocument>> {
    const found = await this.#find(accountId, agentIds)
    const due = agentIds.filter((id) => isDue(found.get(id), now))
    if (due.length === 0) return found
    await this.check(accountId, due, now, found)
    return await this.#find(accountId, agentIds)
  }

  /** Compares those with the tickets that were not compared just now. */
  async refresh(accountId: string, agentIds: readonly string[], now: number): Promise<void> {
    const found = await this.#find(accountId, agentIds)
    const old = (id: string) => (found.get(id)?.checkAt ?? 0) < now + CHECKED_MS - FRESH_MS
    const due = agentIds.filter(old)
    if (due.length > 0) await this.check(accountId, due, now, found)
  }

  /** Keeps a place for a ticket; false when the document has changed since it was read. */
  async hold({ _id, rev }: SlotsDocument, ticketId: string, now: number): Promise<boolean> {
    const { matchedCount } = await this.#slots.updateOne(
      { _id, rev },
      {
        $addToSet: { tickets: ticketId },
        $push: { held: { ticketId, at: now } },
        $set: { lastGivenAt: now },
        $inc: { rev: 1 },
      },
    )
    return matchedCount === 1
  }

  /** The log says that the ticket counts for this agent. */
  async add(accountId: string, agentId: string, ticketId: string): Promise<void> {
    const _id = slotsKey(accountId, agentId)
    const update = () =>
      this.#slots.updateOne(
        { _id },
        { $addToSet: { tickets: ticketId }, $pull: { held: { ticketId } }, $inc: { rev: 1 } },
      )
    const { matchedCount } = await update()
    if (matchedCount > 0) return
    await this.#create(accountId, agentId)
    await update()
  }

  /** The ticket does not count for this agent, or not any more. */
  async remove(accountId: string, agentId: string, ticketId: string): Promise<void> {
    await this.#slots.updateOne(
      { _id: slotsKey(accountId, agentId) },
      { $pull: { tickets: ticketId, held: { ticketId } }, $inc: { rev: 1 } },
    )
  }

  /**
   * Compares with the tickets. Where a document and the summaries differ, the ticket's log decides. Only a
   * document that did not change meanwhile is put right; another one is compared again when it is read.
   */
  async check(
    accountId: string,
    agentIds: readonly string[],
    now: number,
    known?: ReadonlyMap<string, SlotsDocument>,
  ): Promise<void> {
    const missing = agentIds.filter((id) => known?.get(id) === undefined)
    await Promise.all(missing.map((id) => this.#create(accountId, id)))
    // Read before the tickets: what changes from here on keeps the result from being written.
    const before = await this.#find(accountId, agentIds)
    const summaries = await this.#tickets
      .find({ accountId, agentId: { $in: [...agentIds] }, status: { $in: [...NEEDS_SOMEBODY] } })
      .project<Pick<TicketDocument, 'ticketId' | 'agentId'>>({ ticketId: 1, agentId: 1 })
      .toArray()
    const counted = new Map(agentIds.map((id) => [id, new Set<string>()]))
    for (const { ticketId, agentId } of summaries) counted.get(agentId ?? '')?.add(ticketId)
    for (const slots of before.values())
      await this.#repair(slots, counted.get(slots.agentId) ?? new Set(), now)
  }

  async #repair(slots: SlotsDocument, counted: ReadonlySet<string>, now: number): Promise<void> {
    const { _id, rev, checkAt, accountId, agentId } = slots
    const first = checkAt === 0
    const held = slots.held.filter(({ at }) => at > now - HELD_MS)
    const tickets = new Set(slots.tickets)
    const about = new Set(held.map(({ ticketId }) => ticketId))
    for (const ticketId of counted)
      if (!tickets.has(ticketId) && (first || (await this.#holderOf(accountId, ticketId)) === agentId))
        tickets.add(ticketId)
    for (const ticketId of slots.tickets)
      if (
        !counted.has(ticketId) &&
        !about.has(ticketId) &&
        (await this.#holderOf(accountId, ticketId)) !== agentId
      )
        tickets.delete(ticketId)
    await this.#slots.updateOne(
      { _id, rev },
      {
        $set: { tickets: [...tickets], held, checkAt: now + (first ? FIRST_CHECKED_MS : CHECKED_MS) },
        $inc: { rev: 1 },
      },
    )
  }

  /** Whose capacity the ticket counts against by its log. */
  async #holderOf(accountId: string, ticketId: string): Promise<string | null> {
    const summary = await this.#log.summary(accountId, ticketId)
    let state = summary?.state ?? null
    for (const document of await this.#log.readFrom(accountId, ticketId, (state?.commandNumber ?? 0) + 1))
      state = applyCommit(state, document, { accountId, ticketId })
    return countsFor(state)
  }

  async #find(accountId: string, agentIds: readonly string[]): Promise<Map<string, SlotsDocument>> {
    const documents = await this.#slots
      .find({ _id: { $in: agentIds.map((id) => slotsKey(accountId, id)) } })
      .toArray()
    return new Map(documents.map((document) => [document.agentId, document]))
  }

  async #create(accountId: string, agentId: string): Promise<void> {
    const _id = slotsKey(accountId, agentId)
    try {
      await this.#slots.insertOne({
        _id,
        accountId,
        agentId,
        tickets: [],
        held: [],
        rev: 0,
        lastGivenAt: 0,
        checkAt: 0,
      })
    } catch (error) {
      if (!isDuplicateKey(error)) throw error
    }
  }
}

const isDue = (slots: SlotsDocument | undefined, now: number): boolean =>
  slots === undefined || slots.checkAt <= now || slots.held.some(({ at }) => at <= now - HELD_MS)

/** What everybody has; the ticket itself does not count. */
export function loadsOf(taken: ReadonlyMap<string, SlotsDocument>, ticketId: string): Map<string, Load> {
  return new Map(
    [...taken].map(([agentId, { tickets, lastGivenAt }]) => [
      agentId,
      { tickets: tickets.filter((id) => id !== ticketId).length, lastGivenAt },
    ]),
  )
}
