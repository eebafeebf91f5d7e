import type {
  Channel,
  Entry,
  Holder,
  LogDocument,
  Priority,
  RequiredSkill,
  TicketState,
  TicketStatus,
} from '@onus/workflows-contract'
import { waitsAfter, waitsAfterChange } from './waiting.ts'

/** Which ticket an entry is about; entries do not repeat it. */
export interface TicketKey {
  accountId: string
  ticketId: string
}

/** The part of a log document that changes the state. */
export type Commit = Pick<LogDocument, 'commandNumber' | 'entries' | 'fields'>

/** Applies all that one command did. */
export function applyCommit(state: TicketState | null, commit: Commit, key: TicketKey): TicketState | null {
  let next = state
  for (const entry of commit.entries) next = evolve(next, entry, key)
  if (next === null) return null
  return {
    ...next,
    commandNumber: commit.commandNumber,
    fields: commit.fields === undefined ? next.fields : mergeFields(next.fields, commit.fields),
  }
}

/** Sets the given fields; null removes one. */
export function mergeFields(
  fields: Record<string, unknown>,
  patch: Record<string, unknown>,
): Record<string, unknown> {
  const merged = { ...fields, ...patch }
  return Object.fromEntries(Object.entries(merged).filter(([, value]) => value !== null))
}

/**
 * The state after one entry. Total: entries of types that this version does not know, and details that it
 * does not understand, only move the sequence on.
 */
export function evolve(state: TicketState | null, entry: Entry, key: TicketKey): TicketState {
  const before = state ?? blank(entry, key)
  const next: TicketState = { ...before, sequence: entry.sequence, updatedAt: entry.at }
  const details = entry.details ?? {}
  switch (entry.type) {
    case 'responsibility.changed':
      return isHolder(entry.to) ? holderChanged(next, entry, entry.to) : next
    case 'status.changed':
      return typeof entry.to === 'string' ? statusChanged(next, entry, entry.to as TicketStatus) : next
    case 'message.added':
      return messageAdded(next, entry.at, details)
    case 'tags.changed': {
      const removed = new Set(strings(details.removed))
      return { ...next, tags: [...next.tags.filter((tag) => !removed.has(tag)), ...strings(details.added)] }
    }
    case 'priority.changed':
      return typeof entry.to === 'string' ? { ...next, priority: entry.to as Priority } : next
    case 'fields.changed':
      return 'dueAt' in details ? withDueAt(next, details.dueAt) : next
    case 'rule.applied':
      return ruleApplied(next, details)
    case 'reopened':
    case 'distribution.no_eligible_agent':
      return { ...next, ...waitsAfter(next, entry) }
    case 'claim.overdue':
      return details.then === 'warn' ? { ...next, claimWarned: true } : { ...next, claimOverdue: true }
    default:
      return next
  }
}

/** A ticket as its first entry, normally `created`, leaves it. Revision 0 is before the first change. */
function blank(entry: Entry, key: TicketKey): TicketState {
  const details = entry.details ?? {}
  return {
    schema: 1,
    accountId: key.accountId,
    ticketId: key.ticketId,
    number: String(details.number ?? ''),
    channel: (details.channel ?? 'api') as Channel,
    contactId: String(details.contactId ?? ''),
    status: 'new',
    priority: (details.priority ?? 'normal') as Priority,
    tags: strings(details.tags),
    fields: {},
    responsibility: {
      departmentId: '',
      agentId: null,
      revision: 0,
      since: entry.at,
      actor: entry.actor,
      cause: entry.cause,
    },
    createdAt: entry.at,
    updatedAt: entry.at,
    sequence: 0,
    commandNumber: 0,
    waitingSince: null,
    unclaimedSince: null,
    claimWarned: false,
    claimOverdue: false,
    postponed: null,
    resolvedAt: null,
    lastTransfer: null,
    lastAgentId: null,
    statusSince: entry.at,
  }
}

function holderChanged(state: TicketState, entry: Entry, to: Holder): TicketState {
  const before = state.responsibility
  const next: TicketState = {
    ...state,
    responsibility: {
      departmentId: to.departmentId,
      agentId: to.agentId,
      revision: entry.revision ?? before.revision + 1,
      since: entry.at,
      actor: entry.actor,
      cause: entry.cause,
      ...(entry.reason === undefined ? {} : { reason: entry.reason }),
    },
    lastTransfer: lastTransfer(state, entry, to),
    lastAgentId: to.agentId === null ? (before.agentId ?? state.lastAgentId) : state.lastAgentId,
  }
  Object.assign(next, waitsAfterChange(state, entry, to))
  // A new ticket's clock starts with its message, which a machine may have written.
  if (before.revision === 0) return next
  if (to.agentId !== null || before.departmentId !== to.departmentId) {
    const escalated = to.agentId === null && entry.cause.type === 'claim_timeout'
    if (escalated) next.escalatedFrom = [...(state.escalatedFrom ?? []), before.departmentId]
    else delete next.escalatedFrom
  }
  // Another department has its own time to claim.
  const sameSpell = before.departmentId === to.departmentId
  return settleSpell(sameSpell ? next : endSpell(next), entry.at)
}

