import { Problem, problems } from '@onus/kit/problems'
import { ROLES, type Role } from '@onus/workflows-contract'
import { reaches, type Who } from './access.ts'
import { clip, emailAddress, FieldErrors, line, locale, oneOf, timeZone } from './fields.ts'
import { checkHours, type HoursInput } from './hours.ts'
import { namedFields } from './mask.ts'
import {
  AGENT_STATUSES,
  type Agent,
  activeAgents,
  type DirectoryState,
  type Membership,
  PRESENCES,
} from './model.ts'

/** What a caller may say of an agent; text that proto leaves empty counts as not said. */
export interface AgentInput {
  name?: string
  email?: string
  role?: string
  locale?: string
  timeZone?: string
  capacity?: number
  skills?: { name: string; level: number }[]
  memberships?: { departmentId: string; weight?: number }[]
  status?: string
  schedule?: HoursInput
}

export const AGENT_FIELDS = [
  'name',
  'email',
  'role',
  'locale',
  'timeZone',
  'capacity',
  'skills',
  'memberships',
  'status',
  'schedule',
] as const

const MAX_AGENTS = 5000
const MAX_SKILLS = 100
const MAX_CAPACITY = 100_000
const MAX_WEIGHT = 100

export function createAgent(
  state: DirectoryState,
  who: Who,
  input: AgentInput,
  given: { id: string; now: string },
): DirectoryState {
  refuseRole(who, input.role || 'agent')
  if (state.agents.length >= MAX_AGENTS) {
    throw new Problem('in-use', `An account has at most ${MAX_AGENTS} agents.`)
  }
  const agent = checkAgent(
    state,
    { id: given.id, createdAt: given.now, presence: 'offline', leave: [] },
    input,
  )
  if (agent.status === 'removed') {
    throw problems.invalid([{ field: 'status', message: 'A new agent is active or suspended.' }])
  }
  return keepSoloMember(state, { ...state, agents: [...state.agents, agent] })
}

export function updateAgent(
  state: DirectoryState,
  who: Who,
  id: string,
  input: AgentInput,
  mask: readonly string[] | undefined,
): DirectoryState {
  const current = findAgent(state, id)
  refuseAbove(who, current)
  const named = namedFields(mask, input, AGENT_FIELDS)
  if (named.has('role')) refuseRole(who, input.role ?? '')
  const merged: AgentInput = { ...current }
  for (const field of named) Object.assign(merged, { [field]: input[field] })
  // A schedule in the agent's own zone goes with them when they move.
  const own = !named.has('schedule') && current.schedule?.timeZone === current.timeZone
  if (own) merged.schedule = { ...current.schedule, timeZone: merged.timeZone }
  const agent = checkAgent(state, current, merged)
  if (current.status === 'removed' && agent.status !== 'removed') {
    throw new Problem('wrong-status', 'A removed agent does not come back. Create a new one.')
  }
  return withAgent(state, agent)
}

export function setPresence(state: DirectoryState, agent: Agent, presence: string): DirectoryState {
  const errors = new FieldErrors()
  const checked = oneOf(presence, PRESENCES, 'presence', errors)
  errors.throwIfAny()
  return withAgent(state, { ...agent, presence: checked })
}

export function findAgent(state: DirectoryState, id: string): Agent {
  const agent = state.agents.find((one) => one.id === id)
  if (!agent) throw problems.notFound('agent', id)
  return agent
}

/** Puts a changed agent into the account, and holds what is true of all agents together. */
export function withAgent(state: DirectoryState, agent: Agent): DirectoryState {
  const changed = { ...state, agents: state.agents.map((one) => (one.id === agent.id ? agent : one)) }
  if (hasOwner(state) && !hasOwner(changed)) {
    throw new Problem(
      'last-owner',
      'An account keeps at least one active owner. Make somebody else one first.',
    )
  }
  return keepSoloMember(state, changed)
}

const hasOwner = (state: DirectoryState): boolean => activeAgents(state).some((one) => one.role === 'owner')

/**
 * Rule 2 of responsibility: the only agent counts as a member everywhere, and when a second one joins, what
 * is assigned stays assigned. They may hold tickets in any department, so they become a real member of each
 * one, in the same write: no reader ever sees two agents and a holder who is no member.
 */
