import type { Logger } from '@onus/kit/logging'
import { meter } from '@onus/kit/telemetry'

const waiting = meter.createGauge('onus.events.waiting.tickets', {
  description: 'Tickets with events that Kafka has not taken yet, when last looked for',
})

/** Workflows that the server finds by this. */
export const UNPUBLISHED = 'OnusUnpublished > 0'

export interface WaitingEventsDeps {
  /** How many workflows match a query of the visibility store. */
  count(query: string): Promise<number>
  log: Pick<Logger, 'warn'>
  /** How often it looks; default half a minute. */
  everyMs?: number
}

/** Counts the tickets whose events wait; gives how to stop. */
export function watchWaitingEvents({ count, log, everyMs = 30_000 }: WaitingEventsDeps): () => void {
  const look = async () => {
    try {
      waiting.record(await count(UNPUBLISHED))
    } catch (error) {
      log.warn({ err: error }, 'could not count the events that wait')
    }
  }
  const timer = setInterval(() => void look(), everyMs)
  void look()
  return () => clearInterval(timer)
}
