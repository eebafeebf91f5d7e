import {
  type LedgerEvent,
  NOTICE_CHANNELS,
  type NoticeChannel,
  type NoticeEvent,
  type NoticeInput,
  noticeActors,
  noticeAudiences,
  ruleNotices,
} from '@onus/workflows-contract'
import { digestAt } from './digest.ts'
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
  digest?: { every: string } | undefined
  rules: readonly PreferenceRule[]
  /** Has a device that push messages go to. */
  hasDevice: boolean
}

/** What the plan asks the world. */
export interface PlanFacts {
  now: Date
  /** Ids of the active members of a department. */
  membersOf(departmentId: string): readonly string[]
  /** Ids of the active owners and admins. */
  admins(): readonly string[]
  /** The agent who has this e-mail address. */
  agentByEmail(email: string): string | undefined
  /** Who is told of what this agent is told, for as long as they stand in for them. */
  standsInFor?(agentId: string): string | null
  /** Undefined for an id that nobody has. */
  candidate(agentId: string): Candidate | undefined
  /** The account has a Slack workspace to write to people in. */
  slack: boolean
  /** It can write to a channel there, if only by an incoming webhook. Left out: as `slack`. */
  slackChannels?: boolean
}

/** Where a rule sends a notice that is no agent's. */
export interface Target {
  type: 'slack_channel' | 'email'
  address: string
}

/** One line of the plan. */
export interface PlannedNotice {
  event: LedgerEvent
  channel: NoticeChannel
  /** Nobody's when it goes to a `target`. */
  agentId: string
  target?: Target
  state: 'planned' | 'suppressed'
  reason?: SuppressionReason
  /** Set while it waits for its digest: when that leaves. */
  digestAt?: Date
  /** What rules want this person told. */
  text?: string
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
  event: LedgerEvent,
  channel: NoticeChannel,
  departmentId: string,
): When {
  if (event === 'rule') return 'always'
  const fitting = rules.filter((rule) => rule.event === event && rule.channel === channel)
  const chosen =
    fitting.findLast((rule) => rule.departmentId === departmentId) ??
    fitting.findLast((rule) => !rule.departmentId)
  if (chosen) return chosen.when as When
  return ON_BY_DEFAULT[event].includes(channel) ? 'always' : 'never'
}

/** What somebody would be told, strongest first. `only` bounds it to a channel. */
interface Wish {
  event: LedgerEvent
  only?: NoticeChannel
  text?: string
}

/** A conversation that goes on now: an hour later it is of no use to anybody. */
const LIVE: ReadonlySet<LedgerEvent> = new Set(['chat_ringing', 'chat_message'])

/**
 * Decides who is told what of one command, and how. Every person gets at most one notice on a channel:
 * the strongest event that they want there, with what rules have to say. What they would have been told
 * otherwise stays in the plan as suppressed, with the reason.
 */
export function planNotices(input: NoticeInput, facts: PlanFacts): PlannedNotice[] {
  const actors = noticeActors(input)
  const people = [...wishesByAgent(input, facts)].flatMap(([agentId, wishes]) => {
    const person = facts.candidate(agentId)
    return NOTICE_CHANNELS.filter((channel) => reachable(channel, person, facts)).flatMap((channel) => {
      const here = wishesOn(channel, wishes)
      if (actors.has(agentId)) return suppressed(agentId, channel, here, 'own_action')
      if (!person?.canSee) return suppressed(agentId, channel, here, 'not_visible')
      return planChannel(person, channel, here, input.after.departmentId, facts.now)
    })
  })
  return [...people, ...planTargets(input, facts)]
}

/** Everybody whom the command is news for, with what they would be told. */
export function wishesByAgent(
  input: NoticeInput,
  facts: Pick<PlanFacts, 'membersOf' | 'admins' | 'agentByEmail' | 'standsInFor'>,
): Map<string, Wish[]> {
  const wishes = new Map<string, Wish[]>()
  const add = (ids: readonly string[], wish: Wish) => {
    for (const id of ids) wishes.set(id, [...(wishes.get(id) ?? []), wish])
  }
  for (const audience of noticeAudiences(input)) {
    const { event } = audience
    if ('agentId' in audience) {
      const standIn = facts.standsInFor?.(audience.agentId)
      add(standIn ? [audience.agentId, standIn] : [audience.agentId], { event })
    } else if ('departmentId' in audience) add(facts.membersOf(audience.departmentId), { event })
    else add(facts.admins(), { event })
  }
  for (const notice of ruleNotices(input)) {
    const { text } = notice
    if ('agentId' in notice) add([notice.agentId], { event: 'rule', text })
    else if ('departmentId' in notice) add(facts.membersOf(notice.departmentId), { event: 'rule', text })
    else if ('email' in notice) {
      const owner = facts.agentByEmail(notice.email)
      if (owner !== undefined) add([owner], { event: 'rule', only: 'email', text })
    }
  }
  return wishes
}

