import { rfc3339 } from '@onus/kit/clock'
import type { Handlers } from '@onus/kit/grpc'
import { newId, stableId } from '@onus/kit/ids'
import { Problem, problems } from '@onus/kit/problems'
import type { DirectoryServiceService, Offboarding } from '@onus/proto/onus/v1/directory'
import { delegationOf, endDelegation, setDelegation, setLeave } from '../domain/absence.ts'
import { actorOf } from '../domain/access.ts'
import { findAgent } from '../domain/agents.ts'
import type { Agent, DirectoryState, OffboardingPlan, OffboardingState } from '../domain/model.ts'
import {
  controlOffboarding,
  latestOffboarding,
  planOffboarding,
  reportOffboarding,
  shownState,
  startOffboarding,
} from '../domain/offboarding.ts'
import type { OffboardingProgress } from '../store/offboardings.ts'
import { agentToActFor } from './agents.ts'
import { Entry, idFor, type Parts } from './entry.ts'

type Names =
  | 'getLeave'
  | 'setLeave'
  | 'getDelegation'
  | 'setDelegation'
  | 'startOffboarding'
  | 'getOffboarding'
  | 'controlOffboarding'
  | 'reportOffboarding'

/** Agents who are away for a time, and agents who leave. */
export function leavingHandlers(parts: Parts): Pick<Handlers<DirectoryServiceService>, Names> {
  const { offboardings, heldTickets, clock } = parts
  const entry = new Entry(parts)

  const shown = async (state: DirectoryState, agentId: string): Promise<Offboarding> => {
    const plan = latestOffboarding(state, agentId)
    if (!plan) throw problems.notFound('off-boarding of the agent', agentId)
    return offboardingOf(plan, await offboardings.find(state.accountId, plan.id))
  }

  return {
    async getLeave({ agentId }, { caller }) {
      const { state, who } = await entry.read(caller, 'read', 'see leave')
      return leaveList(agentToActFor(state, who, agentId, 'see the leave of others'))
    },

    async setLeave({ agentId, items, add, version }, { caller }) {
      const state = await entry.change(caller, 'read', 'set leave', (before, { who }) => {
        const agent = agentToActFor(before, who, agentId, 'set the leave of others')
        if (version !== undefined && version !== leaveList(agent).version)
          throw new Problem('stale-revision', 'The leave has been changed elsewhere; read it again.')
        return setLeave(before, agent, items, { add })
      })
      return leaveList(findAgent(state, agentId))
    },

    async getDelegation({ agentId }, { caller }) {
      const { state, who } = await entry.read(caller, 'read', 'see delegations')
      const agent = agentToActFor(state, who, agentId, 'see the delegation of others')
      const delegation = delegationOf(agent, rfc3339(clock()))
      if (!delegation) throw problems.notFound('delegation of the agent', agentId)
      return delegation
    },

    async setDelegation({ agentId, delegation }, { caller }) {
      const id = newId()
      const state = await entry.change(caller, 'read', 'set delegations', (before, { who, now }) => {
        const agent = agentToActFor(before, who, agentId, 'set the delegation of others')
        return delegation
          ? setDelegation(before, agent, delegation, { id, now })
          : endDelegation(before, agent)
      })
      return { delegation: findAgent(state, agentId).delegation }
    },

    async startOffboarding(request, { caller }) {
      const { agentId, dryRun, commandId } = request
      const id = idFor(caller, 'offboarding', commandId)
      const { state: now, who } = await entry.read(caller, 'setup', 'off-board agents')
      if (latestOffboarding(now, agentId)?.id === id) return shown(now, agentId)
      const { agent, status, successors } = planOffboarding(now, who, agentId, request)
      const held = (await heldTickets(now.accountId, agentId)).filter(({ tickets }) => tickets > 0)
      if (dryRun) {
        const plan = { id, agentId: agent.id, status, successors, state: 'preview' }
        return { ...plan, ...counted(held), moved: 0, givenBack: 0 }
      }
      const state = await entry.change(caller, 'setup', 'off-board agents', (before, given) => {
        if (latestOffboarding(before, agentId)?.id === id) return before
        const startedBy = actorOf(given.who)
        return startOffboarding(before, given.who, agentId, request, { id, now: given.now, startedBy, held })
      })
      return shown(state, agentId)
    },

    async getOffboarding({ agentId }, { caller }) {
      const { state } = await entry.read(caller, 'read_setup', 'see off-boardings')
      findAgent(state, agentId)
      return shown(state, agentId)
    },

    async controlOffboarding({ agentId, action }, { caller }) {
      const state = await entry.change(caller, 'setup', 'off-board agents', (before, { who }) =>
        controlOffboarding(before, who, agentId, action),
      )
      return shown(state, agentId)
    },

    async reportOffboarding(request, { caller }) {
      entry.outside(caller, 'system', 'say how far an off-boarding is')
      const { agentId, offboardingId, moved, givenBack, tickets, byDepartment } = request
      await offboardings.save(caller.accountId, offboardingId, {
        moved,
        givenBack,
        ...(tickets !== undefined && { tickets, byDepartment }),
      })
      const report = {
        agentId,
        offboardingId,
        state: request.state as OffboardingState,
        now: rfc3339(clock()),
      }
      const current = await parts.accounts.fresh(caller.accountId)
      if (!current || current.deletedAt || reportOffboarding(current, report) === current) return {}
      await parts.accounts.change(caller.accountId, {
        decide: (state) => reportOffboarding(state, report),
        actor: () => ({ type: 'system' }),
      })
      return {}
    },
  }
}

/** Leave, and what it is known by as it is now. */
const leaveList = ({ leave }: Agent) => ({
  items: leave,
  version: stableId('leave', JSON.stringify(leave)),
})

const counted = (held: { departmentId: string; tickets: number }[]) => ({
  tickets: held.reduce((sum, { tickets }) => sum + tickets, 0),
  byDepartment: held,
})

function offboardingOf(plan: OffboardingPlan, progress: OffboardingProgress | null): Offboarding {
  const { tickets, byDepartment } = counted(plan.held ?? progress?.byDepartment ?? [])
  return {
    id: plan.id,
    agentId: plan.agentId,
    status: plan.status,
    successors: plan.successors,
    startedBy: plan.startedBy,
    startedAt: plan.startedAt,
    finishedAt: plan.finishedAt,
    state: shownState(plan),
    // What came to the agent at the last moment has moved as well.
    tickets: Math.max(tickets, progress?.moved ?? 0),
    byDepartment,
    moved: progress?.moved ?? 0,
    givenBack: progress?.givenBack ?? 0,
  }
}
