import type { Actor as ProtoActor, Responsibility as ProtoResponsibility } from '@onus/proto/onus/v1/common'
import type { Attachment, ClaimClock, Message, Ticket, TimelineEntry } from '@onus/proto/onus/v1/ticket'
import type { Actor, Deadlines, Entry, Responsibility, TicketView } from '@onus/workflows-contract'
import type { Interval } from '../domain/history.ts'
import type { TicketDocument } from '../store/log.ts'
import type { AttachmentInfo, StoredMessage } from '../store/messages.ts'
import type { ListedTicket } from '../store/tickets.ts'

/** From what is stored to what is published. */

/** A value without `undefined` in it: protobuf's Struct has no such thing. */
const plain = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T

const present = <T>(value: T | null | undefined): T | undefined => value ?? undefined

export function toActor(actor: Actor): ProtoActor {
  return { type: actor.type, id: present(actor.id), name: present(actor.name) }
}

export function toResponsibility(value: Responsibility | Interval): ProtoResponsibility {
  return {
    departmentId: value.departmentId,
    agentId: present(value.agentId),
    revision: value.revision,
    since: value.since,
    actor: toActor(value.actor),
    cause: plain(value.cause),
    reason: present(value.reason),
    until: 'until' in value ? present(value.until) : undefined,
  }
}

/** A ticket as its summary has it. */
export function toTicket(ticket: ListedTicket): Ticket {
  return {
    ...unchanging(ticket),
    status: ticket.status,
    priority: ticket.priority,
    tags: ticket.tags,
    departmentId: ticket.departmentId,
    agentId: present(ticket.agentId),
    responsibility: toResponsibility(ticket.responsibility),
    updatedAt: ticket.updatedAt,
    dueAt: present(ticket.dueAt),
    fields: plain(ticket.fields),
    postponedUntil: present(ticket.postponedUntil),
    claimClock: present(ticket.claimClock),
    sequence: ticket.sequence,
    noEligibleAgent: present(ticket.noEligibleAgent),
  }
}

/**
 * A ticket as a command left it. Only what no command changes is taken from the summary, which may know
 * less, or more, than the command.
 */
export function toTicketAfter(ticket: TicketDocument, view: TicketView): Ticket {
  const { responsibility, deadlines } = view
  return {
    ...unchanging(ticket),
    status: view.status,
    priority: view.priority,
    tags: view.tags,
    departmentId: responsibility.departmentId,
    agentId: present(responsibility.agentId),
    responsibility: toResponsibility(responsibility),
    updatedAt: view.updatedAt,
    dueAt: view.dueAt ?? deadlines.claimDueAt,
    fields: plain(view.fields),
    postponedUntil: present(view.postponedUntil),
    claimClock: claimClock(deadlines),
    sequence: view.sequence,
    noEligibleAgent: ticket.sequence === view.sequence ? present(ticket.noEligibleAgent) : undefined,
  }
}

function unchanging(ticket: ListedTicket) {
  return {
    id: ticket.ticketId,
    number: ticket.number,
    subject: ticket.subject,
    channel: ticket.channel,
    contact: {
      id: ticket.contact.id,
      email: present(ticket.contact.email),
      name: present(ticket.contact.name),
    },
    createdAt: ticket.createdAt,
  }
}

function claimClock(deadlines: Deadlines): ClaimClock | undefined {
  const { claimWarnAt, claimDueAt, claimThen } = deadlines
  return claimThen && { warnAt: claimWarnAt, dueAt: claimDueAt, then: claimThen }
}

export function toTimelineEntry(entry: Entry): TimelineEntry {
  return {
    sequence: entry.sequence,
    at: entry.at,
    type: entry.type,
    actor: toActor(entry.actor),
    cause: plain(entry.cause),
    from: entry.from === undefined ? undefined : plain(entry.from),
    to: entry.to === undefined ? undefined : plain(entry.to),
    reason: present(entry.reason),
    revision: present(entry.revision),
    details: entry.details && plain(entry.details),
  }
}

export function toMessage(message: StoredMessage): Message {
  const { delivery } = message
  return {
    id: message.messageId,
    ticketId: message.ticketId,
    author: toActor(message.author),
    kind: message.kind,
    body: message.body,
    html: present(message.html),
    attachments: message.attachments.map(toAttachment),
    createdAt: message.createdAt,
    delivery: delivery && {
      state: delivery.state,
      attempts: delivery.attempts,
      nextAttemptAt: present(delivery.nextAttemptAt),
      error: present(delivery.error),
      sentAt: present(delivery.sentAt),
    },
  }
}

export function toAttachment({ id, name, contentType, size }: AttachmentInfo): Attachment {
  return { id, name, contentType, size }
}
