import type { Caller } from '@onus/kit/caller'
import type { Clock } from '@onus/kit/clock'
import { problems } from '@onus/kit/problems'
import type { Authority, CommandEnvelope, Priority, TicketView } from '@onus/workflows-contract'
import { type AttachmentStore, attachmentInfo, type StoredAttachment } from '../store/attachments.ts'
import type { TicketDocument } from '../store/log.ts'
import type { AttachmentInfo, MessageStore, NewMessage } from '../store/messages.ts'
import type { Seen } from './access.ts'
import { type CreateTicketDeps, createTicket } from './create-ticket.ts'
import { actorOf, authorityOf, messageIdOf } from './identity.ts'
import type { CommandCall } from './ticket-commands.ts'

export interface AddMessageDeps extends CreateTicketDeps {
  attachments: AttachmentStore
}

/** Where a message went: usually the ticket that it was meant for. */
export interface AddedMessage {
  ticketId: string
  messageId: string
  view: TicketView
}

/** A contact's message whose way in (mail, API) is already behind it. */
export interface ContactMessage {
  commandId: string
  /** Who commands; the author of the message is the contact in any case. */
  authority: Authority
  /** A bounce or automatic reply: kept, and it never reopens, unassigns or notifies. */
  automatic?: boolean
  expectedRevision?: number
  traceparent?: string
  message: Pick<NewMessage, 'body' | 'html' | 'attachments' | 'mail'>
}

/** Whether an agent's answer on this ticket goes out by mail; on the other channels it is read where it is. */
export function goesByMail(ticket: Pick<TicketDocument, 'channel' | 'contact'>): boolean {
  return ticket.channel === 'email' && ticket.contact.email !== undefined
}

/**
 * A contact's message on a ticket. On a closed ticket of an account that wants follow-ups it becomes a new
 * ticket that names the old one; a machine's message never does.
 */
export async function addContactMessage(
  deps: CreateTicketDeps,
  seen: Seen,
  given: ContactMessage,
  call: CommandCall,
): Promise<AddedMessage> {
  const { ticket, directory } = seen
  const { accountId, ticketId, contact } = ticket
  const { commandId, automatic, traceparent, message } = given
  if (ticket.status === 'closed' && !automatic && directory.settings.replyToClosed === 'follow_up') {
    const { departmentId } = ticket
    return await createTicket(
      deps,
      {
        accountId,
        commandId,
        // Whoever may write as the contact may do what the contact could: their reply makes this ticket.
        authority: { actor: { type: 'contact', id: contact.id } },
        subject: ticket.subject,
        channel: ticket.channel,
        priority: 'normal' satisfies Priority,
        tags: [],
        fields: {},
        contact,
        ...(directory.department(departmentId) && { departmentId, departmentBy: 'inbound_address' as const }),
        followUpOf: ticketId,
        ...(traceparent && { traceparent }),
        message,
      },
      call,
    )
  }
  const messageId = messageIdOf(ticketId, commandId)
  await deps.messages.keep({
    accountId,
    ticketId,
    messageId,
    author: contactAuthor(ticket),
    kind: 'public',
    createdAt: deps.clock().toISOString(),
    ...message,
  })
  const view = await deps.commands.execute(
    accountId,
    ticketId,
    envelope(given, { type: 'contact_reply', messageId, ...(automatic && { automatic }) }),
    call,
  )
  return { ticketId, messageId, view }
}

/** An agent's (or a key's) answer or note. */
export async function addAgentMessage(
  deps: AddMessageDeps,
  caller: Caller,
  ticket: TicketDocument,
  given: {
    commandId: string
    kind: 'public' | 'note'
    body: string
    attachments: AttachmentInfo[]
    expectedRevision?: number
    traceparent?: string
  },
  call: CommandCall,
): Promise<AddedMessage> {
  const { accountId, ticketId } = ticket
  const messageId = messageIdOf(ticketId, given.commandId)
  const answer = given.kind === 'public'
  await deps.messages.keep({
    accountId,
    ticketId,
    messageId,
    author: actorOf(caller),
    kind: given.kind,
    body: given.body,
    attachments: given.attachments,
    createdAt: deps.clock().toISOString(),
    ...(answer && goesByMail(ticket) && { delivery: { state: 'planned' as const, attempts: 0 } }),
  })
  const view = await deps.commands.execute(
    accountId,
    ticketId,
    envelope({ ...given, authority: authorityOf(caller) }, { type: answer ? 'answer' : 'note', messageId }),
    call,
  )
  return { ticketId, messageId, view }
}

/** Keeps the note that comes with a transfer or a return; gives its message id. */
export async function keepNote(
  deps: { messages: MessageStore; clock: Clock },
  caller: Caller,
  ticket: TicketDocument,
  commandId: string,
  body: string,
): Promise<string> {
  const { accountId, ticketId } = ticket
  const messageId = messageIdOf(ticketId, commandId)
  await deps.messages.keep({
    accountId,
    ticketId,
    messageId,
    author: actorOf(caller),
    kind: 'note',
    body,
    attachments: [],
    createdAt: deps.clock().toISOString(),
  })
  return messageId
}

/**
 * The attachments that a message names, once the ticket is among those that they can be seen with.
 * @throws unknown-reference for one that the caller may not see
 */
export async function takeAttachments(
  attachments: AttachmentStore,
  ticket: TicketDocument,
  ids: string[],
  maySee: (attachment: StoredAttachment) => Promise<boolean>,
): Promise<AttachmentInfo[]> {
  const found = await attachments.findMany(ticket.accountId, ids)
  const known = new Map(found.map((attachment) => [attachment.attachmentId, attachment]))
  const errors = []
  for (const [i, id] of ids.entries()) {
    const attachment = known.get(id)
    if (!attachment || !(await maySee(attachment))) {
      errors.push({ field: `attachmentIds[${i}]`, message: 'There is no such attachment.' })
    }
  }
  if (errors.length > 0) throw problems.unknownReference(errors)
  await attachments.link(ticket.accountId, ids, ticket.ticketId)
  return found.map(attachmentInfo)
}

/** The contact as the author of a message. */
export function contactAuthor(ticket: Pick<TicketDocument, 'contact'>): NewMessage['author'] {
  const { id, name, email } = ticket.contact
  return { type: 'contact', id, ...((name ?? email) && { name: name ?? email }) }
}

function envelope(
  given: { commandId: string; authority: Authority; expectedRevision?: number; traceparent?: string },
  command: CommandEnvelope['command'],
): CommandEnvelope {
  const { commandId, authority, expectedRevision, traceparent } = given
  return {
    commandId,
    command,
    authority,
    ...(expectedRevision !== undefined && { expectedRevision }),
    ...(traceparent && { traceparent }),
  }
}
