import type { Handlers } from '@onus/kit/grpc'
import { Problem, problems } from '@onus/kit/problems'
import type { DirectoryServiceService } from '@onus/proto/onus/v1/directory'
import { actorOf, allows, requirePermission, type Who } from '../domain/access.ts'
import type { DirectoryState } from '../domain/model.ts'
import { checkViews, type SavedView } from '../domain/views.ts'
import { sharedViews } from '../store/views.ts'
import { Entry, type Parts } from './entry.ts'

type Names = 'getViews' | 'setViews' | 'getDepartmentViews' | 'setDepartmentViews'

/** Lists that agents have put together: their own, and those that a whole department has. */
export function viewHandlers(parts: Parts): Pick<Handlers<DirectoryServiceService>, Names> {
  const { views, accounts } = parts
  const entry = new Entry(parts)

  async function replace(accountId: string, of: string, items: SavedView[], version: number | undefined) {
    for (;;) {
      const now = await views.find(accountId, of)
      if (version !== undefined && version !== now.version)
        throw new Problem('stale-revision', 'The saved views have been changed elsewhere; read them again.')
      if (await views.replace(accountId, of, now.version, items)) return { items, version: now.version + 1 }
    }
  }

  /** What the caller's departments share. */
  async function shared(state: DirectoryState, who: Who) {
    const ids = state.departments.map(({ id }) => id).filter((id) => seesDepartment(state, who, id))
    const found = await views.findMany(state.accountId, ids.map(sharedViews))
    return ids.flatMap((departmentId) => {
      const { items, version } = found.get(sharedViews(departmentId)) ?? { items: [], version: 0 }
      return items.length > 0 ? [{ departmentId, items, version }] : []
    })
  }

  return {
    async getViews(_, { caller }) {
      const { state, who } = await entry.read(caller, 'own', 'have saved views')
      const [own, ofDepartments] = await Promise.all([
        views.find(state.accountId, caller.id),
        shared(state, who),
      ])
      return { ...own, shared: ofDepartments }
    },

    async setViews({ items, version }, { caller }) {
      const { state, who } = await entry.read(caller, 'own', 'have saved views')
      const own = await replace(state.accountId, caller.id, checkViews(items), version)
      return { ...own, shared: await shared(state, who) }
    },

    async getDepartmentViews({ departmentId }, { caller }) {
      const { state, who } = await entry.read(caller, 'read', 'see the views of departments')
      requireSight(state, who, departmentId)
      return { ...(await views.find(state.accountId, sharedViews(departmentId))), shared: [] }
    },

    async setDepartmentViews({ departmentId, items, version }, { caller }) {
      const { state, who } = await entry.read(caller, 'read', 'share views with a department')
      requireSight(state, who, departmentId)
      requirePermission(who, 'setup', 'share views with a department')
      const set = await replace(state.accountId, sharedViews(departmentId), checkViews(items), version)
      await accounts.audit(state.accountId, actorOf(who), 'views.updated', departmentId, ['views'])
      return { ...set, shared: [] }
    },
  }
}

/** @throws not-found for a department that there is not, or that is none of the caller's */
function requireSight(state: DirectoryState, who: Who, departmentId: string): void {
  const exists = state.departments.some(({ id }) => id === departmentId)
  if (!exists || !seesDepartment(state, who, departmentId))
    throw problems.notFound('department', departmentId)
}

/** Members see what their department shares; whoever sees how the account is set up sees all. */
function seesDepartment(state: DirectoryState, who: Who, departmentId: string): boolean {
  if (allows(who, 'read_setup')) return true
  const active = state.agents.filter(({ status }) => status === 'active')
  const agent = active.find(({ id }) => who.type === 'agent' && id === who.id)
  if (!agent) return false
  return active.length === 1 || agent.memberships.some((each) => each.departmentId === departmentId)
}
