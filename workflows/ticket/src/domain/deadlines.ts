import type { Deadlines, TicketState } from '@onus/workflows-contract'
import type { DirectoryFacts, TimeTriggerFacts } from './facts.ts'
import { afterCalendarTime, afterWorkingTime } from './hours.ts'
import { nextRuleTime } from './timers.ts'

const CLAIM_STEPS = ['notify', 'escalate', 'redistribute'] as const

/** Times that rules wait for, and until when they have been asked (null: not at all). */
export interface RuleClock {
  times: readonly TimeTriggerFacts[]
  asked: string | null
}

/** When the ticket's timers are due, by the settings of now. A step that was taken is not due again. */
export function deadlines(
  state: TicketState | null,
  directory: DirectoryFacts,
  rules: RuleClock = { times: [], asked: null },
): Deadlines {
  if (state === null) return {}
  const ruleDueAt = nextRuleTime(state, directory, rules.times, rules.asked)
  return {
    ...claimDeadlines(state, directory),
    ...statusDeadlines(state, directory),
    ...(ruleDueAt === undefined ? {} : { ruleDueAt }),
  }
}

function claimDeadlines(state: TicketState, directory: DirectoryFacts): Deadlines {
  const department = directory.department(state.responsibility.departmentId)
  const timeout = department?.claimTimeout
  if (state.unclaimedSince === null || state.claimOverdue || timeout === undefined) return {}
  const dueAt = afterWorkingTime(state.unclaimedSince, timeout.after, department?.hours)
  if (dueAt === null) return {}
  const claimThen = CLAIM_STEPS.find((step) => step === timeout.then) ?? 'notify'
  const warnAt =
    timeout.warnAfter === undefined || state.claimWarned
      ? null
      : afterWorkingTime(state.unclaimedSince, timeout.warnAfter, department?.hours)
  return {
    ...(warnAt === null || warnAt >= dueAt ? {} : { claimWarnAt: warnAt }),
    claimDueAt: dueAt,
    claimThen,
  }
}

function statusDeadlines(state: TicketState, directory: DirectoryFacts): Deadlines {
  if (state.status === 'postponed' && state.postponed) return { postponeEndsAt: state.postponed.until }
  if (state.status !== 'resolved' || state.resolvedAt === null) return {}
  const { reopenWindow, timeZone } = directory.settings
  const closesAt = afterCalendarTime(state.resolvedAt, reopenWindow, timeZone)
  return closesAt === null ? {} : { closesAt }
}
