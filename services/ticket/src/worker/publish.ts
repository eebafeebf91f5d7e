import type { PublishInput } from '@onus/workflows-ticket/activities'
import { heartbeat } from '@temporalio/activity'
import type { EntryPublisher } from './publisher.ts'

/** The loop's activity: fails until the broker has everything; the workflow tries for ever. */
export function createPublish(events: EntryPublisher) {
  return async function publishEntries({ entries, ...ticket }: PublishInput): Promise<void> {
    // With heartbeats a cancellation is told, and waited for, so that no late copy overtakes the next run.
    const beating = setInterval(() => heartbeat(), 2_000)
    try {
      await events.publish(ticket, entries)
    } finally {
      clearInterval(beating)
    }
  }
}
