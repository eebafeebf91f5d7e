import type { SealedText } from '@onus/kit/secret-box'
import type { Actor, ReopenPolicy, Role } from '@onus/workflows-contract'

/**
 * The directory of one account as one value: everything that a decision about responsibility asks for. It
 * is read whole, decided on by pure functions, and replaced whole. Times are RFC 3339 UTC strings.
 */
export interface DirectoryState {
  schema: 1
  accountId: string
  /** Number of changes so far; the first state is 1. */
  version: number
  createdAt: string
  deletedAt: string | null
  settings: Settings
  departments: Department[]
  /** In the order in which they came; the removed ones stay, for their names. */
  agents: Agent[]
  apiKeys: ApiKey[]
  /** Ids of deleted keys, so that a repeated request never brings one back. */
  revokedKeys: string[]
  oidc: OidcIntegration | null
  /** The latest one of each agent who left. */
  offboardings?: OffboardingPlan[]
}

export const SUCCESSOR_POLICIES = ['nobody', 'redistribute'] as const

/** Where the tickets of somebody who leaves go in one department. */
export type Successor = { departmentId: string } & (
  | { agentId: string; policy?: undefined }
  | { agentId?: undefined; policy: (typeof SUCCESSOR_POLICIES)[number] }
)

export type OffboardingState = 'running' | 'paused' | 'completed' | 'undoing' | 'undone' | 'stopped'

/** What an off-boarding does; how many tickets it has moved is kept beside the account. */
export interface OffboardingPlan {
  id: string
  agentId: string
  /** What becomes of the agent. */
  status: 'suspended' | 'removed'
  /** Departments that are not named: to nobody. */
  successors: Successor[]
  startedBy: Actor
  startedAt: string
  /** What people want of it. */
  wanted: 'running' | 'paused' | 'undone' | 'stopped'
  /** Who takes it back. */
  undoneBy?: Actor
  /** Where it is, as it says itself. */
  state: OffboardingState
  finishedAt?: string
  /** The agent before it, for an undo. */
  previous: { status: AgentStatus; memberships: Membership[] }
  /** Tickets that the agent held when it began. */
  held?: { departmentId: string; tickets: number }[]
}

export interface Settings {
  name: string
  defaultDepartmentId: string
  routeAssignedToMe: boolean
  reopenWindow: string
  locale: string
  timeZone: string
  replyToClosed: ReplyToClosed
}

export const REPLY_TO_CLOSED = ['reopen', 'follow_up'] as const
export type ReplyToClosed = (typeof REPLY_TO_CLOSED)[number]

export interface Department {
  id: string
  name: string
  reopenPolicy: ReopenPolicy
  onlyOwnerAnswers: boolean
  membersMayTakeOver: boolean
  /** Absent: always open. */
  hours?: Hours
  /** In lower case; each belongs to one department of the whole installation. */
  addresses: string[]
  distribution: Distribution
  claimTimeout?: ClaimTimeout
  createdAt: string
}

export const WEEKDAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const
export type Weekday = (typeof WEEKDAYS)[number]

export interface DayInterval {
  /** Local time HH:MM; the end may be 24:00. */
  from: string
  to: string
}

/** Working hours; a day without intervals is closed. */
export type Hours = { timeZone: string; holidays: string[] } & {
  [day in Weekday]?: { intervals: DayInterval[] }
}

export const STRATEGIES = ['manual', 'round_robin', 'least_loaded', 'weighted', 'skill_based'] as const
export const DISTRIBUTED = ['new', 'reopened', 'transferred'] as const

export interface Distribution {
  strategy: (typeof STRATEGIES)[number]
  on: (typeof DISTRIBUTED)[number][]
  fallbackDepartmentId?: string
}

export const CLAIM_TIMEOUT_ACTIONS = ['notify', 'escalate', 'redistribute'] as const

export interface ClaimTimeout {
  warnAfter?: string
  then: (typeof CLAIM_TIMEOUT_ACTIONS)[number]
  after: string
  toDepartmentId?: string
}

export const AGENT_STATUSES = ['active', 'suspended', 'removed'] as const
export type AgentStatus = (typeof AGENT_STATUSES)[number]
export const PRESENCES = ['online', 'away', 'offline'] as const
export type Presence = (typeof PRESENCES)[number]

export interface Agent {
  id: string
  name: string
  email: string
  role: Role
  locale: string
  timeZone: string
  /** Tickets in new or open at most; absent: no limit. */
  capacity?: number
  skills: { name: string; level: number }[]
  memberships: Membership[]
  status: AgentStatus
  presence: Presence
  createdAt: string
  /** Absent: whenever they are online. */
  schedule?: Hours
  /** In the order of time, without overlap. */
  leave: Leave[]
  /** Absent: none. */
  delegation?: Delegation
}

/** A time in which the agent is away for longer; from `from` on, and before `until`. */
export interface Leave {
  from: string
  until: string
  note?: string
}

export const DELEGATION_MODES = ['tickets', 'notices'] as const

/** For a time, somebody else has what would be the agent's; from `from` on, and before `until`. */
export interface Delegation {
  /** What it brings about names it; a new one for every change. */
  id: string
  toAgentId: string
  from: string
  until: string
  /** `tickets`: the delegate becomes responsible; `notices`: the delegate is told, and nothing moves. */
  mode: (typeof DELEGATION_MODES)[number]
}

export interface Membership {
  departmentId: string
  /** Absent: 1. */
  weight?: number
}

/** A key as it is shown; its secret is only known as a hash, in a collection of its own. */
export interface ApiKey {
  id: string
  name: string
  /** Absent: the key is nobody's, and may do what its scopes name. */
  agentId?: string
  scopes: string[]
  createdAt: string
  hint: string
}

export const API_CLIENT_SCOPES = [
  'tickets:read',
  'tickets:write',
  'contact:write',
  'setup:read',
  'setup:write',
] as const
/** What a key may have beyond the right of the agent that it acts as. */
export const AGENT_KEY_SCOPES = ['contact:write'] as const

export interface OidcIntegration {
  issuer: string
  /** Also the id under which the issuer knows Onus when people sign in. */
  audience: string
  /** What Onus proves itself with to the issuer, sealed. */
  clientSecret?: SealedText
  /** Whoever gives an e-mail address of these domains is led to this issuer. */
  emailDomains?: string[]
}

/** What an account starts with where it says nothing else. */
export const DEFAULTS = {
  departmentName: 'Support',
  reopenWindow: 'P7D',
  locale: 'en',
  timeZone: 'UTC',
  replyToClosed: 'reopen',
  reopenPolicy: 'keep_if_available',
  distributedOn: ['new', 'reopened'],
} as const

export const activeAgents = (state: DirectoryState): Agent[] =>
  state.agents.filter((agent) => agent.status === 'active')

/** The only active agent, who counts as a member of every department; null when there are several. */
export function soloAgent(state: DirectoryState): Agent | null {
  const active = activeAgents(state)
  return active.length === 1 ? active[0]! : null
}
