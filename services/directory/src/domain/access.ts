import { problems } from '@onus/kit/problems'
import type { Actor, Role } from '@onus/workflows-contract'
import type { Agent, DirectoryState } from './model.ts'

/** Who may do what in a directory: the one place that says so. */

/** Who calls, as the directory knows them now (not as they were when their token was signed). */
export interface Who {
  type: 'agent' | 'api_client' | 'operator' | 'system'
  id: string
  name: string
  /** Only of an agent. */
  role?: Role
  scopes: readonly string[]
}

/** Who calls, as the signed caller says. */
export interface ClaimedCaller {
  type: 'agent' | 'api_client' | 'operator' | 'system'
  accountId: string
  id: string
  name: string
  apiKeyId?: string
  scopes: readonly string[]
}

/**
 * What can be done here.
 * - `read`: see departments, agents, settings; `read_setup`: also keys and the audit
 * - `setup`: change them; `own`: one's own presence, preferences and keys, and those of agents below
 * - `account`: make and list accounts; `identity`: what only other services ask
 */
export type Permission = 'read' | 'read_setup' | 'setup' | 'own' | 'owner' | 'account' | 'system'

const RANK: Record<Role, number> = { owner: 3, admin: 2, agent: 1 }

/**
 * The caller in this account.
 * @throws unauthenticated when the agent is not active or the key is gone
 */
export function recognise(state: DirectoryState, caller: ClaimedCaller): Who {
  const { type, id, name, scopes } = caller
  if (type === 'operator' || type === 'system') return { type, id, name, scopes: [] }
  if (state.deletedAt || caller.accountId !== state.accountId) throw problems.unauthenticated(GONE)
  const key = caller.apiKeyId && state.apiKeys.find((one) => one.id === caller.apiKeyId)
  if (caller.apiKeyId && !key) throw problems.unauthenticated(GONE)
  if (type === 'api_client') {
    if (!key || key.agentId) throw problems.unauthenticated(GONE)
    return { type, id, name: key.name, scopes: key.scopes }
  }
  const agent = state.agents.find((one) => one.id === id)
  if (agent?.status !== 'active') throw problems.unauthenticated(GONE)
  return { type, id, name: agent.name, role: agent.role, scopes }
}

const GONE = 'The caller is no longer active in this account.'

/** One cell of the table of who may do what. */
export function allows(who: Who, permission: Permission): boolean {
  if (who.type === 'system') return permission === 'system' || permission === 'read'
  if (who.type === 'operator') return permission === 'account'
  if (who.type === 'api_client') {
    if (permission === 'setup') return who.scopes.includes('setup:write')
    if (permission !== 'read' && permission !== 'read_setup') return false
    return who.scopes.includes('setup:read') || who.scopes.includes('setup:write')
  }
  if (permission === 'read' || permission === 'own') return true
  if (permission === 'setup' || permission === 'read_setup') return RANK[who.role!] >= RANK.admin
  return permission === 'owner' && who.role === 'owner'
}

/** @throws forbidden; `verb` reads after "You may not" */
export function requirePermission(who: Who, permission: Permission, verb: string): void {
  if (!allows(who, permission)) throw problems.forbidden(verb)
}

/**
 * Whether somebody may give this role, or change an agent or key that has it: nobody reaches above
 * themselves. A key without an agent has no role, so it reaches plain agents only: otherwise its holder
 * could make themselves an admin.
 */
export function reaches(who: Who, role: Role): boolean {
  if (who.type === 'api_client') return role === 'agent'
  return who.role !== undefined && RANK[who.role] >= RANK[role]
}

/** May this caller change this agent's presence and preferences? */
export function mayActFor(who: Who, agent: Agent): boolean {
  if (who.type === 'agent' && who.id === agent.id) return true
  return allows(who, 'setup') && reaches(who, agent.role)
}

/** The actor that audit entries and events name. */
export function actorOf(who: Who): Actor {
  if (who.type === 'agent' || who.type === 'api_client') return { type: who.type, id: who.id, name: who.name }
  return { type: 'system', name: who.type === 'operator' ? 'operator' : who.name }
}
