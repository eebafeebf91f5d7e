import type { OutgoingEntry, RepublishInput } from '@onus/workflows-contract'
import type { RepublishActivities } from '@onus/workflows-ticket/republish'
import { heartbeat } from '@temporalio/activity'
import type { TicketStore } from '../store/tickets.ts'
import type { EntryPublisher } from './publisher.ts'

/** Entries that leave together. */
const BATCH = 50

/** Publishes what the log has, as it was published the first time. */
export function createRepublish(
  tickets: Pick<TicketStore, 'find' | 'log'>,
  events: Pick<EntryPublisher, 'publish'>,
  beat: (details: unknown) => void = heartbeat,
): RepublishActivities['republish'] {
  return async function republish({ accountId, ticketId, fromSequence }: RepublishInput): Promise<number> {
    const ticket = await tickets.find(accountId, ticketId)
    if (ticket === null) return 0
    let published = 0
    let batch: OutgoingEntry[] = []
    const send = async () => {
      if (batch.length === 0) return
      await events.publish(ticket, batch)
      published += batch.length
      batch = []
      beat(published)
    }
    for await (const { entries, traceparent } of tickets.log(accountId, ticketId)) {
      for (const entry of entries) {
        if (entry.sequence < fromSequence) continue
        batch.push(traceparent === undefined ? { entry } : { entry, traceparent })
        if (batch.length === BATCH) await send()
      }
    }
    await send()
    return published
  }
}
