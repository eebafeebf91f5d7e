import type { Trigger } from '../model.ts'
import { isObject, type RuleErrors, refuseOthers } from '../problems.ts'

/** What rules can wait for. */
export const TRIGGERS = ['ticket_created'] as const

/** All events that a ticket may ask about; rules can wait for those of {@link TRIGGERS}. */
export const TRIGGER_EVENTS: readonly string[] = [
  ...TRIGGERS,
  'customer_replied',
  'agent_answered',
  'responsibility_changed',
  'status_changed',
  'tags_changed',
  'ticket_reopened',
]

export function checkTrigger(input: unknown, errors: RuleErrors): Trigger {
  if (!isObject(input)) {
    errors.add('trigger', `Give a trigger, for example {"type": "${TRIGGERS[0]}"}.`)
    return { type: '' }
  }
  const type = input.type
  if (!(TRIGGERS as readonly unknown[]).includes(type)) {
    errors.addUnknown('trigger.type', 'trigger', type, TRIGGERS)
  } else if (input.after !== undefined && input.after !== null) {
    errors.add('trigger.after', 'Leave it out: only triggers by time wait.')
  }
  refuseOthers(input, ['type', 'after'], 'trigger', errors)
  return { type: String(type) }
}
