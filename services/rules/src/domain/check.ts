import { ACTIONS } from './actions/index.ts'
import { FIELD_NAMES, findField } from './fields/index.ts'
import type { Action, Condition } from './model.ts'
import { OPERATORS } from './operators/index.ts'
import { clip, isObject, type RuleErrors, refuseOthers } from './problems.ts'

/** The parts of a rule as they came, checked. What cannot be taken is said with its path. */

const MAX_GROUPS = 50
const MAX_CONDITIONS = 50
const MAX_ACTIONS = 20

export function checkConditions(input: unknown, errors: RuleErrors): Condition[][] {
  if (!isList(input, MAX_GROUPS)) {
    errors.add('conditions', `Give a list of at most ${MAX_GROUPS} groups; each is a list of conditions.`)
    return []
  }
  return input.map((group, at) => {
    const path = `conditions[${at}]`
    if (!isList(group, MAX_CONDITIONS) || group.length === 0) {
      errors.add(path, `Give a list of 1 to ${MAX_CONDITIONS} conditions; leave all groups out for always.`)
      return []
    }
    return group.map((condition, index) => checkCondition(condition, `${path}[${index}]`, errors))
  })
}

function checkCondition(input: unknown, path: string, errors: RuleErrors): Condition {
  if (!isObject(input)) {
    errors.add(path, 'Give a condition {field, op, value}.')
    return { field: '', op: '' }
  }
  refuseOthers(input, ['field', 'op', 'value'], path, errors)
  const { field: fieldName, op, value } = input
  const field = typeof fieldName === 'string' ? findField(fieldName) : null
  const operator = typeof op === 'string' ? OPERATORS.get(op) : undefined
  if (!field) errors.addUnknown(`${path}.field`, 'field', fieldName, FIELD_NAMES)
  if (!operator) errors.addUnknown(`${path}.op`, 'operator', op, OPERATORS.keys())
  if (field && operator && !field.operators.includes(operator.name)) {
    const others = field.operators.join(', ')
    errors.add(`${path}.op`, `"${operator.name}" does not work on ${clip(field.name)}; use one of ${others}.`)
  } else if (field && operator) operator.check(field, value, `${path}.value`, errors)
  return { field: String(fieldName), op: String(op), ...(value !== undefined && { value }) }
}

export function checkActions(input: unknown, errors: RuleErrors): Action[] {
  if (!isList(input, MAX_ACTIONS) || input.length === 0) {
    errors.add('actions', `Give 1 to ${MAX_ACTIONS} actions.`)
    return []
  }
  const subjects = new Map<string, number>()
  return input.map((action, at) => {
    const path = `actions[${at}]`
    if (!isObject(action)) {
      errors.add(path, 'Give an action {type, ...}.')
      return { type: '' }
    }
    const kind = typeof action.type === 'string' ? ACTIONS.get(action.type) : undefined
    if (!kind) {
      errors.addUnknown(`${path}.type`, 'action', action.type, ACTIONS.keys())
      return { type: '' }
    }
    refuseOthers(action, ['type', ...kind.parameters], path, errors)
    kind.check(action as Action, path, errors)
    const first = kind.subject && subjects.get(kind.subject)
    if (first !== undefined) {
      errors.add(`${path}.type`, `actions[${first}] decides the ${kind.subject} already; keep one of them.`)
    } else if (kind.subject) subjects.set(kind.subject, at)
    return withoutNulls(action)
  })
}

const isList = (input: unknown, max: number): input is unknown[] =>
  Array.isArray(input) && input.length <= max

/** JSON says "not given" by null as well. */
const withoutNulls = (action: Record<string, unknown>): Action =>
  Object.fromEntries(
    Object.entries(action).filter(([, value]) => value !== null && value !== undefined),
  ) as Action

/** Text of 1 to `max` characters without the blanks around it. */
export function checkText(
  input: unknown,
  field: string,
  { min, max }: { min: number; max: number },
  errors: RuleErrors,
): string {
  const text = typeof input === 'string' ? input.trim().normalize('NFC') : ''
  const length = [...text].length
  if (length < min || length > max) errors.add(field, `Give ${min} to ${max} characters.`)
  return field === 'name' ? clipLines(text, field, errors) : text
}

function clipLines(text: string, field: string, errors: RuleErrors): string {
  if (/\p{Cc}/u.test(text))
    errors.add(field, `Leave out line breaks and control characters in "${clip(text)}".`)
  return text
}
