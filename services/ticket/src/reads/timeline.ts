import type { Page } from '@onus/proto/onus/v1/common'
import type { Entry } from '@onus/workflows-contract'
import { z } from 'zod'
import { type Interval, responsibilityAt } from '../domain/history.ts'
import type { TicketDocument } from '../store/log.ts'
import type { MessageStore, StoredMessage } from '../store/messages.ts'
import type { TicketStore } from '../store/tickets.ts'
import { pageOf, readPage } from './page.ts'

/** A place in a ticket's log: the command's number and the entry's sequence. */
const place = z.tuple([z.int().min(1), z.int().min(0)])

interface Placed {
  command: number
  entry: Entry
}

const placeOf = ({ command, entry }: Placed) => [command, entry.sequence]

/** The log's entries from a place on that pass, at most `count`. */
async function entriesAfter(
  tickets: TicketStore,
  { accountId, ticketId }: TicketDocument,
  after: [number, number] | undefined,
  count: number,
  passes: (entry: Entry) => boolean,
): Promise<Placed[]> {
  const [from, sequence] = after ?? [1, 0]
  const found: Placed[] = []
  for await (const { commandNumber, entries } of tickets.log(accountId, ticketId, from)) {
    for (const entry of entries) {
      if (entry.sequence <= sequence || !passes(entry)) continue
      found.push({ command: commandNumber, entry })
      if (found.length === count) return found
    }
  }
  return found
}

/** One page of a ticket's timeline, in order. */
export async function readTimeline(
  tickets: TicketStore,
  ticket: TicketDocument,
  page: Page | undefined,
): Promise<{ items: Entry[]; nextCursor?: string }> {
  const { limit, after } = readPage(page, place)
  const found = await entriesAfter(tickets, ticket, after, limit + 1, () => true)
  const { items, ...rest } = pageOf(found, limit, placeOf)
  return { items: items.map(({ entry }) => entry), ...rest }
}

const isMessage = (entry: Entry): boolean => entry.type === 'message.added'
const messageIdIn = (entry: Entry): string => String(entry.details?.messageId ?? '')

/** One page of a ticket's messages, in order: those that its log refers to. */
export async function readMessages(
  tickets: TicketStore,
  messages: MessageStore,
  ticket: TicketDocument,
  page: Page | undefined,
): Promise<{ items: StoredMessage[]; nextCursor?: string }> {
  const { limit, after } = readPage(page, place)
  const found = await entriesAfter(tickets, ticket, after, limit + 1, isMessage)
  const { items, ...rest } = pageOf(found, limit, placeOf)
  const ids = items.map(({ entry }) => messageIdIn(entry))
  return { items: await messages.findMany(ticket.accountId, ticket.ticketId, ids), ...rest }
}

/** The ids of all public messages that the ticket's log refers to, in order. */
export async function publicMessageIds(tickets: TicketStore, ticket: TicketDocument): Promise<string[]> {
  const isPublic = (entry: Entry) => isMessage(entry) && entry.details?.kind !== 'note'
  const found = await entriesAfter(tickets, ticket, undefined, Number.POSITIVE_INFINITY, isPublic)
  return found.map(({ entry }) => messageIdIn(entry))
}

/** Who was responsible at a moment, or null before the ticket was created. */
export async function readResponsibilityAt(
  tickets: TicketStore,
  ticket: TicketDocument,
  at: Date,
): Promise<Interval | null> {
  const changes = await entriesAfter(
    tickets,
    ticket,
    undefined,
    Number.POSITIVE_INFINITY,
    (entry) => entry.type === 'responsibility.changed',
  )
  return responsibilityAt(
    changes.map(({ entry }) => entry),
    at,
  )
}
