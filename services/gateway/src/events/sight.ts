import type { Caller } from '@onus/kit/caller'
import { Problem } from '@onus/kit/problems'
import { decideAccess, type Holder } from '@onus/workflows-contract'
import type { FeedEvent } from './feed.ts'

/** What is asked of something that an agent may be told. */
export type Seen = Omit<FeedEvent, 'position' | 'event'>

/** What an agent gets to know of an event. */
export type Sight =
  | 'visible'
  /** The ticket has just left the agent's sight: only that much is told. */
  | 'gone'
  | 'hidden'

/** The part of the directory that visibility asks for. */
export interface Members {
  isMember(agentId: string, departmentId: string): boolean
}

export interface SightDeps {
  /** The account's members as they are now. */
  members(accountId: string): Promise<Members>
  /** Whose a ticket is now, as the caller may see it; rejects with `not-found` when they may not. */
  holder(ticketId: string, caller: Caller): Promise<Holder>
}

/** At most this many tickets' holders are remembered; the longest unused is forgotten first. */
const MAX_HOLDERS = 20_000

/**
 * Decides for each event and each listener. Events come in the order of their ticket, so the holder of a
 * ticket is known from its last change of responsibility; for a ticket that was not seen changing, it is
 * asked for once.
 */
export class EventSight {
  readonly #deps: SightDeps
  readonly #holders = new Map<string, Holder>()

  constructor(deps: SightDeps) {
    this.#deps = deps
  }

  /** Takes note of whose a ticket has become. */
  note({ accountId, ticketId, after }: FeedEvent): void {
    if (!after) return
    const key = `${accountId}:${ticketId}`
    this.#holders.delete(key)
    this.#holders.set(key, after)
    const oldest = this.#holders.keys().next().value
    if (this.#holders.size > MAX_HOLDERS && oldest !== undefined) this.#holders.delete(oldest)
  }

  async of(entry: Seen, caller: Caller): Promise<Sight> {
    if (entry.accountId !== caller.accountId) return 'hidden'
    if (entry.kind === 'notification') return entry.recipientId === caller.id ? 'visible' : 'hidden'
    const members = await this.#deps.members(entry.accountId)
    const sees = (holder: Holder): boolean =>
      decideAccess('see', {
        role: caller.role ?? 'agent',
        member: members.isMember(caller.id, holder.departmentId),
        responsible: holder.agentId === caller.id,
        membersMayTakeOver: false,
        scopes: caller.scopes,
        active: true,
      }) === 'allowed'
    const holder = await this.#holderOf(entry, caller)
    if (holder && sees(holder)) return 'visible'
    return entry.before && sees(entry.before) ? 'gone' : 'hidden'
  }

  async #holderOf(entry: Seen, caller: Caller): Promise<Holder | null> {
    const known = entry.after ?? this.#holders.get(`${entry.accountId}:${entry.ticketId}`)
    if (known) return known
    try {
      return await this.#deps.holder(entry.ticketId, caller)
    } catch (error) {
      if (error instanceof Problem && (error.status === 404 || error.status === 403)) return null
      throw error
    }
  }
}
