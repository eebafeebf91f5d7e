/**
 * What a decision may know of the world, read when the command is decided. The interfaces ask for no more
 * than the domain uses; the directory's own types satisfy them.
 */

export interface DayHours {
  /** Local times `HH:MM`; `24:00` is the end of the day. */
  intervals: readonly { from: string; to: string }[]
}

export interface HoursFacts {
  timeZone: string
  mon?: DayHours
  tue?: DayHours
  wed?: DayHours
  thu?: DayHours
  fri?: DayHours
  sat?: DayHours
  sun?: DayHours
  /** ISO dates on which the department is closed. */
  holidays: readonly string[]
}

export interface ClaimTimeoutFacts {
  /** ISO 8601 duration; absent: no warning. */
  warnAfter?: string
  /** `notify`, `escalate` or `redistribute`. */
  then: string
  /** ISO 8601 duration. */
  after: string
  toDepartmentId?: string
}

export interface DepartmentFacts {
  id: string
  name: string
  /** One of the reopen policies; anything else counts as the default, `keep_if_available`. */
  reopenPolicy: string
  onlyOwnerAnswers: boolean
  membersMayTakeOver: boolean
  /** Absent: always open. */
  hours?: HoursFacts
  claimTimeout?: ClaimTimeoutFacts
  /** Absent: people take the tickets themselves. */
  distribution?: DistributionFacts
}

export interface DistributionFacts {
  /** One of the strategies; anything else counts as `manual`. */
  strategy: string
  /** Of `new`, `reopened` and `transferred`. */
  on: readonly string[]
  fallbackDepartmentId?: string
}

export interface SkillFacts {
  name: string
  /** 1 to 5. */
  level: number
}

export interface AgentFacts {
  id: string
  name: string
  /** `owner`, `admin` or `agent`. */
  role: string
  /** `active`, `suspended` or `removed`. */
  status: string
  /** `online`, `away` or `offline`. */
  presence: string
  /** Working hours of the agent; absent: whenever they are online. */
  schedule?: HoursFacts
  /** When they are away for longer: from `from` on, and before `until`. */
  leave: readonly { from: string; until: string }[]
  /** For a time, somebody else has what would be theirs. */
  delegation?: DelegationFacts
  /** Tickets in `new` or `open` at most; absent: no limit. */
  capacity?: number | null
  skills?: readonly SkillFacts[]
  memberships?: readonly { departmentId: string; weight?: number }[]
}

export interface DelegationFacts {
  /** What it brings about names it. */
  id?: string
  toAgentId: string
  from: string
  until: string
  /** `tickets`: the delegate becomes responsible; `notices`: the delegate is told, and nothing moves. */
  mode: string
}

/** Where the tickets of somebody who leaves go, and who said so. */
export interface OffboardingFacts {
  id: string
  startedBy?: { type: string; id?: string; name?: string }
  /** By department: an agent, or `nobody` or `redistribute`; those that are not named go to nobody. */
  successors: readonly { departmentId: string; agentId?: string; policy?: string }[]
}

export interface SettingsFacts {
  defaultDepartmentId: string
  /** ISO 8601 duration. */
  reopenWindow: string
  timeZone: string
}

/** The account's directory at one moment. */
export interface DirectoryFacts {
  readonly settings: SettingsFacts
  department(id: string): DepartmentFacts | undefined
  agent(id: string): AgentFacts | undefined
  /** Whether the agent is a member of the department; the only active agent is one of every department. */
  isMember(agentId: string, departmentId: string): boolean
  /** The only active agent of the account; null when there are several, or none. */
  readonly soloAgentId: string | null
  /** The active members. */
  membersOf(departmentId: string): readonly AgentFacts[]
  /** The off-boarding of an agent who is not active any more. */
  offboarding?(agentId: string): OffboardingFacts | undefined
}

export interface RuleAction {
  type: string
  [parameter: string]: unknown
}

/** What one rule wants of an event, after "one winner for a field" and "stop". */
export interface RuleEffectFacts {
  ruleId: string
  version: number
  ruleName: string
  /** Its place in the account's order; decides between rules of different triggers of one event. */
  position?: number
  actions: readonly RuleAction[]
}

/** A time that a rule waits for. */
export interface TimeTriggerFacts {
  ruleId: string
  version: number
  /** `unclaimed_for`, `unanswered_for`, `older_than`, `status_older_than` or `due_in`. */
  type: string
  /** ISO 8601 duration, counted in the department's hours. */
  after: string
}

/** One event of a ticket that rules are asked about. */
export interface RuleQuestion {
  trigger: string
  /** The ticket as the event left it, by the names that conditions have for it. */
  values: Readonly<Record<string, unknown>>
  /** The message that the event is about, or else the contact's last one. */
  messageId?: string
  /** Rules whose time has come; absent: all that wait for the trigger. */
  onlyRuleIds?: readonly string[]
}

/** The account's rules, as far as a decision needs them. */
export interface RulesFacts {
  /** Events that any rule waits for. */
  readonly events: ReadonlySet<string>
  readonly times: readonly TimeTriggerFacts[]
  /** What the rules want, in their order. */
  evaluate(question: RuleQuestion): readonly RuleEffectFacts[]
}

/** Why a ticket is given to somebody by distribution; `drain`: it waited, and somebody can get it now. */
export type Occasion = 'new' | 'reopened' | 'transferred' | 'drain' | 'claim_timeout' | 'offboarding'

/** Whom a department's distribution chooses, and why not the others. */
export interface Choice {
  agentId: string | null
  strategy?: string
  candidates: { agentId: string; outcome: 'chosen' | 'passed_over'; reason: string }[]
  /** Somebody could get it, and others wait longer: it is given out after them. */
  queued?: true
  /** It is not known yet; it will be decided again. */
  pending?: true
}

export interface Facts {
  now: Date
  directory: DirectoryFacts
  /** The account's rules; absent: it has none. */
  rules?: RulesFacts
  /**
   * Whom the distribution of a department gives the ticket to; who is chosen has their place kept until the
   * decision is in the log. Absent: nobody is ever chosen.
   */
  choose?: (departmentId: string, occasion: Occasion, requiredSkills: readonly SkillFacts[]) => Choice
}

/** An active member of the department: somebody who may be responsible for its tickets. */
export function mayHold(
  directory: Pick<DirectoryFacts, 'agent' | 'isMember'>,
  agentId: string,
  departmentId: string,
): boolean {
  return directory.agent(agentId)?.status === 'active' && directory.isMember(agentId, departmentId)
}
