import { Problem, problems } from '@onus/kit/problems'
import type { Actor } from '@onus/workflows-contract'
import { actorOf, reaches, type Who } from './access.ts'
import { findAgent, withAgent } from './agents.ts'
import { clip, FieldErrors } from './fields.ts'
import {
  type Agent,
  type DirectoryState,
  type OffboardingPlan,
  type OffboardingState,
  SUCCESSOR_POLICIES,
  type Successor,
} from './model.ts'

/**
 * Somebody leaves: first the agent is marked, so that they get nothing more, and then an operation moves what
 * they hold. The account keeps the plan of the latest one for each agent; how far it is, is kept beside it.
 */

export interface SuccessorInput {
  departmentId: string
  agentId?: string
  policy?: string
}

export interface OffboardingInput {
  status?: string
  successors: readonly SuccessorInput[]
}

const LEAVING = ['removed', 'suspended'] as const

/** Checks what somebody asks for, without beginning it. */
export function planOffboarding(
  state: DirectoryState,
  who: Who,
  agentId: string,
  input: OffboardingInput,
): { agent: Agent; status: (typeof LEAVING)[number]; successors: Successor[] } {
  const agent = findAgent(state, agentId)
  if (!reaches(who, agent.role)) throw problems.forbidden(`off-board an ${agent.role}`)
  const errors = new FieldErrors()
  const status = LEAVING.find((one) => one === (input.status || 'removed'))
  if (!status) errors.add('status', `"${clip(input.status ?? '')}" is not one of ${LEAVING.join(', ')}.`)
  const seen = new Set<string>()
  const successors = input.successors.map((one, at) => checkSuccessor(state, agent, one, at, seen, errors))
  errors.throwIfAny()
  return { agent, status: status ?? 'removed', successors }
}

function checkSuccessor(
  state: DirectoryState,
  leaving: Agent,
  { departmentId, agentId, policy }: SuccessorInput,
  at: number,
  seen: Set<string>,
  errors: FieldErrors,
): Successor {
  const path = `successors[${at}]`
  const department = state.departments.find((one) => one.id === departmentId)
  if (!departmentId) errors.add(`${path}.departmentId`, 'Name a department.')
  else if (seen.has(departmentId)) errors.add(`${path}.departmentId`, 'This department is named twice.')
  else if (!department) {
    errors.addUnknown(`${path}.departmentId`, `There is no department "${clip(departmentId)}".`)
  }
  seen.add(departmentId)
  if (agentId && policy) errors.add(path, 'Give either an agent or a policy, not both.')
  if (!agentId) {
    const known = SUCCESSOR_POLICIES.find((one) => one === (policy || 'nobody'))
    if (!known) {
      errors.add(`${path}.policy`, `"${clip(policy ?? '')}" is not one of ${SUCCESSOR_POLICIES.join(', ')}.`)
    }
    return { departmentId, policy: known ?? 'nobody' }
  }
  const successor = state.agents.find((one) => one.id === agentId)
  const field = `${path}.agentId`
  if (agentId === leaving.id) {
    errors.addUnknown(field, 'This is who leaves. Name another member of the department, or a policy.')
  } else if (successor?.status !== 'active') {
    const who = successor
      ? `"${successor.name}" is ${successor.status}`
      : `There is no agent "${clip(agentId)}"`
    errors.addUnknown(field, `${who}. Name an active member of the department, or a policy.`)
  } else if (department && !successor.memberships.some((one) => one.departmentId === departmentId)) {
    const remedy = 'Make them one first, name another member, or a policy.'
    errors.addUnknown(field, `"${successor.name}" is no member of "${department.name}". ${remedy}`)
  }
  return { departmentId, agentId }
}

export interface Begin {
  id: string
  now: string
  startedBy: Actor
  /** How many tickets the agent held; unknown when nobody could be asked. */
  held?: { departmentId: string; tickets: number }[]
}

/** Marks the agent, and keeps the plan that the operation goes by. */
export function startOffboarding(
  state: DirectoryState,
  who: Who,
  agentId: string,
  input: OffboardingInput,
  begin: Begin,
): DirectoryState {
  const { agent, status, successors } = planOffboarding(state, who, agentId, input)
  const current = latestOffboarding(state, agentId)
  if (current && isAtWork(current)) {
    throw new Problem(
      'in-use',
      `"${agent.name}" is being off-boarded already. Wait for its end, or undo it first.`,
    )
  }
  if (agent.status === 'removed') {
    throw new Problem('wrong-status', `"${agent.name}" is removed already.`)
  }
  const marked = withAgent(state, gone(agent, status))
  return withPlan(marked, planOf(agent, status, successors, begin))
}

