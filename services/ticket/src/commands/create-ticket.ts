import type { Clock } from '@onus/kit/clock'
import type { Authority, Channel, Priority, TicketView } from '@onus/workflows-contract'
import { searchTerms } from '../domain/search.ts'
import type { ContactStore } from '../store/contacts.ts'
import type { CounterStore } from '../store/counters.ts'
import type { MessageStore, NewMessage } from '../store/messages.ts'
import type { TicketStore } from '../store/tickets.ts'
import { createdTicketId, messageIdOf } from './identity.ts'
import type { CommandCall, TicketCommands } from './ticket-commands.ts'

export interface CreateTicketDeps {
  tickets: TicketStore
  messages: MessageStore
  contacts: ContactStore
  counters: CounterStore
  commands: Pick<TicketCommands, 'execute'>
  clock: Clock
}

/** A ticket to be created, its values already checked. */
export interface TicketToCreate {
  accountId: string
  /** The same command id never makes a second ticket. */
  commandId: string
  authority: Authority
  subject: string
  channel: Channel
  priority: Priority
  tags: string[]
  fields: Record<string, unknown>
  /** At least one of the two. */
  contact: { email?: string; name?: string }
  departmentId?: string
  departmentBy?: 'assign' | 'inbound_address'
  automatic?: boolean
  followUpOf?: string
  dueAt?: string
  traceparent?: string
  /** The first message; its author is the contact. */
  message: Pick<NewMessage, 'body' | 'html' | 'attachments' | 'mail'>
}

export interface CreatedTicket {
  ticketId: string
  messageId: string
  view: TicketView
}

/** The ids that {@link createTicket} will give, for whoever must name them before. */
export function idsOfCreated(accountId: string, commandId: string): { ticketId: string; messageId: string } {
  const ticketId = createdTicketId(accountId, commandId)
  return { ticketId, messageId: messageIdOf(ticketId, commandId) }
}

/**
 * Creates a ticket: contact, first message and what the customer gave are stored first and shown by nothing
 * until the `create` command is in the log. Every step may be repeated, so a caller who got no answer sends
 * the same again.
 */
export async function createTicket(
  deps: CreateTicketDeps,
  ticket: TicketToCreate,
  call: CommandCall,
): Promise<CreatedTicket> {
  const { accountId, commandId } = ticket
  const { ticketId, messageId } = idsOfCreated(accountId, commandId)
  const [existing, contact, number] = await Promise.all([
    deps.tickets.findSeed(accountId, ticketId),
    deps.contacts.upsert(accountId, ticket.contact, `c${ticketId}`),
    deps.counters.next(accountId),
  ])
  const { name, email } = contact
  const words = [number, ticket.subject, name, email]
  await Promise.all([
    deps.messages.keep({
      accountId,
      ticketId,
      messageId,
      author: { type: 'contact', id: contact.id, ...((name ?? email) && { name: name ?? email }) },
      kind: 'public',
      createdAt: deps.clock().toISOString(),
      ...ticket.message,
    }),
    deps.tickets.seed(accountId, ticketId, {
      subject: ticket.subject,
      contact,
      search: words.filter(Boolean).join(' ').toLowerCase(),
      terms: searchTerms(...words),
    }),
  ])
  const view = await deps.commands.execute(
    accountId,
    ticketId,
    {
      commandId,
      authority: ticket.authority,
      ...(ticket.traceparent && { traceparent: ticket.traceparent }),
      command: {
        type: 'create',
        number,
        channel: ticket.channel,
        contactId: contact.id,
        messageId,
        priority: ticket.priority,
        tags: ticket.tags,
        fields: ticket.fields,
        ...(ticket.departmentId && {
          departmentId: ticket.departmentId,
          departmentBy: ticket.departmentBy ?? 'assign',
        }),
        ...(ticket.automatic && { automatic: true }),
        ...(ticket.followUpOf && { followUpOf: ticket.followUpOf }),
        ...(ticket.dueAt && { dueAt: ticket.dueAt }),
      },
    },
    call,
    existing ? 'create-again' : 'create',
  )
  return { ticketId, messageId, view }
}
