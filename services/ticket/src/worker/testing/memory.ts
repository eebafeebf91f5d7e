import type { EventRecord } from '@onus/kit/kafka'
import type { Deadlines, LogDocument, TicketState } from '@onus/workflows-contract'
import { logKey, summaryOf, type TicketDocument, type TicketLog, ticketKey } from '../../store/log.ts'
import type { NewMessage } from '../../store/messages.ts'

/** A log in memory that keeps the one promise the store makes: an `_id` is there once. */
export class MemoryLog implements TicketLog {
  readonly documents = new Map<string, LogDocument>()
  readonly summaries = new Map<string, TicketDocument>()

  async seed(accountId: string, ticketId: string, seed: Parameters<TicketLog['seed']>[2]): Promise<void> {
    const _id = ticketKey(accountId, ticketId)
    if (!this.summaries.has(_id))
      this.summaries.set(_id, { _id, ...seed, sequence: 0, commandNumber: 0 } as TicketDocument)
  }

  async append(document: LogDocument): Promise<boolean> {
    if (this.documents.has(document._id)) return false
    this.documents.set(document._id, structuredClone(document))
    return true
  }

  async read(accountId: string, ticketId: string, from: number, to: number): Promise<LogDocument[]> {
    const found: LogDocument[] = []
    for (let number = from; number <= to; number += 1) {
      const document = this.documents.get(logKey(accountId, ticketId, number))
      if (document !== undefined) found.push(structuredClone(document))
    }
    return found
  }

  readFrom(accountId: string, ticketId: string, from: number): Promise<LogDocument[]> {
    return this.read(accountId, ticketId, from, from + this.documents.size)
  }

  async summarize(state: TicketState, deadlines: Deadlines, marks: readonly string[] = []): Promise<void> {
    const _id = ticketKey(state.accountId, state.ticketId)
    const before = this.summaries.get(_id)
    if (before !== undefined && before.sequence > state.sequence) return
    this.summaries.set(_id, {
      ...(before ?? { subject: '', contact: { id: state.contactId }, search: '' }),
      _id,
      ...summaryOf(state, deadlines),
      marks: [...new Set([...(before?.marks ?? []), ...marks])],
    })
  }

  async summary(accountId: string, ticketId: string): Promise<TicketDocument | null> {
    const document = this.summaries.get(ticketKey(accountId, ticketId))
    return document !== undefined && document.sequence > 0 ? document : null
  }
}

/** Messages in memory; the first one under an id stays. */
export class MemoryMessages {
  readonly kept = new Map<string, NewMessage>()

  async keep(message: NewMessage): Promise<void> {
    if (!this.kept.has(message.messageId)) this.kept.set(message.messageId, message)
  }
}

/** A broker in memory that can be down. */
export class MemoryBroker {
  readonly records: EventRecord[] = []
  down = false

  async publish(records: EventRecord[]): Promise<void> {
    if (this.down) throw new Error('the broker is down')
    this.records.push(...records)
  }
}