/** Hand transfers and escalations can be returned; a return uses the memory up. */
function lastTransfer(state: TicketState, entry: Entry, to: Holder): TicketState['lastTransfer'] {
  const { departmentId, agentId, revision } = state.responsibility
  if (entry.cause.type === 'return') return null
  if (revision === 0 || departmentId === to.departmentId) return state.lastTransfer
  return { by: entry.actor, from: { departmentId, agentId }, at: entry.at }
}

function statusChanged(state: TicketState, entry: Entry, to: TicketStatus): TicketState {
  const until = entry.details?.until
  const next: TicketState = {
    ...state,
    status: to,
    statusSince: entry.at,
    postponed: null,
    resolvedAt: to === 'resolved' ? entry.at : null,
    waitingSince: to === 'open' || to === 'new' || to === 'postponed' ? state.waitingSince : null,
  }
  if (to === 'postponed' && typeof until === 'string')
    next.postponed = { until, previousStatus: state.postponed?.previousStatus ?? workingStatus(state.status) }
  return pruneFired(settleSpell(next, entry.at))
}

const workingStatus = (status: TicketStatus): 'new' | 'open' | 'answered' =>
  status === 'new' || status === 'answered' ? status : 'open'

function messageAdded(state: TicketState, at: string, details: Record<string, unknown>): TicketState {
  if (details.kind !== 'public' || details.automatic === true || state.status === 'spam') return state
  if (details.authorType === 'contact') {
    const lastContactMessageId = String(details.messageId)
    return settleSpell({ ...state, lastContactMessageId, waitingSince: state.waitingSince ?? at }, at)
  }
  if (details.authorType === 'system')
    return { ...state, autoAnswers: [...(state.autoAnswers ?? []), at].slice(-REMEMBERED_ANSWERS) }
  if (details.authorType !== 'agent') return state
  // What was answered while it was postponed comes back as answered.
  const postponed = state.postponed && { ...state.postponed, previousStatus: 'answered' as const }
  return { ...state, waitingSince: null, postponed }
}

function ruleApplied(state: TicketState, details: Record<string, unknown>): TicketState {
  const next = { ...state }
  if (Array.isArray(details.requiredSkills)) next.requiredSkills = details.requiredSkills as RequiredSkill[]
  const { ruleId, version, timer } = details
  if (typeof ruleId !== 'string' || typeof version !== 'number' || !isTimer(timer)) return next
  const fired = { ruleId, version, type: timer.type, since: timer.since }
  const others = (state.firedRules ?? []).filter((one) => one.ruleId !== ruleId)
  next.firedRules = [...others, fired].slice(-REMEMBERED_RULES)
  return pruneFired(next)
}

/** How many answers by rules, and turns of rules by time, a ticket remembers. */
const REMEMBERED_ANSWERS = 5
const REMEMBERED_RULES = 500

const isTimer = (value: unknown): value is { type: string; since: string } =>
  typeof value === 'object' && value !== null && 'type' in value && 'since' in value

/**
 * Forgets turns in spells that another one followed. One that only pauses (closed, postponed) may go on from
 * the same beginning, and its turn is not given twice.
 */
function pruneFired(state: TicketState): TicketState {
  const { firedRules } = state
  if (firedRules === undefined) return state
  const going = firedRules.filter(({ type, since }) => (spellOf(state, type) ?? since) === since)
  return going.length === firedRules.length ? state : { ...state, firedRules: going }
}

/**
 * When what a trigger by time waits for began; null while it does not go on. A ticket that is postponed
 * waits for its own time, and one that is resolved for nobody: only its age and its status' age go on.
 */
export function spellOf(state: TicketState, type: string): string | null {
  const { status } = state
  if (status === 'closed' || status === 'spam' || status === 'deleted') return null
  const waiting = status === 'new' || status === 'open'
  switch (type) {
    case 'unclaimed_for':
      return state.unclaimedSince
    case 'unanswered_for':
      return waiting ? state.waitingSince : null
    case 'older_than':
      return state.createdAt
    case 'status_older_than':
      return state.statusSince ?? null
    case 'due_in':
      return status === 'resolved' ? null : (state.dueAt ?? null)
    default:
      return null
  }
}

function withDueAt(state: TicketState, dueAt: unknown): TicketState {
  const { dueAt: _, ...next } = state
  return pruneFired(typeof dueAt === 'string' ? { ...next, dueAt } : next)
}

/** Starts the unclaimed spell when somebody must claim the ticket, ends it when nobody must. */
function settleSpell(state: TicketState, at: string): TicketState {
  const unclaimed = state.responsibility.agentId === null && ['new', 'open'].includes(state.status)
  if (!unclaimed) {
    const { escalatedFrom: _, noEligibleAgent: __, ...ended } = endSpell(state)
    return ended
  }
  return state.unclaimedSince === null ? { ...endSpell(state), unclaimedSince: at } : state
}

const endSpell = (state: TicketState): TicketState =>
  pruneFired({ ...state, unclaimedSince: null, claimWarned: false, claimOverdue: false })

const isHolder = (value: Entry['to']): value is Holder => typeof value === 'object' && value !== null

const strings = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter((item): item is string => typeof item === 'string') : []
