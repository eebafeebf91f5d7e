/**
 * The words of responsibility, as types. Everything here is data that crosses a boundary (workflow
 * payloads, the ticket's log, events), so every change must stay readable by older and newer code.
 * Times are RFC 3339 UTC strings with milliseconds.
 */

/** Where a ticket's conversation takes place. */
export const CHANNELS = [
  'email',
  'web_form',
  'chat',
  'facebook',
  'x',
  'instagram',
  'viber',
  'whatsapp',
  'api',
] as const
export type Channel = (typeof CHANNELS)[number]

export const TICKET_STATUSES = [
  'new',
  'open',
  'answered',
  'postponed',
  'resolved',
  'closed',
  'spam',
  'deleted',
] as const
export type TicketStatus = (typeof TICKET_STATUSES)[number]

export const PRIORITIES = ['low', 'normal', 'high', 'urgent'] as const
export type Priority = (typeof PRIORITIES)[number]

export const ROLES = ['owner', 'admin', 'agent'] as const
export type Role = (typeof ROLES)[number]

/** Who did something. `name` is what a reader is shown; it survives the agent's removal. */
export interface Actor {
  type: 'agent' | 'contact' | 'api_client' | 'system'
  id?: string
  name?: string
}

/** Why responsibility changed. By hand first, then by itself. */
export type Cause =
  | { type: 'claim' | 'answer' | 'assign' | 'transfer' | 'release' | 'take_over' | 'return' }
  | {
      type: 'inbound_address' | 'default_department' | 'solo_account' | 'distribution'
    }
  | { type: 'membership_change'; startedBy?: Actor }
  /**
   * `agentId` is who is away, and somebody stands in for. `before`: they stood in themselves. `ended`: what
   * came by it goes back.
   */
  | {
      type: 'delegation'
      delegationId?: string
      agentId?: string
      before?: { delegationId: string; agentId: string }
      ended?: true
    }
  | { type: 'rule'; ruleId: string; version: number; ruleName?: string }
  | { type: 'reopen_policy'; policy: ReopenPolicy; outcome?: string }
  | { type: 'claim_timeout'; late?: boolean }
  | { type: 'offboarding'; offboardingId: string; startedBy?: Actor; undone?: true }
  /** Changes that are not about responsibility: an inbound mail, a contact's reply, a timer, an API call. */
  | {
      type: 'created' | 'reply' | 'auto_reply' | 'note' | 'update' | 'resolve' | 'reopen' | 'postpone'
    }
  | { type: 'close' | 'spam' | 'delete' | 'reopen_window' | 'postpone_end'; late?: boolean }

export const REOPEN_POLICIES = ['keep', 'keep_if_available', 'department', 'redistribute'] as const
export type ReopenPolicy = (typeof REOPEN_POLICIES)[number]

/** The pair that this product is about. It changes only as one value. */
export interface Holder {
  departmentId: string
  agentId: string | null
}

export interface Responsibility extends Holder {
  /** Number of responsibility changes so far; the first is 1. */
  revision: number
  since: string
  actor: Actor
  cause: Cause
  reason?: string
}

export const ENTRY_TYPES = [
  'created',
  'message.added',
  'responsibility.changed',
  'status.changed',
  'reopened',
  'tags.changed',
  'priority.changed',
  'fields.changed',
  'rule.applied',
  'rule.loop_stopped',
  'claim.overdue',
  'distribution.no_eligible_agent',
] as const
export type EntryType = (typeof ENTRY_TYPES)[number]

