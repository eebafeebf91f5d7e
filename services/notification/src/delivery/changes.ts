import type { EventPublisher } from '@onus/kit/kafka'
import type { Logger } from '@onus/kit/logging'
import type { Notice } from '../domain/notice.ts'
import { noticeRecord } from '../events/record.ts'
import { gathered } from '../store/gathered.ts'
import type { Ledger } from '../store/ledger.ts'

/** Tells Kafka of the ledger's changes. */
export interface ChangePublisher {
  /** Publishes what these lines hold; false when the broker did not take it soon: it stays in the ledger. */
  tryPublish(notices: readonly Notice[]): Promise<boolean>
  /** Publishes what the ledger holds for these ids. @throws when the broker does not take it */
  publish(ids: readonly string[]): Promise<void>
}

/** An attempt must not wait long for the broker: the workflow publishes later. */
const SOON_MS = 2000
const PATIENT_MS = 20_000
const MOST_TOGETHER = 100

export function createChangePublisher(
  publisher: EventPublisher,
  ledger: Ledger,
  log: Logger,
): ChangePublisher {
  async function send(notices: readonly Notice[], timeoutMs: number): Promise<void> {
    const waiting = notices.filter((notice) => notice.outbox.length)
    if (!waiting.length) return
    await publisher.publish(
      waiting.flatMap((notice) => notice.outbox.map((change) => noticeRecord(notice.accountId, change))),
      { timeoutMs },
    )
    await ledger.published(waiting)
  }
  const trySend = gathered(MOST_TOGETHER, async (asked: (readonly Notice[])[]) => {
    const notices = asked.flat()
    try {
      await send(notices, SOON_MS)
      return asked.map(() => true)
    } catch (error) {
      log.warn({ err: error, notices: notices.length }, 'notice changes wait to be published')
      return asked.map(() => false)
    }
  })
  return {
    tryPublish: trySend,
    publish: async (ids) => send(await ledger.find(ids), PATIENT_MS),
  }
}
