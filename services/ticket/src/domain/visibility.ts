import type { Caller } from '@onus/kit/caller'
import type { DirectoryView } from '@onus/kit/directory'
import { problems } from '@onus/kit/problems'
import {
  type Access,
  decideAccess,
  type Holder,
  type Standing,
  type TicketVerb,
} from '@onus/workflows-contract'

/**
 * Who sees what: the one place of this service that asks. Facts about an agent come from the directory as
 * it is now, never from the caller's token, so that somebody who was suspended a second ago sees nothing.
 */

/** Which tickets a reader may see in a list. */
export type ListScope =
  | { kind: 'all' }
  /** Those of these departments, and what this agent holds. */
  | { kind: 'departments'; departmentIds: string[]; agentId: string }

/** How a caller stands to a ticket with this holder. */
export function standingOf(caller: Caller, directory: DirectoryView, holder: Holder): Standing {
  const scopes = caller.scopes
  const membersMayTakeOver = directory.department(holder.departmentId)?.membersMayTakeOver ?? false
  const stranger = { member: false, responsible: false, membersMayTakeOver, scopes }
  if (caller.type === 'operator') return { ...stranger, role: 'operator', active: true }
  if (caller.type === 'api_client') return { ...stranger, role: 'api_client', active: true }
  const agent = directory.agent(caller.id)
  if (!agent) return { ...stranger, role: 'agent', active: false }
  return {
    role: agent.role as Standing['role'],
    member: directory.isMember(agent.id, holder.departmentId),
    responsible: holder.agentId === agent.id,
    membersMayTakeOver,
    scopes,
    active: agent.status === 'active',
  }
}

/** What a caller may do with a ticket. Our own services (`system`) may do everything. */
export function accessTo(
  verb: TicketVerb,
  caller: Caller,
  directory: DirectoryView,
  ticket: { accountId: string } & Holder,
): Access {
  if (caller.accountId !== ticket.accountId) return 'hidden'
  if (caller.type === 'system') return 'allowed'
  return decideAccess(verb, standingOf(caller, directory, ticket))
}

/** What a caller sees in lists. @throws forbidden for whoever sees no ticket at all */
export function listScope(caller: Caller, directory: DirectoryView): ListScope {
  if (caller.type === 'system') return { kind: 'all' }
  if (caller.type === 'operator') throw problems.forbidden('see tickets with an operator key')
  if (caller.type === 'api_client') {
    const reads = caller.scopes.includes('tickets:read') || caller.scopes.includes('tickets:write')
    if (!reads) throw problems.forbidden('see tickets without the scope tickets:read')
    return { kind: 'all' }
  }
  const agent = activeAgent(caller, directory)
  if (agent.role === 'owner' || agent.role === 'admin') return { kind: 'all' }
  return { kind: 'departments', departmentIds: departmentIdsOf(agent.id, directory), agentId: agent.id }
}

/** The agent who calls. @throws forbidden for anybody else, and for one who is not active */
export function activeAgent(caller: Caller, directory: DirectoryView) {
  const agent = caller.type === 'agent' ? directory.agent(caller.id) : undefined
  if (!agent) throw problems.forbidden('do this without being an agent of the account')
  if (agent.status !== 'active') throw problems.forbidden('do this while you are not an active agent')
  return agent
}

/** The departments that an agent belongs to; the only active agent of an account belongs to all of them. */
export function departmentIdsOf(agentId: string, directory: DirectoryView): string[] {
  return directory.departmentsOf(agentId).map(({ id }) => id)
}

/**
 * Who may create a ticket: every active agent, in any department (what is written for another department
 * goes there at once, like a transfer), and keys with `tickets:write`. @throws forbidden
 */
export function requireMayCreate(caller: Caller, directory: DirectoryView): void {
  if (caller.type === 'system') return
  if (caller.type === 'operator') throw problems.forbidden('create tickets with an operator key')
  if (caller.type === 'agent') {
    activeAgent(caller, directory)
    return
  }
  if (!caller.scopes.includes('tickets:write')) {
    throw problems.forbidden('create tickets without the scope tickets:write')
  }
}

/** Who may upload a file: whoever may write something that has one. @throws forbidden */
export function requireMayUpload(caller: Caller, directory: DirectoryView): void {
  if (caller.type === 'api_client' && caller.scopes.includes('contact:write')) return
  requireMayCreate(caller, directory)
}
