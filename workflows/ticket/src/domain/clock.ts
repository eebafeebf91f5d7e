import type { Cause } from '@onus/workflows-contract'
import { endDelegation, offboardingCause, undoHandOver } from './absence.ts'
import { deadlines } from './deadlines.ts'
import { choose, drainBacklog, giveOut } from './distribute.ts'
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
  if (then === 'escalate' && target !== undefined) {
    const notEscalated = whyNotEscalated(draft, target)
    if (notEscalated !== undefined) {
      tellOverdue(draft, 'notify', dueAt, { notEscalated, toDepartmentId: target })
      return
    }
    tellOverdue(draft, 'escalate', dueAt, { toDepartmentId: target })
    changeHolder(draft, { departmentId: target, agentId: null }, { actor: SYSTEM, cause })
    return
  }
  const given = then === 'redistribute' && choose(facts, departmentId, 'claim_timeout', state.requiredSkills)
  tellOverdue(draft, given ? 'redistribute' : 'notify', dueAt)
  if (given) giveOut(draft, 'claim_timeout')
}

/** Departments that escalate to each other would send a ticket round for ever that nobody claims. */
function whyNotEscalated(
  { state, facts }: Draft,
  target: string,
): 'department_gone' | 'same_department' | 'came_from_there' | undefined {
  if (target === state.responsibility.departmentId) return 'same_department'
  if (facts.directory.department(target) === undefined) return 'department_gone'
  return state.escalatedFrom?.includes(target) ? 'came_from_there' : undefined
}

function tellOverdue(
  draft: Draft,
  then: 'warn' | 'notify' | 'escalate' | 'redistribute',
  dueAt: string | undefined,
  more: Record<string, unknown> = {},
): void {
  draft.add({
    type: 'claim.overdue',
    actor: SYSTEM,
    cause: { type: 'claim_timeout', ...lateness(draft, dueAt) },
    details: { then, since: draft.state.unclaimedSince, ...lateness(draft, dueAt), ...more },
  })
}

/** Directory facts changed: whoever may no longer hold the ticket does not. Timers move by themselves. */
export const recheck: Decide<'recheck'> = (draft, command) => {
  const { because, offboardingId, startedBy, giveBackTo, delegation } = command
  if (giveBackTo !== undefined) undoHandOver(draft, giveBackTo, command)
  if (delegation?.ended) endDelegation(draft, delegation)
  const cause: Cause =
    because === 'offboarding' && offboardingId !== undefined
      ? offboardingCause(offboardingId, startedBy)
      : { type: 'membership_change', ...(startedBy === undefined ? {} : { startedBy }) }
  dropFormerMember(draft, cause)
  if (because === 'distribution') drainBacklog(draft)
  return undefined
}

const isDue = (draft: Draft, dueAt: string | undefined): boolean =>
  dueAt !== undefined && dueAt <= draft.facts.now.toISOString()

const isLate = (draft: Draft, dueAt: string | undefined): boolean =>
  dueAt !== undefined && isLateAt(dueAt, draft.facts.now.toISOString())

const lateness = (draft: Draft, dueAt: string | undefined): { late?: true } =>
  isLate(draft, dueAt) ? { late: true } : {}
