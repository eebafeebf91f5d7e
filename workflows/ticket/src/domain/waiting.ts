import type { Entry, Holder, TicketState } from '@onus/workflows-contract'

/** What a ticket that is nobody's waits for: to be taken by somebody, or to be given to somebody. */

type Waits = Pick<TicketState, 'awaits' | 'noEligibleAgent'>

/**
 * What made a ticket nobody's that distribution may give to somebody: that it is new, reopened or transferred.
 * `any`: distribution was to give it to somebody already, and found nobody. Null: it waits for no distribution.
 */
export function awaitedBy(state: TicketState): string | null {
  const needed = state.status === 'new' || state.status === 'open'
  if (!needed || state.responsibility.agentId !== null) return null
  return state.noEligibleAgent === undefined ? (state.awaits ?? null) : 'any'
}

/** What it waits for after its holder changed. What somebody released, or lost by leaving, is for people to take. */
export function waitsAfterChange(before: TicketState, entry: Entry, to: Holder): Waits {
  return { awaits: awaitsAfterChange(before, entry, to), noEligibleAgent: undefined }
}

function awaitsAfterChange(before: TicketState, entry: Entry, to: Holder): string | undefined {
  if (to.agentId !== null) return undefined
  const { revision, departmentId } = before.responsibility
  if (revision === 0) return 'new'
  if (entry.cause.type === 'distribution') return before.awaits
  if (entry.cause.type === 'reopen_policy') return 'reopened'
  return departmentId === to.departmentId ? undefined : 'transferred'
}

/** What it waits for after an entry that leaves the holder as it is. */
export function waitsAfter(state: TicketState, entry: Entry): Waits {
  const { awaits, noEligibleAgent } = state
  if (entry.type === 'reopened' && state.responsibility.agentId === null)
    return { awaits: 'reopened', noEligibleAgent }
  if (entry.type !== 'distribution.no_eligible_agent') return { awaits, noEligibleAgent }
  const { occasion, reason } = entry.details ?? {}
  const since = noEligibleAgent?.since ?? entry.at
  return {
    awaits: awaits ?? (typeof occasion === 'string' ? occasion : undefined),
    noEligibleAgent: { since, reason: typeof reason === 'string' ? reason : 'several' },
  }
}
