import type { ReplyInput } from '@onus/workflows-contract'
import { CancellationScope, proxyActivities, rootCause, setCurrentDetails } from '@temporalio/workflow'
import type { NoticeActivities } from './activities.ts'
import { records } from './delivery.ts'
import { showOwner, showPending } from './status.ts'

/** A mail server gives up after five days, and so do we. An attempt may carry large attachments. */
const attempts = proxyActivities<Pick<NoticeActivities, 'sendReply'>>({
  startToCloseTimeout: '10 minutes',
  heartbeatTimeout: '15 seconds',
  scheduleToCloseTimeout: '121 hours',
  retry: { initialInterval: '1 second', backoffCoefficient: 2, maximumInterval: '2 minutes' },
})

/** Sends an agent's answer to the contact by mail. */
export async function reply(input: ReplyInput): Promise<void> {
  const head = await records.announceReply.executeWithOptions(
    { summary: `Announce answer ${input.messageId}` },
    [input],
  )
  showOwner(input.accountId, head.departmentId)
  showPending(['email'], [])
  const title = `**Answer ${input.messageId}** on ticket ${head.number}`
  setCurrentDetails(`${title}: on its way to the contact's mail server`)
  const outcome = await send(input)
  showPending([], [])
  setCurrentDetails(`${title}: ${outcome}`)
}

async function send(input: ReplyInput): Promise<'sent' | 'failed'> {
  try {
    return await attempts.sendReply.executeWithOptions({ summary: `Send answer ${input.messageId}` }, [input])
  } catch (error) {
    await CancellationScope.nonCancellable(() =>
      records.giveUpReply({ ...input, error: rootCause(error) ?? 'the delivery did not end' }),
    )
    return 'failed'
  }
}
