import { isDeepStrictEqual } from 'node:util'
import type { DrainInput } from '@onus/workflows-contract'
import type { Agent, Department, DirectoryState } from './model.ts'

/** Lets a department's backlog be looked at again: somebody may be able to take of it what nobody could. */
export interface DrainItem {
  kind: 'drain'
  id: string
  input: DrainInput
}

/** The departments that give out tickets, and where a change lets somebody get one who could not. */
export function drainsOf(before: DirectoryState, after: DirectoryState): DrainItem[] {
  const { accountId, version } = after
  const old = new Map(before.agents.map((agent) => [agent.id, agent]))
  const opened = new Set(after.departments.filter((one) => opens(before, one)).map(({ id }) => id))
  for (const agent of after.agents) {
    const was = old.get(agent.id)
    const gains = canGet(was, agent)
    for (const { departmentId } of agent.status === 'active' ? agent.memberships : []) {
      const joined = was?.memberships.every((one) => one.departmentId !== departmentId) ?? true
      if (gains || joined) opened.add(departmentId)
    }
  }
  return after.departments
    .filter(({ id, distribution }) => opened.has(id) && distribution.strategy !== 'manual')
    .map(({ id }) => ({
      kind: 'drain',
      id: `${accountId}:drain:${id}:${version}`,
      input: { accountId, departmentId: id },
    }))
}

/** Distribution is turned on, or for more, or the hours are others. */
function opens(before: DirectoryState, after: Department): boolean {
  const was = before.departments.find(({ id }) => id === after.id)
  if (was === undefined) return false
  return !isDeepStrictEqual([was.distribution, was.hours], [after.distribution, after.hours])
}

/** Whether an agent may be able to get a ticket who could not, as far as a change of the agent says. */
function canGet(was: Agent | undefined, agent: Agent): boolean {
  if (was === undefined || was.status !== 'active') return true
  // Nobody gets one by going offline, or by having less room.
  const back = was.presence !== 'online' && agent.presence === 'online'
  const roomier = (agent.capacity ?? Infinity) > (was.capacity ?? Infinity)
  const facts = ({ skills, schedule, leave, delegation }: Agent) => [skills, schedule, leave, delegation]
  return back || roomier || !isDeepStrictEqual(facts(was), facts(agent))
}
