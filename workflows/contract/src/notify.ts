import type { NoticeInput } from './messages.ts'

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

/** How a person can be told. */
export const NOTICE_CHANNELS = ['email', 'slack', 'push', 'in_app'] as const
export type NoticeChannel = (typeof NOTICE_CHANNELS)[number]

/** Who an event is for: one agent, or everybody in a department. */
export type Audience = { event: NoticeEvent } & ({ agentId: string } | { departmentId: string })

/**
 * Who a command is news for, before anybody's membership, sight or preferences are looked at; strongest
 * event first. Machines' messages, spam, deletion and off-boarding (which sends one summary) are no news.
 */
export function noticeAudiences(input: NoticeInput): Audience[] {
  const { entries, before, after } = input
  if (input.status === 'spam' || input.status === 'deleted') return []
  const silent = entries.some(
    (entry) =>
      entry.details?.automatic === true ||
      entry.cause.type === 'offboarding' ||
      entry.cause.type === 'auto_reply' ||
      (entry.type === 'status.changed' && (entry.to === 'spam' || entry.to === 'deleted')),
  )
  if (silent) return []

  const audiences: Audience[] = []
  const mine = after.agentId
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
  if (mine !== null && replied) audiences.push({ event: 'contact_replied', agentId: mine })
  if (reopened) audiences.push({ event: 'ticket_reopened_department', departmentId: after.departmentId })
  const arrived = before === null || before.departmentId !== after.departmentId
  if (arrived && mine === null) audiences.push({ event: 'ticket_new', departmentId: after.departmentId })
  if (mine === null && entries.some((entry) => entry.type === 'claim.overdue'))
    audiences.push({ event: 'claim_overdue', departmentId: after.departmentId })
  return audiences
}

/** The agents who did something in this command: nobody is told of what they did themselves. */
export function noticeActors(input: NoticeInput): Set<string> {
  const ids = input.entries.flatMap(({ actor }) => (actor.type === 'agent' && actor.id ? [actor.id] : []))
  return new Set(ids)
}

/** False when it is plain without looking anything up that a command has nobody to tell. */
export function mayNotify(input: NoticeInput): boolean {
  const actors = noticeActors(input)
  return noticeAudiences(input).some((audience) => !('agentId' in audience) || !actors.has(audience.agentId))
}
