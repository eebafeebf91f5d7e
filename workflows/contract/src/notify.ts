import type { NoticeInput } from './messages.ts'
import type { Entry } from './model.ts'

/** What a person can be told of; the names of the preferences. */
export const NOTICE_EVENTS = [
  'ticket_assigned',
  'ticket_reopened_mine',
  'contact_replied',
  'ticket_reopened_department',
  'ticket_new',
  'claim_overdue',
  'chat_ringing',
  'chat_message',
  'chat_missed',
] as const
export type NoticeEvent = (typeof NOTICE_EVENTS)[number]

/** What a line of the ledger can tell of: what people choose, and what a rule wants them told. */
export const LEDGER_EVENTS = [...NOTICE_EVENTS, 'rule'] as const
export type LedgerEvent = (typeof LEDGER_EVENTS)[number]

/** How a person can be told. */
export const NOTICE_CHANNELS = ['email', 'slack', 'push', 'in_app'] as const
export type NoticeChannel = (typeof NOTICE_CHANNELS)[number]

/** Who an event is for: one agent, everybody in a department, or the account's owners and admins. */
export type Audience = { event: NoticeEvent } & (
  | { agentId: string }
  | { departmentId: string }
  | { admins: true }
)

/** Whom a rule's action `notify` tells, and what. */
export type RuleNotice = { text: string } & (
  | { agentId: string }
  | { departmentId: string }
  | { slackChannel: string }
  | { email: string }
)

/**
 * Who a command is news for, before anybody's membership, sight or preferences are looked at; strongest
 * event first. Machines' messages, spam, deletion and off-boarding (which sends one summary) are no news.
 * On a chat the chat's own events come right before those that they are a case of.
 */
export function noticeAudiences(input: NoticeInput): Audience[] {
  const { entries, before, after } = input
  if (isSilent(input)) return []
  const chat = input.channel === 'chat' || entries.some((entry) => entry.details?.channel === 'chat')

  const audiences: Audience[] = []
  const mine = after.agentId
  const department = { departmentId: after.departmentId }
  const moved =
    before === null || before.departmentId !== after.departmentId || before.agentId !== after.agentId
  if (mine !== null && moved) audiences.push({ event: 'ticket_assigned', agentId: mine })
  // A ticket that is assigned when it is created tells only that agent.
  if (before === null && mine !== null) return audiences

  const reopened = entries.some((entry) => entry.type === 'reopened')
  if (mine !== null && reopened) audiences.push({ event: 'ticket_reopened_mine', agentId: mine })
  const replied =
    before !== null &&
    entries.some((entry) => entry.type === 'message.added' && entry.details?.authorType === 'contact')
  if (chat && replied)
    audiences.push({ event: 'chat_message', ...(mine === null ? department : { agentId: mine }) })
  if (mine !== null && replied) audiences.push({ event: 'contact_replied', agentId: mine })
  if (reopened) audiences.push({ event: 'ticket_reopened_department', ...department })
  const arrived = before === null || before.departmentId !== after.departmentId
  if (chat && arrived && mine === null) audiences.push({ event: 'chat_ringing', ...department })
  if (arrived && mine === null) audiences.push({ event: 'ticket_new', ...department })
  if (mine === null) audiences.push(...overdue(entries, after.departmentId, chat))
  return audiences
}

/** A warning is for who may still claim; what the timeout does in the end is for the admins too. */
function overdue(entries: readonly Entry[], departmentId: string, chat: boolean): Audience[] {
  const late = entries.filter((entry) => entry.type === 'claim.overdue')
  const ended = late.some((entry) => entry.details?.then !== 'warn')
  const missed = chat && (ended || entries.some(endsUnclaimed))
  return [
    ...(missed ? [{ event: 'chat_missed' as const, departmentId }] : []),
    ...(late.length ? [{ event: 'claim_overdue' as const, departmentId }] : []),
    ...(ended ? [{ event: 'claim_overdue' as const, admins: true as const }] : []),
  ]
}

/** A ticket that was resolved before its reopen window ended was not missed. */
const endsUnclaimed = ({ type, from, to }: Entry): boolean =>
  type === 'status.changed' && to === 'closed' && from !== 'resolved'

/** What an operation over many tickets moves is told once, in a summary. */
function isOneOfMany({ cause, details }: Entry, commandType: NoticeInput['commandType']): boolean {
  if (details?.summary !== undefined) return false
  return cause.type === 'offboarding' || (cause.type === 'delegation' && commandType === 'recheck')
}

function isSilent({ entries, status, commandType }: NoticeInput): boolean {
  if (status === 'spam' || status === 'deleted') return true
  return entries.some(
    (entry) =>
      entry.details?.automatic === true ||
      isOneOfMany(entry, commandType) ||
      entry.cause.type === 'auto_reply' ||
      (entry.type === 'status.changed' && (entry.to === 'spam' || entry.to === 'deleted')),
  )
}

/** Whom the rules of a command want told; said even where the rest of the command is no news. */
export function ruleNotices(input: NoticeInput): RuleNotice[] {
  return input.entries.flatMap(({ type, details }) => {
    const wanted = type === 'rule.applied' ? details?.notify : undefined
    return Array.isArray(wanted) ? wanted.filter(isRuleNotice) : []
  })
}

const TARGETS = ['agentId', 'departmentId', 'slackChannel', 'email'] as const

function isRuleNotice(value: unknown): value is RuleNotice {
  if (typeof value !== 'object' || value === null) return false
  const fields = value as Record<string, unknown>
  return typeof fields.text === 'string' && TARGETS.some((target) => typeof fields[target] === 'string')
}

/** The agents who did something in this command: nobody is told of what they did themselves. */
export function noticeActors(input: NoticeInput): Set<string> {
  const ids = input.entries.flatMap(({ actor }) => (actor.type === 'agent' && actor.id ? [actor.id] : []))
  return new Set(ids)
}

/** False when it is plain without looking anything up that a command has nobody to tell. */
export function mayNotify(input: NoticeInput): boolean {
  const actors = noticeActors(input)
  const others = (whom: object) => !('agentId' in whom) || !actors.has(String(whom.agentId))
  return noticeAudiences(input).some(others) || ruleNotices(input).some(others)
}
