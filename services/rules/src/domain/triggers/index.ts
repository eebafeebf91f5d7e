import { DURATION_REMEDY, isDuration } from '../duration.ts'
import type { Trigger } from '../model.ts'
import { isObject, type RuleErrors, refuseOthers } from '../problems.ts'

/** Events of a ticket that rules can wait for. */
export const EVENT_TRIGGERS = [
  'ticket_created',
  'customer_replied',
  'agent_answered',
  'responsibility_changed',
  'status_changed',
  'tags_changed',
  'ticket_reopened',
] as const

/** Times of a ticket that rules can wait for, each with `after`; the ticket's workflow keeps the timers. */
export const TIME_TRIGGERS = [
  'unclaimed_for',
  'unanswered_for',
  'older_than',
  'status_older_than',
  'due_in',
] as const

/** What rules can wait for. */
export const TRIGGERS: readonly string[] = [...EVENT_TRIGGERS, ...TIME_TRIGGERS]

export const isTimeTrigger = (type: string): boolean => (TIME_TRIGGERS as readonly string[]).includes(type)

export function checkTrigger(input: unknown, errors: RuleErrors): Trigger {
  if (!isObject(input)) {
    errors.add('trigger', `Give a trigger, for example {"type": "${TRIGGERS[0]}"}.`)
    return { type: '' }
  }
  const { type, after } = input
  refuseOthers(input, ['type', 'after'], 'trigger', errors)
  if (typeof type !== 'string' || !TRIGGERS.includes(type)) {
    errors.addUnknown('trigger.type', 'trigger', type, TRIGGERS)
    return { type: '' }
  }
  if (!isTimeTrigger(type)) {
    if (after !== undefined && after !== null) {
      errors.add('trigger.after', `Leave it out; only ${TIME_TRIGGERS.join(', ')} wait.`)
    }
    return { type }
  }
  if (!isDuration(after)) errors.add('trigger.after', `"${type}" waits. ${DURATION_REMEDY}`)
  return { type, after: String(after) }
}
