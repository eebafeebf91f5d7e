import { CancellationScope, isCancellation, proxyActivities, rootCause, sleep } from '@temporalio/workflow'
import type {
  DeliveryResult,
  DeliveryTask,
  FirstAttempt,
  NoticeActivities,
  PendingNotice,
} from './activities.ts'
import type { NoticeBoard } from './status.ts'

/** Short work on our own stores: tried until it is done, and soon again when its worker dies. */
export const records = proxyActivities<
  Pick<
    NoticeActivities,
    | 'planNotices'
    | 'giveUp'
    | 'publishChanges'
    | 'announceReply'
    | 'giveUpReply'
    | 'digestDue'
    | 'giveUpDigest'
  >
>({
  startToCloseTimeout: '20 seconds',
  retry: { initialInterval: '1 second', backoffCoefficient: 2, maximumInterval: '30 seconds' },
})

/**
 * Attempts say themselves when the next one is due and when it is enough; the interval here is for
 * attempts that could not say anything (their worker died), and the end for a notice that none could end.
 */
export const attempts = proxyActivities<Pick<NoticeActivities, 'deliver' | 'deliverDigest'>>({
  startToCloseTimeout: '1 minute',
  heartbeatTimeout: '15 seconds',
  scheduleToCloseTimeout: '25 hours',
  retry: { initialInterval: '1 second', backoffCoefficient: 2, maximumInterval: '28 seconds' },
})

/** A worker that dies is tried twice more; after that each notice is delivered by itself. */
const firstAttempts = proxyActivities<Pick<NoticeActivities, 'deliverFirst'>>({
  startToCloseTimeout: '1 minute',
  heartbeatTimeout: '15 seconds',
  retry: { initialInterval: '1 second', maximumAttempts: 3 },
})

/** Notices in one first attempt: few enough for a provider that lets each of them wait. */
const MOST_TOGETHER = 16

/**
 * Brings many notices to their end. They are tried together first, apart for each channel, so that a provider that hangs holds up only its own.
 */
export async function deliverNotices(
  accountId: string,
  notices: readonly PendingNotice[],
  board: NoticeBoard,
): Promise<void> {
  const batches = [...Map.groupBy(notices, ({ channel }) => channel).values()].flatMap((same) =>
    Array.from({ length: Math.ceil(same.length / MOST_TOGETHER) }, (_, index) =>
      same.slice(index * MOST_TOGETHER, (index + 1) * MOST_TOGETHER),
    ),
  )
  const tried = async (batch: readonly PendingNotice[]) => {
    const first = batch.length > 1 ? await attemptTogether(accountId, batch, board) : []
    await Promise.all(batch.map((notice, index) => deliverNotice(accountId, notice, 0, board, first[index])))
  }
  await inParallel(batches, Math.ceil(MOST_AT_ONCE / MOST_TOGETHER), tried)
}

async function attemptTogether(
  accountId: string,
  notices: readonly PendingNotice[],
  board: NoticeBoard,
): Promise<FirstAttempt[]> {
  for (const { noticeId } of notices) board.set(noticeId, 'delivering')
  const tasks = notices.map(({ noticeId }) => ({ accountId, noticeId, round: 0 }))
  try {
    return await firstAttempts.deliverFirst.executeWithOptions(
      { summary: `Deliver: ${notices.length} by ${notices[0]?.channel}` },
      [tasks],
    )
  } catch (error) {
    if (isCancellation(error)) throw error
    return []
  }
}

/** Brings one notice to its end: sent, or failed. Never throws: a notice's failure is a state, not an error. */
export async function deliverNotice(
  accountId: string,
  notice: PendingNotice,
  round: number,
  board: NoticeBoard,
  first?: FirstAttempt,
): Promise<void> {
  const task: DeliveryTask = { accountId, noticeId: notice.noticeId, round }
  const subject = notice.agentId
    ? `${notice.channel} to agent ${notice.agentId}`
    : `${notice.channel} by a rule`
  if (first?.retryInMs !== undefined) {
    board.set(notice.noticeId, 'waiting for the next attempt')
    await sleep(first.retryInMs, { summary: `Next attempt: ${subject}` })
  }
  board.set(notice.noticeId, 'delivering')
  const result = first?.result ?? (await attempt(task, subject, first?.error))
  if (!result.published)
    await CancellationScope.nonCancellable(() =>
      records.publishChanges.executeWithOptions({ summary: `Publish: ${subject}` }, [
        { accountId, noticeIds: [notice.noticeId] },
      ]),
    )
  board.set(notice.noticeId, result.state)
}

async function attempt(task: DeliveryTask, subject: string, failed?: string): Promise<DeliveryResult> {
  try {
    if (failed !== undefined) throw new Error(failed)
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

/** Fewer than the server allows to be pending in one workflow. */
const MOST_AT_ONCE = 500

/** Runs the work for all items, at most `limit` at the same time. */
async function inParallel<T>(
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
