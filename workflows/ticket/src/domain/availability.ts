import { isDuring, standInChain } from '@onus/workflows-contract'
import type { AgentFacts, DirectoryFacts } from './facts.ts'
import { mayHold } from './facts.ts'
import { isOpenAt } from './hours.ts'

/**
 * Who is there, and who stands in for whom, at one moment. Everything that gives a ticket to somebody by
 * itself (distribution, reopening, rules) asks here. Times of leave and delegation count from `from` on and
 * before `until`.
 */

/** Why somebody cannot have a ticket now; what holds for longest comes first. */
export type Absence = 'suspended' | 'on_leave' | 'off_shift' | 'away' | 'offline'
export type Availability = { available: true } | { available: false; reason: Absence }

/**
 * Whether an agent can have a ticket now. Agents have one presence, schedule and leave for all of their
 * departments, so the department makes no difference.
 */
export function availability(agent: AgentFacts, _departmentId: string, now: Date): Availability {
  const reason = absence(agent, now)
  return reason === null ? { available: true } : { available: false, reason }
}

function absence(agent: AgentFacts, now: Date): Absence | null {
  if (agent.status !== 'active') return 'suspended'
  if (agent.leave.some((leave) => isDuring(leave, now))) return 'on_leave'
  if (!isOpenAt(agent.schedule, now)) return 'off_shift'
  if (agent.presence === 'away') return 'away'
  return agent.presence === 'online' ? null : 'offline'
}

/** Whether somebody who holds a ticket already is away from it: signed out is not away, they come back to it. */
export function isAway(agent: AgentFacts, departmentId: string, now: Date): Absence | null {
  const found = availability(agent, departmentId, now)
  return found.available || found.reason === 'offline' ? null : found.reason
}

/** Who has an agent's tickets now. */
export interface Delegate {
  /** Null: nobody; the one at the end of the chain may not hold the department's tickets, or there is no end. */
  agentId: string | null
  /** From the one who is away to the one at the end. */
  chain: string[]
}

/**
 * Who gets what would be an agent's now, or null when that is the agent. Delegates may have delegated too,
 * so chains are followed to their end. The one there must be an active member of the department.
 */
export function delegateOf(
  directory: Pick<DirectoryFacts, 'agent' | 'isMember'>,
  agentId: string,
  departmentId: string,
  now: Date,
): Delegate | null {
  const chain = standInChain((id) => directory.agent(id), agentId, 'tickets', now)
  const last = chain.at(-1)
  if (last === undefined || chain.length === 1) return null
  const circular = chain.indexOf(last) !== chain.length - 1
  return { agentId: !circular && mayHold(directory, last, departmentId) ? last : null, chain }
}