function keepSoloMember(before: DirectoryState, after: DirectoryState): DirectoryState {
  const [solo, ...others] = activeAgents(before)
  if (!solo || others.length || activeAgents(after).length < 2) return after
  return {
    ...after,
    agents: after.agents.map((agent) => {
      if (agent.id !== solo.id || agent.status !== 'active') return agent
      const known = new Set(agent.memberships.map((one) => one.departmentId))
      const missing = after.departments.filter((one) => !known.has(one.id))
      return {
        ...agent,
        memberships: [...agent.memberships, ...missing.map(({ id }) => ({ departmentId: id }))],
      }
    }),
  }
}

function refuseAbove(who: Who, agent: Agent): void {
  if (!reaches(who, agent.role)) throw problems.forbidden(`change an ${agent.role}`)
}

function refuseRole(who: Who, role: string): void {
  const known = ROLES.find((one) => one === role)
  if (known && !reaches(who, known)) throw problems.forbidden(`make somebody an ${known}`)
}

/** What an agent has that is not said together with the rest. */
type Untold = Pick<Agent, 'id' | 'createdAt' | 'presence' | 'leave' | 'delegation'>

function checkAgent(
  state: DirectoryState,
  { id, createdAt, presence, leave, delegation }: Untold,
  input: AgentInput,
): Agent {
  const errors = new FieldErrors()
  const status = oneOf(input.status || 'active', AGENT_STATUSES, 'status', errors)
  const { capacity } = input
  if (capacity !== undefined && !isWhole(capacity, 0, MAX_CAPACITY)) {
    errors.add('capacity', `Give a whole number from 0 to ${MAX_CAPACITY}, or null for no limit.`)
  }
  const zone = timeZone(input.timeZone || state.settings.timeZone, 'timeZone', errors)
  const schedule = input.schedule && checkHours(input.schedule, 'schedule', zone, errors)
  const agent: Agent = {
    id,
    name: line(input.name, 'name', errors),
    email: emailAddress(input.email, 'email', errors),
    role: oneOf<Role>(input.role || 'agent', ROLES, 'role', errors),
    locale: locale(input.locale || state.settings.locale, 'locale', errors),
    timeZone: zone,
    ...(capacity !== undefined && { capacity }),
    skills: checkSkills(input.skills ?? [], errors),
    memberships: checkMemberships(state, input.memberships ?? [], errors),
    status,
    presence: status === 'active' ? presence : 'offline',
    createdAt,
    ...(schedule && { schedule }),
    leave,
    ...(delegation && { delegation }),
  }
  errors.throwIfAny()
  refuseTakenEmail(state, agent)
  return agent
}

function refuseTakenEmail(state: DirectoryState, agent: Agent): void {
  if (agent.status === 'removed') return
  const other = state.agents.find(
    (one) => one.id !== agent.id && one.status !== 'removed' && one.email === agent.email,
  )
  if (!other) return
  throw problems.alreadyExists(`"${other.name}" has the e-mail address "${agent.email}".`, [
    { field: 'email', message: 'Give an address that no other agent of the account has.' },
  ])
}

function checkSkills(input: { name: string; level: number }[], errors: FieldErrors): Agent['skills'] {
  if (input.length > MAX_SKILLS) errors.add('skills', `Give at most ${MAX_SKILLS} skills.`)
  const seen = new Set<string>()
  return input.map((skill, at) => {
    const name = line(skill.name, `skills[${at}].name`, errors, 100)
    if (seen.has(name.toLowerCase())) errors.add(`skills[${at}].name`, 'This skill is named twice.')
    seen.add(name.toLowerCase())
    if (!isWhole(skill.level, 1, 5)) errors.add(`skills[${at}].level`, 'Give a level from 1 to 5.')
    return { name, level: skill.level }
  })
}

function checkMemberships(
  state: DirectoryState,
  input: { departmentId: string; weight?: number }[],
  errors: FieldErrors,
): Membership[] {
  const seen = new Set<string>()
  return input.map(({ departmentId, weight }, at) => {
    const field = `memberships[${at}].departmentId`
    if (!departmentId) errors.add(field, 'Name a department.')
    else if (seen.has(departmentId)) errors.add(field, 'This department is named twice.')
    else if (!state.departments.some((one) => one.id === departmentId)) {
      errors.addUnknown(field, `There is no department "${clip(departmentId)}".`)
    }
    seen.add(departmentId)
    if (weight !== undefined && !isWhole(weight, 1, MAX_WEIGHT)) {
      errors.add(`memberships[${at}].weight`, `Give a whole number from 1 to ${MAX_WEIGHT}.`)
    }
    return { departmentId, ...(weight !== undefined && { weight }) }
  })
}

const isWhole = (value: number, min: number, max: number): boolean =>
  Number.isInteger(value) && value >= min && value <= max
