import {
  NOTICE_CHANNELS,
  type NoticeChannel,
  type NoticeEvent,
  type NoticeInput,
  noticeActors,
  noticeAudiences,
} from '@onus/workflows-contract'
import { type QuietHours, quietUntil } from './quiet-hours.ts'

/** Why a notice was not sent. */
export type SuppressionReason = 'preference' | 'quiet_hours' | 'own_action' | 'coalesced' | 'not_visible'

export type When = 'always' | 'not_online' | 'never'

export interface PreferenceRule {
  event: string
  channel: string
  departmentId?: string | undefined
  when: string
}

/** One person who may be told, as the directory knows them now. */
export interface Candidate {
  agentId: string
  /** Active, and able to see the ticket where the command left it. */
  canSee: boolean
  online: boolean
  timeZone: string
  quietHours?: QuietHours | undefined
  rules: readonly PreferenceRule[]
  /** Has a device that push messages go to. */
  hasDevice: boolean
}

/** What the plan asks the world. */
export interface PlanFacts {
  now: Date
  /** Ids of the active members of a department. */
  membersOf(departmentId: string): readonly string[]
  /** Undefined for an id that nobody has. */
  candidate(agentId: string): Candidate | undefined
  /** The account has a Slack workspace to write to. */
  slack: boolean
}

/** One line of the plan. */
export interface PlannedNotice {
  event: NoticeEvent
  channel: NoticeChannel
  agentId: string
  state: 'planned' | 'suppressed'
  reason?: SuppressionReason
  /** Set while quiet hours hold it back: when it may leave. */
  notBefore?: Date
}

const ON_BY_DEFAULT: Record<NoticeEvent, readonly NoticeChannel[]> = {
  ticket_assigned: NOTICE_CHANNELS,
  contact_replied: NOTICE_CHANNELS,
  ticket_new: NOTICE_CHANNELS,
  claim_overdue: NOTICE_CHANNELS,
  ticket_reopened_department: ['push', 'in_app'],
  ticket_reopened_mine: ['push', 'in_app'],
  chat_ringing: ['push', 'in_app'],
  chat_message: ['push', 'in_app'],
  chat_missed: ['push', 'in_app'],
}

/** What a person chose for an event on a channel: the department's own rule before the general one. */
export function chosenWhen(
  rules: readonly PreferenceRule[],
  event: NoticeEvent,
  channel: NoticeChannel,
  departmentId: string,
): When {
  const fitting = rules.filter((rule) => rule.event === event && rule.channel === channel)
  const chosen =
    fitting.findLast((rule) => rule.departmentId === departmentId) ??
    fitting.findLast((rule) => !rule.departmentId)
  if (chosen) return chosen.when as When
  return ON_BY_DEFAULT[event].includes(channel) ? 'always' : 'never'
}

/**
 * Decides who is told what of one command, and how. Every person gets at most one notice on a channel:
 * the strongest event that they want there. What they would have been told otherwise stays in the plan as
 * suppressed, with the reason.
 */
export function planNotices(input: NoticeInput, facts: PlanFacts): PlannedNotice[] {
  const actors = noticeActors(input)
  return [...eventsByAgent(input, facts)].flatMap(([agentId, events]) => {
    const person = facts.candidate(agentId)
    return NOTICE_CHANNELS.filter((channel) => reachable(channel, person, facts)).flatMap((channel) => {
      if (actors.has(agentId)) return suppressed(agentId, channel, events, 'own_action')
      if (!person?.canSee) return suppressed(agentId, channel, events, 'not_visible')
      return planChannel(person, channel, events, input.after.departmentId, facts.now)
    })
  })
}

function eventsByAgent(input: NoticeInput, facts: PlanFacts): Map<string, NoticeEvent[]> {
  const events = new Map<string, NoticeEvent[]>()
  for (const audience of noticeAudiences(input)) {
    const ids = 'agentId' in audience ? [audience.agentId] : facts.membersOf(audience.departmentId)
    for (const id of ids) events.set(id, [...(events.get(id) ?? []), audience.event])
  }
  return events
}

/** A channel that cannot reach somebody at all is not worth a line in the ledger. */
function reachable(channel: NoticeChannel, person: Candidate | undefined, facts: PlanFacts): boolean {
  if (channel === 'slack') return facts.slack
  if (channel === 'push') return person?.hasDevice ?? false
  return true
}

function suppressed(
  agentId: string,
  channel: NoticeChannel,
  events: readonly NoticeEvent[],
  reason: SuppressionReason,
): PlannedNotice[] {
  return events.map((event) => ({ event, channel, agentId, state: 'suppressed', reason }))
}

function planChannel(
  person: Candidate,
  channel: NoticeChannel,
  events: readonly NoticeEvent[],
  departmentId: string,
  now: Date,
): PlannedNotice[] {
  const base = { channel, agentId: person.agentId }
  const quietEnd = channel === 'in_app' ? null : quietUntil(now, person.quietHours, person.timeZone)
  let told = false
  return events.map((event): PlannedNotice => {
    const when = chosenWhen(person.rules, event, channel, departmentId)
    const wanted = when === 'always' || (when === 'not_online' && !person.online)
    if (!wanted) return { ...base, event, state: 'suppressed', reason: 'preference' }
    if (told) return { ...base, event, state: 'suppressed', reason: 'coalesced' }
    told = true
    return { ...base, event, state: 'planned', ...(quietEnd && { notBefore: quietEnd }) }
  })
}
