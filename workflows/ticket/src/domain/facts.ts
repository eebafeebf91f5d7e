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
  actions: readonly RuleAction[]
}

/** Whom a department's distribution would choose, and why not the others. */
export interface Choice {
  agentId: string | null
  candidates: { agentId: string; outcome: 'chosen' | 'passed_over'; reason: string }[]
}

export interface Facts {
  now: Date
  directory: DirectoryFacts
  /** Effects of the rules on `ticket_created`; only looked at when a ticket is created. */
  rules?: readonly RuleEffectFacts[]
  /** The distribution of a department, for tickets that are to be given out again; absent: to nobody. */
  redistribute?: (departmentId: string) => Choice
}

/** An active member of the department: somebody who may be responsible for its tickets. */
export function mayHold(directory: DirectoryFacts, agentId: string, departmentId: string): boolean {
  return directory.agent(agentId)?.status === 'active' && directory.isMember(agentId, departmentId)
}
