import type { Entry, TicketState } from '@onus/workflows-contract'

/** A notice that would have gone, as far as its ticket says: whether somebody wants it is not known. */
export interface PlannedNotice {
  event: string
  agentId?: string
  departmentId?: string
  slackChannel?: string
  email?: string
}

/** The notices of what happened at one moment; one for each agent, the most important one. */
export function noticesOf(entries: readonly Entry[], after: TicketState): PlannedNotice[] {
  const { departmentId, agentId } = after.responsibility
  const has = (type: Entry['type']) => entries.some((entry) => entry.type === type)
  const change = entries.findLast(({ type }) => type === 'responsibility.changed')
  const byRule = entries.flatMap(({ details }) =>
    Array.isArray(details?.notify) ? details.notify.map(targetOf) : [],
  )
  const actor = change?.actor.id ?? entries[0]?.actor.id
  const own = agentId !== null && actor === agentId
  const isReply = entries.some(
    ({ type, details, cause }) =>
      type === 'message.added' &&
      details?.authorType === 'contact' &&
      details.automatic !== true &&
      cause.type !== 'created',
  )
  const arrived = has('created') || (change !== undefined && leavesDepartment(change))
  const ofTicket: PlannedNotice[] = []
  if (agentId !== null) {
    const event = change
      ? 'ticket_assigned'
      : has('reopened')
        ? 'ticket_reopened_mine'
        : isReply
          ? 'contact_replied'
          : null
    if (event && !own) ofTicket.push({ event, agentId })
  } else if (has('reopened')) ofTicket.push({ event: 'ticket_reopened_department', departmentId })
  else if (arrived) ofTicket.push({ event: 'ticket_new', departmentId })
  return [...ofTicket, ...byRule]
}

function leavesDepartment({ from, to }: Entry): boolean {
  if (typeof from !== 'object' || typeof to !== 'object') return false
  return from.departmentId !== to.departmentId
}

function targetOf(notice: Record<string, unknown>): PlannedNotice {
  const { text: _, ...target } = notice
  return { event: 'rule', ...target }
}
