import { CancellationScope, proxyActivities, rootCause, sleep } from '@temporalio/workflow'
import type { DeliveryResult, DeliveryTask, NoticeActivities, PendingNotice } from './activities.ts'
import type { NoticeBoard } from './status.ts'

/** Short work on our own stores: tried until it is done, and soon again when its worker dies. */
export const records = proxyActivities<
  Pick<NoticeActivities, 'planNotices' | 'giveUp' | 'publishChanges' | 'announceReply' | 'giveUpReply'>
>({
  startToCloseTimeout: '20 seconds',
  retry: { initialInterval: '1 second', backoffCoefficient: 2, maximumInterval: '30 seconds' },
})

/**
 * Attempts say themselves when the next one is due and when it is enough; the interval here is for
 * attempts that could not say anything (their worker died), and the end for a notice that none could end.
 */
const attempts = proxyActivities<Pick<NoticeActivities, 'deliver'>>({
  startToCloseTimeout: '1 minute',
  heartbeatTimeout: '15 seconds',
  scheduleToCloseTimeout: '25 hours',
  retry: { initialInterval: '1 second', backoffCoefficient: 2, maximumInterval: '28 seconds' },
})

/** Brings one notice to its end: sent, or failed. Never throws: a notice's failure is a state, not an error. */
export async function deliverNotice(
  accountId: string,
  notice: PendingNotice,
  round: number,
  board: NoticeBoard,
): Promise<void> {
  const task: DeliveryTask = { accountId, noticeId: notice.noticeId, round }
  const subject = `${notice.channel} to agent ${notice.agentId}`
  if (notice.notBefore) {
    board.set(notice.noticeId, `quiet hours until ${notice.notBefore}`)
    await sleep(Math.max(0, Date.parse(notice.notBefore) - Date.now()), {
      summary: `Quiet hours: ${subject}`,
    })
  }
  board.set(notice.noticeId, 'delivering')
  const result = await attempt(task, subject)
  if (!result.published)
    await CancellationScope.nonCancellable(() =>
      records.publishChanges.executeWithOptions({ summary: `Publish: ${subject}` }, [
        { accountId, noticeIds: [notice.noticeId] },
      ]),
    )
  board.set(notice.noticeId, result.state)
}

async function attempt(task: DeliveryTask, subject: string): Promise<DeliveryResult> {
  try {
    return await attempts.deliver.executeWithOptions({ summary: `Deliver: ${subject}` }, [task])
  } catch (error) {
    // The last attempt recorded its failure, unless it died, timed out or was cancelled: then it is done here.
    return await CancellationScope.nonCancellable(() =>
      records.giveUp.executeWithOptions({ summary: `Give up: ${subject}` }, [
        { ...task, error: rootCause(error) ?? 'the delivery did not end' },
      ]),
    )
  }
}

/** Runs the work for all items, at most `limit` at the same time. */
export async function inParallel<T>(
  items: readonly T[],
  limit: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const waiting = items.values()
  const lane = async () => {
    for (const item of waiting) await work(item)
  }
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, lane))
}
