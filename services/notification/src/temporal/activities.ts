import { Problem } from '@onus/kit/problems'
import type { DeliveryTask, FirstAttempt, NoticeActivities } from '@onus/workflows-notice'
import { Context } from '@temporalio/activity'
import { ApplicationFailure } from '@temporalio/common'
import type { ChangePublisher } from '../delivery/changes.ts'
import { AttemptFailed, type AttemptInfo, type createDeliverer } from '../delivery/deliverer.ts'
import type { createDigestTime } from '../delivery/digest-time.ts'
import type { createPlanner } from '../delivery/planner.ts'
import type { createReplier } from '../delivery/replier.ts'

export interface ActivityDeps {
  plan: ReturnType<typeof createPlanner>
  digestDue: ReturnType<typeof createDigestTime>
  deliverer: ReturnType<typeof createDeliverer>
  replier: ReturnType<typeof createReplier>
  changes: ChangePublisher
}

const HEARTBEAT_MS = 4000
const UNCLEAR_RETRY_MS = 1000

/** What the workflows call, bound to Temporal: heartbeats, delays between attempts, kinds of failure. */
export function createActivities(deps: ActivityDeps): NoticeActivities {
  const { plan, digestDue, deliverer, replier, changes } = deps
  return {
    planNotices: (input) => guarded(() => plan(input, Context.current().info.attempt > 1)),
    deliverFirst: (tasks) => firstAttempts(deliverer, tasks),
    deliver: (task) => attempt((info) => deliverer.deliver(task, info)),
    giveUp: (task) => guarded(() => deliverer.giveUp(task)),
    digestDue: (input) => guarded(() => digestDue(input)),
    deliverDigest: (task) => attempt((info) => deliverer.deliverDigest(task, info)),
    giveUpDigest: (task) => guarded(() => deliverer.giveUpDigest(task)),
    publishChanges: ({ noticeIds }) => guarded(() => changes.publish(noticeIds)),
    announceReply: (input) => guarded(() => replier.announce(input)),
    sendReply: (input) => attempt((info) => replier.send(input, info)),
    giveUpReply: (input) => guarded(() => replier.giveUp(input)),
  }
}

/** The first attempt of each, all at once; none fails the others. */
async function firstAttempts(
  deliverer: ActivityDeps['deliverer'],
  tasks: readonly DeliveryTask[],
): Promise<FirstAttempt[]> {
  const context = Context.current()
  const { info } = context
  const sent = new Set<string>(info.heartbeatDetails?.sent ?? [])
  const beat = () => context.heartbeat({ sent: [...sent] })
  const timer = setInterval(beat, HEARTBEAT_MS)
  const first = async (task: DeliveryTask): Promise<FirstAttempt> => {
    const { noticeId } = task
    try {
      const result = await deliverer.deliver(task, {
        number: info.attempt,
        elapsedMs: info.currentAttemptScheduledTimestampMs - info.scheduledTimestampMs,
        sentBefore: sent.has(noticeId),
        onSent: () => {
          sent.add(noticeId)
          beat()
        },
      })
      return { noticeId, result }
    } catch (error) {
      if (error instanceof AttemptFailed && error.retryInMs === undefined)
        return { noticeId, error: error.message }
      // What is not a failed attempt (the store is away) shows itself in the notice's own next one.
      return { noticeId, retryInMs: error instanceof AttemptFailed ? error.retryInMs : UNCLEAR_RETRY_MS }
    }
  }
  try {
    return await Promise.all(tasks.map(first))
  } finally {
    clearInterval(timer)
  }
}

/** One attempt at something that may already have happened. */
async function attempt<T>(work: (info: AttemptInfo) => Promise<T>): Promise<T> {
  const context = Context.current()
  const { info } = context
  let sent = info.heartbeatDetails?.sent === true
  const beat = () => context.heartbeat({ sent })
  const timer = setInterval(beat, HEARTBEAT_MS)
  try {
    return await guarded(() =>
      work({
        number: info.attempt,
        // Both are the server's times, so that a wrong clock here cannot end a delivery early.
        elapsedMs: info.currentAttemptScheduledTimestampMs - info.scheduledTimestampMs,
        sentBefore: sent,
        onSent: () => {
          sent = true
          beat()
        },
      }),
    )
  } finally {
    clearInterval(timer)
  }
}

/** Refusals that another try may not get. */
const PASSING: ReadonlySet<string> = new Set([
  'unavailable',
  'internal',
  'too-many-requests',
  'unauthenticated',
])

/** Says to Temporal whether and when to try again. */
async function guarded<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof AttemptFailed)
      throw ApplicationFailure.create({
        type: 'DeliveryFailed',
        message: error.message,
        nonRetryable: error.retryInMs === undefined,
        ...(error.retryInMs !== undefined && { nextRetryDelay: error.retryInMs }),
      })
    if (error instanceof Problem && !PASSING.has(error.reason))
      throw ApplicationFailure.nonRetryable(error.detail, error.reason)
    throw error
  }
}
