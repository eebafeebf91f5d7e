import { isDeepStrictEqual } from 'node:util'
import { Problem, problems } from '@onus/kit/problems'
import type { Actor } from '@onus/workflows-contract'
import { ACTIONS } from './actions/index.ts'
import { checkActions, checkConditions, checkText } from './check.ts'
import type { Action, Reference, Rule, RulesState } from './model.ts'
import { isObject, RuleErrors } from './problems.ts'
import { type Names, refuseUnknown } from './references.ts'
import { checkTrigger } from './triggers/index.ts'

/** What a caller may say of a rule. */
export interface RuleInput {
  active?: boolean
  name?: string
  notes?: string
  /** 0 or absent: the end. */
  position?: number
  trigger?: unknown
  conditions?: unknown
  actions?: unknown
}

export const RULE_FIELDS = [
  'active',
  'name',
  'notes',
  'position',
  'trigger',
  'conditions',
  'actions',
] as const

const MAX_RULES = 2000

export interface SaveContext {
  by: Actor
  now: string
  names: Names
}

export function createRule(
  state: RulesState,
  id: string,
  input: RuleInput,
  context: SaveContext,
): RulesState {
  if (state.rules.length >= MAX_RULES) {
    throw new Problem('in-use', `An account has at most ${MAX_RULES} rules. Delete some first.`)
  }
  const place = state.rules.length + 1
  const errors = new RuleErrors()
  checkPosition(state, input.position || place, place, errors)
  const rule = checkRule(input, errors, context)
  refuseUnknown(rule, context.names)
  return { ...state, rules: [...state.rules, { ...rule, id, version: 1 }] }
}

/** Changes the named fields; what leaves the rule as it was is no new version. */
export function updateRule(
  state: RulesState,
  id: string,
  input: RuleInput,
  mask: readonly string[] | undefined,
  context: SaveContext,
): RulesState {
  const at = indexOf(state, id)
  const current = state.rules[at]!
  const named = namedFields(mask, input)
  const merged: RuleInput = { ...current }
  for (const field of named) Object.assign(merged, { [field]: input[field] })
  const errors = new RuleErrors()
  if (named.has('position')) checkPosition(state, input.position || 0, at + 1, errors)
  const checked = { ...checkRule(merged, errors, context), id, version: current.version }
  // A rule that is broken can still be turned off and renamed.
  const acts = named.has('conditions') || named.has('actions') || (named.has('active') && checked.active)
  if (acts) refuseUnknown(checked, context.names)
  if (isDeepStrictEqual(contentOf(checked), contentOf(current))) return state
  return { ...state, rules: state.rules.with(at, { ...checked, version: current.version + 1 }) }
}

export function deleteRule(state: RulesState, id: string): RulesState {
  const at = indexOf(state, id)
  const { version } = state.rules[at]!
  return {
    ...state,
    rules: state.rules.toSpliced(at, 1),
    deleted: { ...state.deleted, [id]: version },
  }
}

/** Puts the rules in a new order, which has to name each of them once. */
export function setOrder(state: RulesState, ids: readonly string[]): RulesState {
  const rules = new Map(state.rules.map((rule) => [rule.id, rule]))
  const errors = new RuleErrors()
  const ordered = ids.flatMap((id, at) => {
    const rule = rules.get(id)
    if (!rule) {
      const twice = ids.indexOf(id) !== at
      errors.add(`ids[${at}]`, twice ? 'This rule is named twice.' : 'There is no such rule.')
      return []
    }
    rules.delete(id)
    return [rule]
  })
  const [left] = rules.values()
  if (left) {
    const others = rules.size > 1 ? ` and ${rules.size - 1} more` : ''
    errors.add('ids', `Name every rule once; this leaves out "${left.name}" (${left.id})${others}.`)
  }
  errors.throwIfAny()
  return { ...state, rules: ordered }
}

export function findRule(state: RulesState, id: string): { rule: Rule; position: number } {
  const at = indexOf(state, id)
  return { rule: state.rules[at]!, position: at + 1 }
}

/** Number of the last version of a rule, also of one that was deleted. */
export function lastVersion(state: RulesState, id: string): number {
  const version = state.rules.find((rule) => rule.id === id)?.version ?? state.deleted[id]
  if (version === undefined) throw problems.notFound('rule', id)
  return version
}

function indexOf(state: RulesState, id: string): number {
  const at = state.rules.findIndex((rule) => rule.id === id)
  if (at < 0) throw problems.notFound('rule', id)
  return at
}

/** Places are 1 to n without gaps, and each belongs to one rule. */
function checkPosition(state: RulesState, wanted: number, own: number, errors: RuleErrors): void {
  if (wanted === own) return
  const holder = state.rules[wanted - 1]
  errors.add(
    'position',
    holder
      ? `"${holder.name}" has position ${wanted}. Leave it out, and move rules with PUT /rules/order.`
      : `The position of this rule is ${own}. Leave it out, and move rules with PUT /rules/order.`,
  )
}

function checkRule(
  input: RuleInput,
  errors: RuleErrors,
  { by, now }: SaveContext,
): Omit<Rule, 'id' | 'version'> {
  const rule = {
    active: input.active ?? true,
    name: checkText(input.name, 'name', { min: 1, max: 200 }, errors),
    notes: checkText(input.notes ?? '', 'notes', { min: 0, max: 10_000 }, errors),
    trigger: checkTrigger(input.trigger, errors),
    conditions: checkConditions(input.conditions ?? [], errors),
    actions: checkActions(input.actions ?? [], errors),
    updatedAt: now,
    updatedBy: by,
  }
  errors.throwIfAny()
  return rule
}

const contentOf = ({ active, name, notes, trigger, conditions, actions }: Rule) => ({
  active,
  name,
  notes,
  trigger,
  conditions,
  actions,
})

/** Without a mask a change names every field that has a value; an empty one names none. */
function namedFields(
  mask: readonly string[] | undefined,
  input: RuleInput,
): Set<(typeof RULE_FIELDS)[number]> {
  if (!mask) return new Set(RULE_FIELDS.filter((field) => input[field] !== undefined && input[field] !== ''))
  const errors = new RuleErrors()
  for (const name of mask) {
    if ((RULE_FIELDS as readonly string[]).includes(name)) continue
    errors.add(name, `This cannot be changed; use some of ${RULE_FIELDS.join(', ')}.`)
  }
  errors.throwIfAny()
  return new Set(mask as (typeof RULE_FIELDS)[number][])
}

/** What an input names that is not in the directory, before it is checked: so that it can be looked up. */
export function referencesOfInput({ actions }: RuleInput): Reference[] {
  return (Array.isArray(actions) ? actions : []).flatMap((action): Reference[] => {
    if (!isObject(action)) return []
    const kind = typeof action.type === 'string' ? ACTIONS.get(action.type) : undefined
    return kind?.references(action as Action, '') ?? []
  })
}
