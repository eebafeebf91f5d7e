import { problems } from '@onus/kit/problems'
import type { Actor, Role } from '@onus/workflows-contract'

/** Who may do what with rules: the one place that says so. */

export interface RuleCaller {
  type: 'agent' | 'api_client' | 'operator' | 'system'
  id: string
  name: string
  scopes: readonly string[]
}

export type Permission = 'read' | 'write' | 'evaluate'

/**
 * @param agent the calling agent as the directory knows them now
 * @throws unauthenticated for an agent who is not active, forbidden for what one may not do
 */
export function requirePermission(
  caller: RuleCaller,
  permission: Permission,
  agent: { role: string; status: string } | undefined,
  verb: string,
): void {
  if (permission === 'evaluate' && caller.type !== 'system') throw problems.forbidden(verb)
  if (caller.type === 'agent' && agent?.status !== 'active') {
    throw problems.unauthenticated('The caller is no longer active in this account.')
  }
  if (!allows(caller, permission, agent?.role as Role | undefined)) throw problems.forbidden(verb)
}

function allows({ type, scopes }: RuleCaller, permission: Permission, role: Role | undefined): boolean {
  if (type === 'system') return permission !== 'write'
  if (type === 'operator') return false
  if (type === 'api_client') {
    return scopes.includes('setup:write') || (permission === 'read' && scopes.includes('setup:read'))
  }
  return permission === 'read' || role === 'owner' || role === 'admin'
}

/** The author that a version names. */
export const actorOf = ({ type, id, name }: RuleCaller): Actor =>
  type === 'agent' || type === 'api_client' ? { type, id, name } : { type: 'system', name }
