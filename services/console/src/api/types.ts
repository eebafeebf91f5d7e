import type {
  CHANNELS,
  ENTRY_TYPES,
  LedgerEvent,
  NoticeChannel,
  NoticeEvent,
  PRIORITIES,
  REOPEN_POLICIES,
  Role,
  TICKET_STATUSES,
} from '@onus/workflows-contract'

/** What the API answers, as its OpenAPI document describes it; only what the console uses. */

export type Channel = (typeof CHANNELS)[number]
export type Status = (typeof TICKET_STATUSES)[number]
export type Priority = (typeof PRIORITIES)[number]
export type ReopenPolicy = (typeof REOPEN_POLICIES)[number]
export type Presence = 'online' | 'away' | 'offline'

export interface Page<T> {
  items: T[]
  nextCursor: string | null
}

export interface Actor {
  type: 'agent' | 'contact' | 'api_client' | 'system'
  id?: string
  name?: string
}

export interface Holder {
  departmentId: string
  agentId: string | null
}

export interface Cause {
  type: string
  ruleId?: string
  ruleName?: string
  version?: number
  [key: string]: unknown
}

export interface Responsibility extends Holder {
  revision: number
  since: string
  actor: Actor
  cause: Cause
  reason?: string
}

export interface Contact {
  id: string
  email?: string
  name?: string
}

export interface Ticket {
  id: string
  number: string
  subject: string
  channel: Channel
  status: Status
  priority: Priority
  tags: string[]
  contact: Contact
  departmentId: string
  agentId: string | null
  responsibility: Responsibility
  fields: Record<string, unknown>
  createdAt: string
  updatedAt: string
  dueAt?: string
  postponedUntil?: string
  claimClock?: { warnAt?: string; dueAt?: string; then: string }
  /** Set while the distribution has found nobody: why, in one word (`offline`, `several`, `no_members`, …). */
  noEligibleAgent?: string
  sequence: number
}

export interface Candidate {
  agentId: string
  outcome: 'chosen' | 'passed_over'
  reason: string
  /** Tickets that counted at that moment, and how many may. */
  load?: number
  capacity?: number
  /** The required skills that are missing, or at too low a level. */
  skills?: { name: string; level: number }[]
}

export interface TimelineEntry {
  sequence: number
  at: string
  type: (typeof ENTRY_TYPES)[number]
  actor: Actor
  cause: Cause
  from?: Holder | string
  to?: Holder | string
  reason?: string
  revision?: number
  details?: Record<string, unknown> & { candidates?: Candidate[]; messageId?: string }
  text: string
}

export interface Attachment {
  id: string
  name: string
  contentType: string
  size: number
}

export interface Message {
  id: string
  ticketId: string
  author: Actor
  kind: 'public' | 'note'
  body: string
  html?: string
  attachments: Attachment[]
  createdAt: string
  delivery?: { state: 'planned' | 'retrying' | 'sent' | 'failed'; nextAttemptAt?: string; error?: string }
}

export interface ToSolve {
  count: number
  assignedToMe: number
  unassigned: number
  items: Ticket[]
}

export interface Notice {
  id: string
  ticketId: string
  event: LedgerEvent
  channel: NoticeChannel
  /** An agent, or the channel or the domain of the address that a rule wrote to. */
  recipient: { agentId?: string; slackChannel?: string; emailDomain?: string }
  state: 'planned' | 'suppressed' | 'sent' | 'retrying' | 'failed' | 'acknowledged'
  reason?: string
  attempts: number
  nextAttemptAt?: string
  error?: string
  createdAt: string
  sentAt?: string
  /** What rules wanted the recipient told; events do not carry it. */
  text?: string
}

export interface DeliveryHealth {
  providers: {
    name: string
    host?: string
    state: 'ok' | 'failing'
    failingSince?: string
    nextTryAt?: string
    error?: string
  }[]
  /** Addresses of agents, and tokens of integrations, that notices wait for. */
  broken: {
    kind: 'address' | 'token'
    agentId?: string
    failures: number
    dead: boolean
    nextTryAt: string
    error?: string
  }[]
}

export interface Membership {
  departmentId: string
  weight?: number
}

export interface Agent {
  id: string
  name: string
  email: string
  role: Role
  locale: string
  timeZone: string
  capacity: number | null
  skills: { name: string; level: number }[]
  memberships: Membership[]
  status: 'active' | 'suspended' | 'removed'
  presence: Presence
  createdAt: string
  schedule?: Hours
  leave: Leave[]
  delegation?: Delegation
}

export interface Leave {
  from: string
  until: string
  /** For the agent and admins only. */
  note?: string
}

export interface Delegation {
  toAgentId: string
  from: string
  until: string
  mode: 'tickets' | 'notices'
}

export type OffboardingState =
  | 'preview'
  | 'running'
  | 'paused'
  | 'completed'
  | 'undoing'
  | 'undone'
  | 'stopped'

export interface Offboarding {
  id: string
  agentId: string
  status: 'removed' | 'suspended'
  state: OffboardingState
  tickets: number
  byDepartment: { departmentId: string; tickets: number }[]
  moved: number
  givenBack: number
  successors: { departmentId: string; agentId?: string; policy?: 'nobody' | 'redistribute' }[]
  startedBy?: Actor
  startedAt?: string
  finishedAt?: string
}

export interface Me extends Agent {
  type: 'agent' | 'api_client'
  accountId: string
  scopes: string[]
}

export type Weekday = 'mon' | 'tue' | 'wed' | 'thu' | 'fri' | 'sat' | 'sun'

export interface Hours {
  timeZone: string
  days: Partial<Record<Weekday, [string, string][]>>
  holidays?: string[]
}

export type Strategy = 'manual' | 'round_robin' | 'least_loaded' | 'weighted' | 'skill_based'