/**
 * One timeline entry, which is also one event with the same `sequence`. `from` and `to` are holders in
 * `responsibility.changed` (`from` is absent at revision 1) and plain values in `status.changed` and
 * `priority.changed`; nothing else carries them. No message body and no contact address is ever in here.
 *
 * `details` by type:
 * - `created`: `{channel, number, priority, tags, contactId, followUpOf?: ticketId, automatic?: true}`
 * - `message.added`: `{messageId, authorType: "agent"|"contact"|"api_client"|"system", kind: "public"|"note", automatic?: true,
 *   writtenBy?: Actor}`; the last when somebody else wrote as the contact
 * - `responsibility.changed`: `{candidates?: [{agentId, outcome, reason}], chain?: [agentId]}`; the chain of
 *   those who stand in for each other
 * - `reopened`: `{policy, outcome, previousStatus}`; `outcome` is `kept`, `unassigned` (nobody held it), or why it
 *   left its agent: `policy`, `not_member`, `delegated`, or `away`, `on_leave`, `off_shift`
 * - `tags.changed`: `{added, removed}`; `fields.changed`: `{fields: [names], dueAt?: string | null}`
 * - `rule.applied`: `{ruleId, version, ruleName, trigger, actions: [types], skipped?: [{type, reason}],
 *   timer?: {type, since, dueAt, late?: true}, requiredSkills?: [{name, level}], notify?: [{agentId |
 *   departmentId | slackChannel | email, text}], webhooks?: [webhookId]}`; `actions` are those that took effect
 * - `rule.loop_stopped`: `{ruleId, version, ruleName, depth}`: the rule that would have acted next
 * - `claim.overdue`: `{then: "warn"|"notify"|"escalate"|"redistribute", late?: true, since, toDepartmentId?,
 *   notEscalated?: "same_department"|"department_gone"|"came_from_there"}`; `status.changed`:
 *   `{until?, late?: true}`
 */
export interface Entry {
  sequence: number
  at: string
  type: EntryType
  actor: Actor
  cause: Cause
  from?: Holder | string
  to?: Holder | string
  reason?: string
  revision?: number
  details?: Record<string, unknown>
}

/** What the workflow knows of its ticket. No subject, body, address or name of a contact. */
export interface TicketState {
  schema: 1
  accountId: string
  ticketId: string
  number: string
  channel: Channel
  contactId: string
  status: TicketStatus
  priority: Priority
  tags: string[]
  fields: Record<string, unknown>
  responsibility: Responsibility
  createdAt: string
  updatedAt: string
  /** Last entry's sequence and last log document's number. */
  sequence: number
  commandNumber: number
  /** The contact waits since then; null when nobody waits. Starts the "waiting" order of To solve. */
  waitingSince: string | null
  /** When the current unclaimed spell began; null while an agent holds the ticket or it needs nobody. */
  unclaimedSince: string | null
  /** Claim timeout steps already taken in the current unclaimed spell. */
  claimWarned: boolean
  claimOverdue: boolean
  postponed: { until: string; previousStatus: 'new' | 'open' | 'answered' } | null
  resolvedAt: string | null
  /** The last transfer, so that `return` knows where to: who transferred, and from whom. */
  lastTransfer: { by: Actor; from: Holder; at: string } | null
  /** The holder before the last release to nobody by a policy; for "redistribute" and explanations. */
  lastAgentId: string | null
  /** Since when it has its status; absent in states of before this was kept. */
  statusSince?: string
  /** When it has to be done, if somebody said so. */
  dueAt?: string
  /** The contact's last message that no machine wrote; what rules about the conversation look at. */
  lastContactMessageId?: string
  /** What an agent has to know to get it by distribution. */
  requiredSkills?: RequiredSkill[]
  /** What made it nobody's, if distribution may give it to somebody: `new`, `reopened`, `transferred`. */
  awaits?: string
  /** Distribution found nobody who can get it: since when, and why, in one word. */
  noEligibleAgent?: { since: string; reason: string }
  /** Departments that did not claim it in time, since somebody held it last. */
  escalatedFrom?: string[]
  /** Rules by time that have had their turn, each for the spell that it had it in. */
  firedRules?: FiredRule[]
  /** When rules answered the contact by themselves; the last few. */
  autoAnswers?: string[]
}

export interface RequiredSkill {
  name: string
  /** 1 to 5; the least that is enough. */
  level: number
}

/** A rule by time runs once in one spell: for as long as what it waits for goes on. */
export interface FiredRule {
  ruleId: string
  version: number
  /** Type of its trigger, and when the spell began. */
  type: string
  since: string
}

/** When the ticket's own timers are due; computed outside the workflow (hours, zones, settings). */
export interface Deadlines {
  claimWarnAt?: string
  claimDueAt?: string
  claimThen?: 'notify' | 'escalate' | 'redistribute'
  postponeEndsAt?: string
  closesAt?: string
  /** The next time that a rule waits for. */
  ruleDueAt?: string
}

