import type { Cause } from '@onus/workflows-contract'
import { deadlines } from './deadlines.ts'
import { changeHolder, changeStatus, type Decide, type Draft, SYSTEM } from './draft.ts'
import { isLate as isLateAt } from './late.ts'
import { dropFormerMember } from './responsibility.ts'

/** Whatever is due by the facts of now is done; a timer that was moved away meanwhile finds nothing to do. */
export const tick: Decide<'tick'> = (draft) => {
  const { directory } = draft.facts
  const due = deadlines(draft.state, directory)
  if (draft.state.postponed && isDue(draft, due.postponeEndsAt))
    changeStatus(draft, draft.state.postponed.previousStatus, {
      actor: SYSTEM,
      cause: { type: 'postpone_end', ...lateness(draft, due.postponeEndsAt) },
      ...(isLate(draft, due.postponeEndsAt) ? { details: { late: true } } : {}),
    })
  if (isDue(draft, due.closesAt))
    changeStatus(draft, 'closed', {
      actor: SYSTEM,
      cause: { type: 'reopen_window', ...lateness(draft, due.closesAt) },
      ...(isLate(draft, due.closesAt) ? { details: { late: true } } : {}),
    })
  claimTimeout(draft)
  return undefined
}

function claimTimeout(draft: Draft): void {
  const { state, facts } = draft
  const due = deadlines(state, facts.directory)
  if (isDue(draft, due.claimDueAt)) overdue(draft, due.claimThen ?? 'notify', due.claimDueAt)
  else if (isDue(draft, due.claimWarnAt)) tellOverdue(draft, 'warn', due.claimWarnAt)
}

function overdue(
  draft: Draft,
  then: 'notify' | 'escalate' | 'redistribute',
  dueAt: string | undefined,
): void {
  const { state, facts } = draft
  const { departmentId } = state.responsibility
  const target = facts.directory.department(departmentId)?.claimTimeout?.toDepartmentId
  const cause: Cause = { type: 'claim_timeout', ...lateness(draft, dueAt) }
  if (
    then === 'escalate' &&
    target !== undefined &&
    target !== departmentId &&
    facts.directory.department(target) !== undefined
  ) {
    tellOverdue(draft, 'escalate', dueAt)
    changeHolder(draft, { departmentId: target, agentId: null }, { actor: SYSTEM, cause })
    return
  }
  const choice = then === 'redistribute' ? facts.redistribute?.(departmentId) : undefined
  tellOverdue(draft, choice ? 'redistribute' : 'notify', dueAt)
  if (choice)
    changeHolder(
      draft,
      { departmentId, agentId: choice.agentId },
      { actor: SYSTEM, cause, details: { candidates: choice.candidates } },
    )
}

function tellOverdue(
  draft: Draft,
  then: 'warn' | 'notify' | 'escalate' | 'redistribute',
  dueAt: string | undefined,
): void {
  draft.add({
    type: 'claim.overdue',
    actor: SYSTEM,
    cause: { type: 'claim_timeout', ...lateness(draft, dueAt) },
    details: { then, since: draft.state.unclaimedSince, ...lateness(draft, dueAt) },
  })
}

/** Directory facts changed: whoever may no longer hold the ticket does not. Timers move by themselves. */
export const recheck: Decide<'recheck'> = (draft, command) => {
  const { offboardingId, startedBy } = command
  const cause: Cause =
    command.because === 'offboarding' && offboardingId !== undefined
      ? { type: 'offboarding', offboardingId, ...(startedBy === undefined ? {} : { startedBy }) }
      : { type: 'membership_change' }
  dropFormerMember(draft, cause)
  return undefined
}

const isDue = (draft: Draft, dueAt: string | undefined): boolean =>
  dueAt !== undefined && dueAt <= draft.facts.now.toISOString()

const isLate = (draft: Draft, dueAt: string | undefined): boolean =>
  dueAt !== undefined && isLateAt(dueAt, draft.facts.now.toISOString())

const lateness = (draft: Draft, dueAt: string | undefined): { late?: true } =>
  isLate(draft, dueAt) ? { late: true } : {}