export interface Department {
  id: string
  name: string
  reopenPolicy: ReopenPolicy
  onlyOwnerAnswers: boolean
  membersMayTakeOver: boolean
  hours?: Hours
  addresses: string[]
  distribution: {
    strategy: Strategy
    on?: ('new' | 'reopened' | 'transferred')[]
    fallbackDepartmentId?: string | null
  }
  claimTimeout?: {
    warnAfter?: string | null
    then: 'notify' | 'escalate' | 'redistribute'
    after: string
    toDepartmentId?: string | null
  }
  createdAt: string
}

export interface Settings {
  name: string
  defaultDepartmentId: string
  routeAssignedToMe: boolean
  reopenWindow: string
  replyToClosed: 'reopen' | 'follow_up'
  locale: string
  timeZone: string
}

export type When = 'always' | 'not_online' | 'never'

export interface PreferenceRule {
  event: NoticeEvent
  channel: NoticeChannel
  departmentId?: string | null
  when: When
}

export interface Preferences {
  locale: string
  timeZone: string
  quietHours?: { from: string; to: string } | null
  digest?: { every: string } | null
  rules: PreferenceRule[]
}

export interface Condition {
  field: string
  op: string
  value?: unknown
}

export interface RuleAction {
  type: string
  [key: string]: unknown
}

export interface Rule {
  id: string
  active: boolean
  name: string
  notes: string
  position: number
  trigger: { type: string; after?: string }
  conditions: Condition[][]
  actions: RuleAction[]
  version: number
  broken?: string
  updatedAt: string
  updatedBy?: Actor
}

export interface Explanation {
  ruleId: string
  version: number
  matched: boolean
  reason: string
  byRuleId?: string
  conditions: (Condition & { actual?: unknown; result: boolean })[][]
  applied: { sequence: number; version: number; at: string; actions: string[] }[]
  skipped?: string
}

export interface DryRun {
  id: string
  state: 'running' | 'completed' | 'cancelled' | 'failed'
  progress: number
  ticketsRead: number
  wouldDiffer: { ticketId: string; ruleId: string; from: Holder | null; to: Holder; actual: Holder }[]
  wouldDifferTotal: number
  notices: {
    event: string
    agentId?: string
    departmentId?: string
    slackChannel?: string
    email?: string
    count: number
  }[]
  loops: { ticketId: string; ruleId: string; at: string }[]
  loopsTotal: number
  load: { agentId: string; before: number; after: number }[]
  unknown: { ruleId: string; field: string; reason: string; tickets: number }[]
  error?: string
}

export interface Viewer {
  agentId: string
  name: string
  state: 'viewing' | 'writing'
}

/** A list of tickets that an agent has put together; `me` as an agent is whoever looks. */
export interface SavedView {
  id: string
  name: string
  filter: {
    departmentId?: string
    agentId?: string
    status?: Status[]
    unassigned?: boolean
    q?: string
    sort?: string
  }
  columns: string[]
}

/** A view that everybody in a department has. */
export interface SharedView extends SavedView {
  departmentId: string
}

export interface SavedViews {
  items: SavedView[]
  shared: SharedView[]
  version: number
}

export interface ApiKey {
  id: string
  name: string
  agentId?: string
  scopes: string[]
  createdAt: string
  hint: string
}

export interface UnreadableMail {
  id: string
  receivedAt: string
  from: string
  to: string[]
  size: number
  error: string
  departmentId: string
}

export interface AuditEntry {
  id: string
  at: string
  actor: Actor
  action: string
  entityId: string
  fields: string[]
}

/** A phone, tablet or browser on which the agent is told. */
export interface Device {
  id: string
  kind: 'fcm' | 'apns' | 'web_push'
  name?: string
  app?: string
  createdAt: string
  renewedAt: string
}

export interface DeviceTest {
  state: 'sent' | 'gone' | 'failed'
  error?: string
}

export interface PushIntegration {
  kinds: Device['kind'][]
  webPush: { publicKey: string; generated: boolean }
  pushShowsText: boolean
}

/** RFC 9457, as every error of the API is. */
export interface ProblemDocument {
  type: string
  title: string
  status: number
  detail: string
  errors?: { field: string; message: string }[]
  current?: Responsibility
}

export interface ConsoleConfig {
  signIn: { path: string; issuer: string; clientId: string } | null
  version: string
}

export interface WebhookReplay {
  id: string
  state: 'running' | 'done'
  deliveries: number
  ticketId?: string
  fromSequence?: number
  since?: string
  until: string
}

export interface Webhook {
  id: string
  url: string
  events: string[]
  departmentId: string | null
  active: boolean
  createdAt: string
  updatedAt: string
  disabledReason?: 'gone' | 'failing'
  disabledAt?: string
  failingSince?: string
  lastError?: string
  resumesAt?: string
  replays: WebhookReplay[]
}

export interface WebhookWithSecret extends Webhook {
  secret: string
  previousSecretUntil?: string
}

export interface WebhookDelivery {
  id: string
  webhookId: string
  eventId: string
  type: string
  subject: string
  sequence?: number
  state: 'pending' | 'retrying' | 'delivered' | 'dead_letter'
  attempts: number
  statusCode?: number
  error?: string
  nextAttemptAt?: string
  durationMs?: number
  createdAt: string
  deliveredAt?: string
  replayId?: string
}

export interface SlackIntegration {
  workspace: string
  botTokenHint: string
  updatedAt: string
  interactive: boolean
  webhook: boolean
}

export interface OidcIntegration {
  issuer: string
  audience: string
  hasClientSecret: boolean
  emailDomains: string[]
  signInUrl: string
}

export interface OidcTested {
  issuer: string
  ok: boolean
  reason?: string
  redirectUri: string
}
