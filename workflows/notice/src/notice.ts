import type { NoticeInput } from '@onus/workflows-contract'
import { deliverNotice, deliverNotices, records } from './delivery.ts'
import type { ResendInput } from './names.ts'
import { NoticeBoard, showOwner } from './status.ts'

/**
 * Tells everybody of one command of a ticket: plans into the ledger, then delivers each notice by itself,
 * so that one dead mailbox holds up nobody. Ends when every notice is sent or failed.
 */
export async function notice(input: NoticeInput): Promise<void> {
  showOwner(input.accountId, input.after.departmentId)
  const plan = await records.planNotices.executeWithOptions(
    { summary: `Who is told of ${input.commandType}` },
    [input],
  )
  const board = new NoticeBoard(`Notices of ticket ${input.ticketId}, ${input.commandType}`, plan.pending)
  let done = false
  const shown = board.follow(() => done)
  const published = plan.unpublished.length
    ? records.publishChanges({ accountId: input.accountId, noticeIds: plan.unpublished })
    : Promise.resolve()
  await deliverNotices(input.accountId, plan.pending, board)
  await published
  done = true
  await shown
}

/** Sends one notice again by hand, under the same identity. */
export async function resend(input: ResendInput): Promise<void> {
  showOwner(input.accountId, input.departmentId)
  const pending = {
    noticeId: input.noticeId,
    channel: input.channel as 'email' | 'slack' | 'push',
    agentId: input.agentId,
  }
  const board = new NoticeBoard(`Notice of ticket ${input.ticketId}, sent again by hand`, [pending])
  let done = false
  const shown = board.follow(() => done)
  await deliverNotice(input.accountId, pending, input.round, board)
  done = true
  await shown
}