/** A change of the status is an off-boarding to nobody; one that is at work goes on. */
export function followStatus(
  before: DirectoryState,
  after: DirectoryState,
  agentId: string,
  begin: Begin,
): DirectoryState {
  const was = before.agents.find((one) => one.id === agentId)
  const agent = findAgent(after, agentId)
  if (!was || was.status === agent.status) return after
  const plan = latestOffboarding(after, agentId)
  if (agent.status === 'active') {
    return plan && isAtWork(plan) ? withPlan(after, { ...plan, wanted: 'stopped' }) : after
  }
  const marked = withAgent(after, gone(agent, agent.status))
  if (plan && isAtWork(plan) && plan.wanted !== 'undone') {
    return withPlan(marked, { ...plan, status: agent.status })
  }
  return withPlan(marked, planOf(was, agent.status, [], begin))
}

/** Somebody who is gone is not there, and nobody stands in for them. */
function gone(agent: Agent, status: Agent['status']): Agent {
  const { delegation: _, ...rest } = agent
  return { ...rest, status, presence: 'offline' }
}

function planOf(
  agent: Agent,
  status: 'removed' | 'suspended',
  successors: Successor[],
  { id, now, startedBy, held }: Begin,
): OffboardingPlan {
  return {
    id,
    agentId: agent.id,
    status,
    successors,
    startedBy,
    startedAt: now,
    wanted: 'running',
    state: 'running',
    previous: { status: agent.status, memberships: agent.memberships },
    ...(held && { held: held.filter(({ tickets }) => tickets > 0) }),
  }
}

/** Stops the operation for a while, lets it go on, or takes it back. */
export function controlOffboarding(
  state: DirectoryState,
  who: Who,
  agentId: string,
  action: string,
): DirectoryState {
  const agent = findAgent(state, agentId)
  if (!reaches(who, agent.role)) throw problems.forbidden(`off-board an ${agent.role}`)
  const plan = latestOffboarding(state, agentId)
  if (!plan) throw problems.notFound('off-boarding of the agent', agentId)
  const at = shownState(plan)
  const refuse = (why: string) => new Problem('wrong-status', `The off-boarding is ${at}: ${why}`)
  if (action === 'pause') {
    if (at !== 'running') throw refuse('only one that runs can be paused.')
    return withPlan(state, { ...plan, wanted: 'paused' })
  }
  if (action === 'resume') {
    if (at !== 'paused') throw refuse('only one that is paused can be resumed.')
    return withPlan(state, { ...plan, wanted: 'running' })
  }
  if (action !== 'undo') {
    throw problems.invalid([{ field: 'action', message: 'Give pause, resume or undo.' }])
  }
  if (at !== 'running' && at !== 'paused' && at !== 'completed') throw refuse('there is nothing to undo.')
  return withPlan(comeBack(state, agent, plan), { ...plan, wanted: 'undone', undoneBy: actorOf(who) })
}

/** The agent as they were: active, and a member where they were, as far as that still exists. */
function comeBack(state: DirectoryState, agent: Agent, plan: OffboardingPlan): DirectoryState {
  const taken = state.agents.find(
    (one) => one.id !== agent.id && one.status !== 'removed' && one.email === agent.email,
  )
  if (taken) {
    throw problems.alreadyExists(`"${taken.name}" has the e-mail address "${agent.email}" now.`, [
      { field: 'email', message: 'Give that agent another address first.' },
    ])
  }
  const exists = new Set(state.departments.map(({ id }) => id))
  const memberships = plan.previous.memberships.filter((one) => exists.has(one.departmentId))
  return withAgent(state, { ...agent, status: 'active', memberships })
}

/** Takes over how far the operation says it is. */
export function reportOffboarding(
  state: DirectoryState,
  report: { agentId: string; offboardingId: string; state: OffboardingState; now: string },
): DirectoryState {
  const plan = latestOffboarding(state, report.agentId)
  if (plan?.id !== report.offboardingId || plan.state === report.state) return state
  const over = report.state === 'completed' || report.state === 'undone' || report.state === 'stopped'
  const { finishedAt: _, ...rest } = plan
  return withPlan(state, { ...rest, state: report.state, ...(over && { finishedAt: report.now }) })
}

export const latestOffboarding = (state: DirectoryState, agentId: string): OffboardingPlan | undefined =>
  state.offboardings?.find((one) => one.agentId === agentId)

/** What a reader is told: what was asked for counts before the operation has heard of it. */
export function shownState({ wanted, state }: OffboardingPlan): OffboardingState {
  if (wanted === 'undone') return state === 'undone' ? 'undone' : 'undoing'
  if (wanted === 'stopped') return 'stopped'
  if (state === 'completed') return 'completed'
  return wanted
}

const isAtWork = (plan: OffboardingPlan): boolean =>
  ['running', 'paused', 'undoing'].includes(shownState(plan)) && plan.wanted !== 'stopped'

const withPlan = (state: DirectoryState, plan: OffboardingPlan): DirectoryState => ({
  ...state,
  offboardings: [...(state.offboardings ?? []).filter((one) => one.agentId !== plan.agentId), plan],
})
