import type { EventPublisher } from '@onus/kit/kafka'
import type { Logger } from '@onus/kit/logging'
import type { OutgoingEntry } from '@onus/workflows-contract'
import { toEvents } from './events.ts'

/** A command waits no longer than this for the broker; its events leave by the loop then. */
const DIRECT_TIMEOUT_MS = 2_000
/** After a failure no command waits for the broker at all, for this long. */
const BACK_OFF_MS = 5_000
/** The loop's own try. */
const LOOP_TIMEOUT_MS = 8_000

type Ticket = { accountId: string; ticketId: string; number: string }

/** Publishes the entries of tickets, in order. */
export interface EntryPublisher {
  /** On a command's way to its answer: false when they did not go out. Never throws. */
  tryPublish(ticket: Ticket, entries: OutgoingEntry[]): Promise<boolean>
  /** Throws until they went out. */
  publish(ticket: Ticket, entries: OutgoingEntry[]): Promise<void>
}

export function createEntryPublisher(
  publisher: Pick<EventPublisher, 'publish'>,
  log: Pick<Logger, 'warn'>,
  clock: () => number = Date.now,
): EntryPublisher {
  let silentUntil = 0
  const send = async (ticket: Ticket, entries: OutgoingEntry[], timeoutMs: number) => {
    await publisher.publish(
      entries.flatMap((entry) => toEvents(ticket, entry)),
      { timeoutMs },
    )
    silentUntil = 0
  }
  return {
    async tryPublish(ticket, entries) {
      if (clock() < silentUntil) return false
      try {
        await send(ticket, entries, DIRECT_TIMEOUT_MS)
        return true
      } catch (error) {
        silentUntil = clock() + BACK_OFF_MS
        log.warn({ err: error, ticketId: ticket.ticketId }, 'events wait for the broker')
        return false
      }
    },
    publish: (ticket, entries) => send(ticket, entries, LOOP_TIMEOUT_MS),
  }
}
