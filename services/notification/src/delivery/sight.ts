import type { DirectoryView } from '@onus/kit/directory'
import { decideAccess, type Holder, type Role } from '@onus/workflows-contract'

/** Whether an agent is active and may see a ticket that this holder has. */
export function maySee(view: DirectoryView, agentId: string, holder: Holder): boolean {
  const agent = view.agent(agentId)
  if (agent?.status !== 'active') return false
  const access = decideAccess('see', {
    role: agent.role as Role,
    member: view.isMember(agentId, holder.departmentId),
    responsible: holder.agentId === agentId,
    membersMayTakeOver: false,
    scopes: [],
    active: true,
  })
  return access === 'allowed'
}
