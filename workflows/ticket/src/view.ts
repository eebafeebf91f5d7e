import type { Deadlines, HolderNames, TicketState, TicketView } from '@onus/workflows-contract'

/** What an update answers. */
export function ticketView(state: TicketState, deadlines: Deadlines): TicketView {
  return {
    status: state.status,
    priority: state.priority,
    tags: state.tags,
    fields: state.fields,
    responsibility: state.responsibility,
    updatedAt: state.updatedAt,
    sequence: state.sequence,
    ...(state.dueAt === undefined ? {} : { dueAt: state.dueAt }),
    ...(state.postponed ? { postponedUntil: state.postponed.until } : {}),
    deadlines,
  }
}

/** Search attributes by name; null where the ticket has none. Nothing in them names a contact. */
export function attributesOf(state: TicketState) {
  return {
    OnusAccount: state.accountId,
    OnusDepartment: state.responsibility.departmentId,
    OnusAgent: state.responsibility.agentId,
    OnusStatus: state.status,
    OnusUnclaimedSince: state.unclaimedSince === null ? null : new Date(state.unclaimedSince),
  }
}

/** What the Temporal UI says about a ticket, in Markdown. Nothing in it names a contact. */
export function currentDetails(
  state: TicketState,
  deadlines: Deadlines,
  names: HolderNames | undefined,
  waits: { unpublished: number; commands: number },
): string {
  const { revision } = state.responsibility
  const lines = [
    headline(state, deadlines, names),
    `Ticket ${state.number}: ${state.status}, priority ${state.priority}, revision ${revision}, ${state.sequence} timeline entries.`,
  ]
  if (deadlines.ruleDueAt !== undefined) lines.push(`A rule by time is due ${time(deadlines.ruleDueAt)}.`)
  if (waits.commands > 0) lines.push(`**${waits.commands}** commands wait for the rules service.`)
  if (waits.unpublished > 0) lines.push(`**${waits.unpublished}** of its events wait for Kafka.`)
  return lines.join('\n\n')
}

function headline(state: TicketState, deadlines: Deadlines, names: HolderNames | undefined): string {
  const { departmentId, agentId, since } = state.responsibility
  const department = plain(names?.department ?? departmentId)
  const agent = plain(names?.agent ?? agentId ?? 'nobody')
  const holder = agentId === null ? `nobody in **${department}**` : `**${agent}** in **${department}**`
  switch (state.status) {
    case 'postponed':
      return `Postponed until ${time(state.postponed?.until)}; responsible: ${holder}.`
    case 'resolved':
      return `Resolved; responsible: ${holder}.${deadlines.closesAt ? ` Closes ${time(deadlines.closesAt)}.` : ''}`
    case 'closed':
    case 'spam':
    case 'deleted':
      return `Done with (${state.status}); responsible: ${holder}.`
    default:
      if (agentId !== null) return `Responsible: ${holder} since ${time(since)}.`
      if (state.unclaimedSince === null) return `Responsible: ${holder}.`
      return `Waiting for a claim by **${department}** since ${time(state.unclaimedSince)}${next(deadlines, names)}.`
  }
}

function next(deadlines: Deadlines, names: HolderNames | undefined): string {
  const { claimWarnAt, claimDueAt, claimThen } = deadlines
  const warns = claimWarnAt === undefined ? '' : `, warns ${time(claimWarnAt)}`
  if (claimDueAt === undefined) return warns
  if (claimThen === 'escalate' && names?.escalatesTo !== undefined)
    return `${warns}, escalates to ${plain(names.escalatesTo)} ${time(claimDueAt)}`
  return `${warns}, ${claimThen === 'redistribute' ? 'redistributes' : 'is overdue'} ${time(claimDueAt)}`
}

/** `2026-01-31 09:12 UTC` */
const time = (at: string | undefined): string =>
  at === undefined ? 'an unknown time' : `${at.slice(0, 10)} ${at.slice(11, 16)} UTC`

/** Names are people's own: they must not become Markdown. */
const plain = (name: string): string => name.replace(/[\\`*_{}[\]()<>#+!|~-]/g, '\\$&').replace(/\s+/g, ' ')
