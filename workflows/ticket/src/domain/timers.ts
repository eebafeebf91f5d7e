import type { TicketState } from '@onus/workflows-contract'
import { spellOf } from './evolve.ts'
import type { DirectoryFacts, TimeTriggerFacts } from './facts.ts'
import { afterWorkingTime, beforeWorkingTime } from './hours.ts'

/** The time of one rule for one ticket. */
export interface RuleTime {
  trigger: TimeTriggerFacts
  /** When the spell began that it counts; for `due_in` the moment that it counts towards. */
  since: string
  dueAt: string
}

/** When the rules by time are due that have not had their turn in this spell. */
export function ruleTimes(
  state: TicketState,
  directory: DirectoryFacts,
  times: readonly TimeTriggerFacts[],
): RuleTime[] {
  const { hours } = directory.department(state.responsibility.departmentId) ?? {}
  // Many rules wait equally long for the same.
  const known = new Map<string, string | null>()
  const reckon = (type: string, since: string, after: string): string | null => {
    const name = `${type} ${after}`
    const found = known.get(name)
    if (found !== undefined) return found
    const count = type === 'due_in' ? beforeWorkingTime : afterWorkingTime
    const dueAt = count(since, after, hours)
    known.set(name, dueAt)
    return dueAt
  }
  return times.flatMap((trigger) => {
    const since = spellOf(state, trigger.type)
    if (since === null || hasFired(state, trigger, since)) return []
    const dueAt = reckon(trigger.type, since, trigger.after)
    return dueAt === null ? [] : [{ trigger, since, dueAt }]
  })
}

function hasFired({ firedRules = [] }: TicketState, trigger: TimeTriggerFacts, since: string): boolean {
  return firedRules.some(
    ({ ruleId, version, type, since: spell }) =>
      ruleId === trigger.ruleId && version === trigger.version && type === trigger.type && spell === since,
  )
}

/**
 * The next time that a rule waits for. One that is not later than `asked` was asked about then; it is asked
 * again when something changes, not by a timer.
 */
export function nextRuleTime(
  state: TicketState,
  directory: DirectoryFacts,
  times: readonly TimeTriggerFacts[],
  asked: string | null,
): string | undefined {
  let first: string | undefined
  for (const { dueAt } of ruleTimes(state, directory, times))
    if ((asked === null || dueAt > asked) && (first === undefined || dueAt < first)) first = dueAt
  return first
}
