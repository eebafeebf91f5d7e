import type { TicketStatus } from '@onus/workflows-contract'

/** A ticket in one of these waits for an agent; in the others it waits for nobody here. */
export const NEEDS_SOMEBODY: readonly TicketStatus[] = ['new', 'open']

const NEVER = '9999-12-31T23:59:59.999Z'

/**
 * One ascending key for the order of To solve: priority, then due time (those without one last), then who
 * waits longest. It is stored with the summary, so that one index gives the order.
 */
export function toSolveKey(ticket: {
  priorityRank: number
  dueAt: string | null
  waitingSince: string | null
  createdAt: string
}): string {
  return [9 - ticket.priorityRank, ticket.dueAt ?? NEVER, ticket.waitingSince ?? ticket.createdAt].join('|')
}