/** The commands of a ticket. `actor` and authority come beside it, in {@link CommandEnvelope}. */
export type Command =
  | {
      type: 'create'
      number: string
      channel: Channel
      contactId: string
      messageId: string
      priority: Priority
      tags: string[]
      fields: Record<string, unknown>
      /** Named by the caller (`assign`), or by the address that the mail was sent to (`inbound_address`). */
      departmentId?: string
      departmentBy?: 'assign' | 'inbound_address'
      /** A machine wrote the first mail: nobody is notified and no clock is started by it. */
      automatic?: boolean
      followUpOf?: string
      dueAt?: string
    }
  | { type: 'claim' }
  | { type: 'answer'; messageId: string }
  | { type: 'note'; messageId: string }
  /** `automatic`: a bounce or automatic reply; it is kept, and never reopens, unassigns or notifies. */
  | { type: 'contact_reply'; messageId: string; automatic?: boolean }
  | { type: 'assign'; agentId: string }
  | { type: 'transfer'; departmentId: string; agentId?: string; noteMessageId?: string }
  | { type: 'release' }
  | { type: 'take_over'; reason: string }
  | { type: 'return'; noteMessageId?: string }
  | { type: 'resolve' | 'reopen' | 'close' | 'spam' | 'delete' }
  | { type: 'postpone'; until: string }
  | {
      type: 'update'
      tags?: string[]
      priority?: Priority
      fields?: Record<string, unknown>
      /** When it has to be done; null: no more. */
      dueAt?: string | null
    }
  /** The workflow's own clock: whatever is due now, is done. */
  | { type: 'tick' }
  /** Directory facts changed: put right what they made wrong (rule 2 and rule 9), and move the timers. */
  | {
      type: 'recheck'
      because:
        | 'membership_change'
        | 'offboarding'
        | 'solo_account'
        | 'settings'
        | 'delegation'
        /** Somebody may be able to get it now. */
        | 'distribution'
      offboardingId?: string
      startedBy?: Actor
      /** The off-boarding is taken back: what it moved goes back to this agent, where it still is. */
      giveBackTo?: string
      /** The delegation that begins or ends, and whose it is. */
      delegation?: { id: string; agentId: string; ended: boolean }
    }

/** Who commands, with what right. Facts about the agent are read again when the command is decided. */
export interface Authority {
  actor: Actor
  /** Role of the acting agent or key; absent for the system and for a contact's own mail. */
  role?: Role
  /** Extra scopes of an API key, for example `contact:write`. */
  scopes?: string[]
}

export interface CommandEnvelope {
  /** Idempotency: the same id is the same command, and gets its first answer. Also the update id. */
  commandId: string
  command: Command
  authority: Authority
  expectedRevision?: number
  /** W3C trace context of the request, carried on into the event. */
  traceparent?: string
}

/** Why a command was refused. `reason` is a problem type of the public list. */
export interface Refusal {
  reason: string
  detail: string
  errors?: { field: string; message: string }[]
  current?: Responsibility
}

/** The part of a ticket that commands change; what an update answers. */
export interface TicketView {
  status: TicketStatus
  priority: Priority
  tags: string[]
  fields: Record<string, unknown>
  responsibility: Responsibility
  updatedAt: string
  sequence: number
  dueAt?: string
  postponedUntil?: string
  deadlines: Deadlines
}

export type CommandAnswer = { ok: true; ticket: TicketView } | { ok: false; refusal: Refusal }

/** All entries of one command: one document of the ticket's log. */
export interface LogDocument {
  /** `<accountId>:<ticketId>:<commandNumber>`; unique, and the only concurrency control there is. */
  _id: string
  accountId: string
  ticketId: string
  commandNumber: number
  commandId: string
  commandType: Command['type']
  at: string
  entries: Entry[]
  /** Values of the custom fields that this command set (null: removed). Not in entries: they may name people. */
  fields?: Record<string, unknown>
  /** W3C trace context of the request. */
  traceparent?: string
  /** What the command means for the figures; it follows from the log. Absent: nothing. */
  measures?: Measure[]
}

/** One thing that figures count; of the moment that the command's document has, and of that day of the account. */
export type Measure =
  /** Somebody got a ticket that had waited in this department since an earlier command. */
  | { type: 'claimed'; departmentId: string; seconds: number; day: string; cause: string }
  /** A change of department. */
  | { type: 'moved'; from: string; to: string; day: string }
  | { type: 'resolved'; departmentId: string; day: string }
  /** From the department that had it to the one that it came to. */
  | { type: 'reopened'; from: string; to: string; day: string }
