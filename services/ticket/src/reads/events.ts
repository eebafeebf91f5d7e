import { fromRecord } from '@onus/kit/cloudevents'
import type { ListEventsRequest, PastEvent } from '@onus/proto/onus/v1/ticket'
import type { Entry, LogDocument } from '@onus/workflows-contract'
import { z } from 'zod'
import type { HistoryStore } from '../store/history.ts'
import type { TicketDocument } from '../store/log.ts'
import type { TicketStore } from '../store/tickets.ts'
import { toEvents } from '../worker/events.ts'
import { pageOf, readPage } from './page.ts'

/** Events of the past, made of the log by the same function that made them when they were published. */

interface Subject {
  accountId: string
  ticketId: string
  number: string
}

/** An entry as it was published: one event for each version. */
function pastEvents(subject: Subject, entry: Entry, traceparent: string | undefined): PastEvent[] {
  const records = toEvents(subject, { entry, ...(traceparent !== undefined && { traceparent }) })
  return records.map((record) => {
    const event = fromRecord(record)
    return {
      id: event.id,
      source: event.source,
      subject: event.subject,
      type: event.type,
      time: event.time,
      sequence: event.sequence ?? entry.sequence,
      dataschema: event.dataschema ?? '',
      ...(event.traceparent !== undefined && { traceparent: event.traceparent }),
      data: String(record.value),
    }
  })
}

const ticketPlace = z.tuple([z.int().min(1), z.int().min(0)])

/** Events of one ticket from a sequence on. */
export async function readTicketEvents(
  tickets: TicketStore,
  ticket: TicketDocument,
  request: ListEventsRequest,
): Promise<{ items: PastEvent[]; nextCursor?: string }> {
  const { limit, after } = readPage(request.page, ticketPlace)
  const [command, sequence] = after ?? [1, (request.fromSequence ?? 1) - 1]
  const found: { command: number; entry: Entry; traceparent?: string }[] = []
  for await (const document of tickets.log(ticket.accountId, ticket.ticketId, command)) {
    const { commandNumber, entries, traceparent } = document
    const after = entries.filter((entry) => entry.sequence > sequence)
    found.push(...after.map((entry) => ({ command: commandNumber, entry, traceparent })))
    if (found.length > limit) break
  }
  const place = (last: { command: number; entry: Entry }) => [last.command, last.entry.sequence]
  const { items, ...rest } = pageOf(found, limit, place)
  return { items: items.flatMap(({ entry, traceparent }) => pastEvents(ticket, entry, traceparent)), ...rest }
}

const timePlace = z.object({ at: z.string().max(40), key: z.string().max(300) })

/** Events of the whole account in a period; a page has whole commands, `limit` of them at most. */
export async function readAccountEvents(
  history: HistoryStore,
  accountId: string,
  request: ListEventsRequest,
  period: { since: string; until: string },
): Promise<{ items: PastEvent[]; nextCursor?: string }> {
  const { limit, after } = readPage(request.page, timePlace)
  const documents = await history.log(accountId, period, limit, after)
  const place = ({ at, _id }: LogDocument) => ({ at, key: _id })
  const { items, ...rest } = pageOf(documents, limit, place)
  const numbers = await history.numbers(accountId, [...new Set(items.map(({ ticketId }) => ticketId))])
  const events = items.flatMap(({ ticketId, entries, traceparent }) => {
    const subject = { accountId, ticketId, number: numbers.get(ticketId) ?? '' }
    return entries.flatMap((entry) => pastEvents(subject, entry, traceparent))
  })
  return { items: events, ...rest }
}
