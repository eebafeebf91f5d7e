import type { Role } from '@onus/workflows-contract'
import type { Agent, Membership } from '../api/types.ts'
import type { Locale } from '../i18n/locales.ts'
import { type HoursDraft, hoursBody, hoursDraft, hoursValid } from './hours-model.ts'
import { isNamedTwice, namedSkills, type SkillDraft } from './skill-model.ts'

export const ROLES: Role[] = ['owner', 'admin', 'agent']
const RANK: Record<Role, number> = { owner: 3, admin: 2, agent: 1 }

/** Nobody gives a role above their own. */
export const mayGive = (mine: Role, role: Role): boolean => RANK[role] <= RANK[mine]

/** Nobody changes somebody above themselves. */
export const mayChange = (mine: Role, theirs: Role): boolean => RANK[theirs] <= RANK[mine]

/** The account keeps an owner who is active. */
export const isLastOwner = (agent: Agent | undefined, agents: readonly Agent[]): boolean =>
  agent?.role === 'owner' &&
  agent.status === 'active' &&
  agents.filter(({ role, status }) => role === 'owner' && status === 'active').length === 1

/** An agent while somebody edits them; numbers are texts, as they are typed. */
export interface AgentDraft {
  name: string
  email: string
  role: Role
  locale: Locale
  timeZone: string
  capacity: string
  skills: SkillDraft[]
  /** Weights by the departments that the agent is a member of; empty: 1. */
  weights: Record<string, string>
  schedule: HoursDraft
}

export function agentDraft(
  agent: Agent | undefined,
  defaults: { locale: Locale; timeZone: string },
): AgentDraft {
  const timeZone = agent?.timeZone || defaults.timeZone
  return {
    name: agent?.name ?? '',
    email: agent?.email ?? '',
    role: agent?.role ?? 'agent',
    locale: (agent?.locale as Locale | undefined) ?? defaults.locale,
    timeZone,
    capacity: agent?.capacity == null ? '' : String(agent.capacity),
    skills: (agent?.skills ?? []).map(({ name, level }) => ({ name, level })),
    weights: Object.fromEntries(
      (agent?.memberships ?? []).map(({ departmentId, weight }) => [
        departmentId,
        weight === undefined ? '' : String(weight),
      ]),
    ),
    schedule: hoursDraft(agent?.schedule, timeZone),
  }
}

/** What the API is sent, whole. Memberships are in one order, so that they compare. */
export function agentBody(draft: AgentDraft) {
  const memberships = Object.entries(draft.weights)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(
      ([departmentId, weight]): Membership => ({
        departmentId,
        ...(weight !== '' && { weight: Number(weight) }),
      }),
    )
  return {
    name: draft.name.trim(),
    email: draft.email.trim(),
    role: draft.role,
    locale: draft.locale,
    timeZone: draft.timeZone,
    capacity: draft.capacity === '' ? null : Number(draft.capacity),
    skills: namedSkills(draft.skills),
    memberships,
    schedule: hoursBody(draft.schedule),
  }
}

export type AgentFault = 'name' | 'email' | 'capacity' | 'weights' | 'skills' | 'schedule'

const isWhole = (text: string, from: number, to: number): boolean =>
  /^\d+$/.test(text) && Number(text) >= from && Number(text) <= to

export const weightFault = (weight: string): boolean => weight !== '' && !isWhole(weight, 1, 100)

/** What has to be put right before it is worth sending. */
export function agentFaults(draft: AgentDraft): AgentFault[] {
  return [
    ...(draft.name.trim() === '' ? (['name'] as const) : []),
    ...(/^\S+@\S+$/.test(draft.email.trim()) ? [] : (['email'] as const)),
    ...(draft.capacity === '' || isWhole(draft.capacity, 0, 100_000) ? [] : (['capacity'] as const)),
    ...(Object.values(draft.weights).some(weightFault) ? (['weights'] as const) : []),
    ...(isNamedTwice(draft.skills) ? (['skills'] as const) : []),
    ...(hoursValid(draft.schedule) ? [] : (['schedule'] as const)),
  ]
}

export const isMember = ({ memberships }: Agent, departmentId: string): boolean =>
  memberships.some((each) => each.departmentId === departmentId)

/** An agent's memberships with one more, or without one that was; the others stay as they are. */
export const membershipsAfter = (
  { memberships }: Agent,
  departmentId: string,
  joins: boolean,
): Membership[] =>
  joins
    ? [...memberships, { departmentId }]
    : memberships.filter((each) => each.departmentId !== departmentId)

/** Departments that the agent would not be a member of any more. */
export const leftDepartments = (base: AgentDraft, draft: AgentDraft): string[] =>
  Object.keys(base.weights).filter((id) => !(id in draft.weights))
