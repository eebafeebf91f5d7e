import type { Attachment, Contact, Message, Ticket, UnreadableMail } from '@onus/proto/onus/v1/ticket'
import { actorJson, present, responsibilityJson } from './common.ts'

const contactJson = (contact: Contact | undefined) => ({
  id: contact?.id ?? '',
  ...(contact?.email !== undefined && { email: contact.email }),
  ...(contact?.name !== undefined && { name: contact.name }),
})

export function ticketJson(ticket: Ticket) {
  const { responsibility, claimClock } = ticket
  return present({
    id: ticket.id,
    number: ticket.number,
    subject: ticket.subject,
    channel: ticket.channel,
    status: ticket.status,
    priority: ticket.priority,
    tags: ticket.tags,
    contact: contactJson(ticket.contact),
    departmentId: ticket.departmentId,
    agentId: ticket.agentId ?? null,
    responsibility: responsibility && responsibilityJson(responsibility),
    fields: ticket.fields ?? {},
    createdAt: ticket.createdAt,
    updatedAt: ticket.updatedAt,
    dueAt: ticket.dueAt,
    postponedUntil: ticket.postponedUntil,
    claimClock: claimClock && present({ ...claimClock }),
    noEligibleAgent: ticket.noEligibleAgent,
    sequence: ticket.sequence,
  })
}

export const attachmentJson = (attachment: Attachment) => ({
  id: attachment.id,
  name: attachment.name,
  contentType: attachment.contentType,
  size: attachment.size,
})

export const messageJson = (message: Message) =>
  present({
    id: message.id,
    ticketId: message.ticketId,
    author: actorJson(message.author),
    kind: message.kind,
    body: message.body,
    html: message.html,
    attachments: message.attachments.map(attachmentJson),
    createdAt: message.createdAt,
    delivery: message.delivery && present({ ...message.delivery }),
  })

export const unreadableMailJson = (mail: UnreadableMail) => ({
  id: mail.id,
  receivedAt: mail.receivedAt,
  from: mail.from,
  to: mail.to,
  size: mail.size,
  error: mail.error,
  departmentId: mail.departmentId,
})