/** What rules send to addresses that are no agent's: each gets one notice with all that it should know. */
function planTargets(input: NoticeInput, facts: PlanFacts): PlannedNotice[] {
  const told = ruleNotices(input).flatMap((notice) => {
    const target = targetOf(notice, facts)
    return target ? { target, text: notice.text, key: `${target.type} ${target.address.toLowerCase()}` } : []
  })
  return [...Map.groupBy(told, ({ key }) => key).values()].map((same) => {
    const target = same[0]!.target
    const text = [...new Set(same.map((each) => each.text))].join('\n')
    const channel = target.type === 'email' ? 'email' : 'slack'
    return { event: 'rule', channel, agentId: '', target, state: 'planned', text }
  })
}

function targetOf(notice: object, facts: PlanFacts): Target | undefined {
  if ('slackChannel' in notice)
    return (facts.slackChannels ?? facts.slack)
      ? { type: 'slack_channel', address: String(notice.slackChannel) }
      : undefined
  if (!('email' in notice)) return undefined
  const address = String(notice.email)
  return facts.agentByEmail(address) === undefined ? { type: 'email', address } : undefined
}

/** A channel that cannot reach somebody at all is not worth a line in the ledger. */
function reachable(channel: NoticeChannel, person: Candidate | undefined, facts: PlanFacts): boolean {
  if (channel === 'slack') return facts.slack
  if (channel === 'push') return person?.hasDevice ?? false
  return true
}

/** What somebody would be told on a channel, each event once. */
function wishesOn(channel: NoticeChannel, wishes: readonly Wish[]): Wish[] {
  const here = wishes.filter(({ only }) => only === undefined || only === channel)
  return [...Map.groupBy(here, ({ event }) => event)].map(([event, same]) => {
    const texts = [...new Set(same.flatMap(({ text }) => text ?? []))]
    return texts.length ? { event, text: texts.join('\n') } : { event }
  })
}

const suppressed = (
  agentId: string,
  channel: NoticeChannel,
  wishes: readonly Wish[],
  reason: SuppressionReason,
): PlannedNotice[] => wishes.map(({ event }) => ({ event, channel, agentId, state: 'suppressed', reason }))

function planChannel(
  person: Candidate,
  channel: NoticeChannel,
  wishes: readonly Wish[],
  departmentId: string,
  now: Date,
): PlannedNotice[] {
  const base = { channel, agentId: person.agentId }
  const text = wishes.find((wish) => wish.text)?.text
  let told = false
  return wishes.map(({ event }): PlannedNotice => {
    const when = chosenWhen(person.rules, event, channel, departmentId)
    const wanted = when === 'always' || (when === 'not_online' && !person.online)
    if (!wanted) return { ...base, event, state: 'suppressed', reason: 'preference' }
    if (told) return { ...base, event, state: 'suppressed', reason: 'coalesced' }
    told = true
    return { ...base, event, ...timing(person, channel, event, text, now), ...(text && { text }) }
  })
}

/**
 * When somebody is told who wants to be. In-app at once. With a digest, in the digest. In quiet hours without
 * one, not at all. What a rule says waits for nothing: it is the account's choice, not the agent's.
 */
function timing(
  person: Candidate,
  channel: NoticeChannel,
  event: LedgerEvent,
  text: string | undefined,
  now: Date,
): Pick<PlannedNotice, 'state' | 'reason' | 'digestAt'> {
  if (channel === 'in_app' || text) return { state: 'planned' }
  const quiet = quietUntil(now, person.quietHours, person.timeZone) !== null
  if (person.digest && (quiet || !LIVE.has(event)))
    return { state: 'planned', digestAt: digestAt(now, person) }
  return quiet ? { state: 'suppressed', reason: 'quiet_hours' } : { state: 'planned' }
}
