import {
  allHandlersFinished,
  CancellationScope,
  condition,
  continueAsNew,
  defineSignal,
  rootCause,
  setCurrentDetails,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow'
import type { DeliveryResult, DigestTask } from './activities.ts'
import { attempts, records } from './delivery.ts'
import { type DigestInput, HOLD_SIGNAL, type HoldForDigest, PREFERENCES_SIGNAL } from './names.ts'
import { showDigest, showPending } from './status.ts'

const hold = defineSignal<[HoldForDigest]>(HOLD_SIGNAL)
const preferencesChanged = defineSignal(PREFERENCES_SIGNAL)

/** Notices in one message; what is more goes in the next, right after. */
const MOST_TOGETHER = 100

/**
 * Holds one agent's notices on one channel until their digest is due, and sends them as one message. When that
 * is follows from the preferences as they are then: a changed one moves the digest. Ends when nothing waits.
 */
export async function digest(input: DigestInput): Promise<void> {
  const { accountId, agentId, channel } = input
  /** Notice ids, and since when each waits; in the order of their coming. */
  const held = new Map<string, string>()
  let changed = false
  let dueAt: string | undefined

  const take = ({ noticeIds, since }: HoldForDigest) => {
    for (const id of noticeIds) if (!held.has(id)) held.set(id, since)
    show()
  }
  const show = () => {
    showPending(held.size ? [channel] : [], held.size ? [agentId] : [])
    setCurrentDetails(
      `**Digest** of agent ${agentId} by ${channel}: ${held.size} wait${dueAt ? `, due ${dueAt}` : ''}`,
    )
  }

  showDigest(accountId)
  for (const each of input.carried ?? []) take(each)
  setHandler(hold, take)
  setHandler(preferencesChanged, () => {
    changed = true
  })

  while (held.size) {
    await due()
    await send([...held.keys()].slice(0, MOST_TOGETHER))
    if (held.size && workflowInfo().continueAsNewSuggested) {
      await condition(allHandlersFinished)
      const carried = [...held].map(([id, since]) => ({ noticeIds: [id], since }))
      await continueAsNew<typeof digest>({ accountId, agentId, channel, carried })
    }
  }
  show()

  /** Until the oldest that waits is due. */
  async function due(): Promise<void> {
    for (;;) {
      changed = false
      const since = [...held.values()].sort()[0]!
      const { at } = await records.digestDue.executeWithOptions({ summary: 'When is the digest due?' }, [
        { accountId, agentId, since },
      ])
      dueAt = at
      show()
      const wait = Date.parse(at) - Date.now()
      if (wait <= 0) return
      await condition(() => changed, wait)
    }
  }

  async function send(noticeIds: string[]): Promise<void> {
    const task: DigestTask = { accountId, agentId, channel, noticeIds }
    const summary = `Digest of ${noticeIds.length} by ${channel} to agent ${agentId}`
    const result = await attempt(task, summary)
    if (!result.published)
      await CancellationScope.nonCancellable(() =>
        records.publishChanges.executeWithOptions({ summary: `Publish: ${summary}` }, [
          { accountId, noticeIds },
        ]),
      )
    for (const id of noticeIds) held.delete(id)
    dueAt = undefined
    show()
  }

  async function attempt(task: DigestTask, summary: string): Promise<DeliveryResult> {
    try {
      return await attempts.deliverDigest.executeWithOptions({ summary }, [task])
    } catch (error) {
      return await CancellationScope.nonCancellable(() =>
        records.giveUpDigest.executeWithOptions({ summary: `Give up: ${summary}` }, [
          { ...task, error: rootCause(error) ?? 'the delivery did not end' },
        ]),
      )
    }
  }
}
