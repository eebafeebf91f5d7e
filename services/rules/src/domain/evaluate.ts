import { ACTIONS, nothingDecided, STOP } from './actions/index.ts'
import type { Facts } from './facts.ts'
import { findField } from './fields/index.ts'
import type { Action, Condition, Reference, Rule, RulesState } from './model.ts'
import { OPERATORS, type Test } from './operators/index.ts'
import { brokenBecause, referencesOf } from './references.ts'
import type { Actual, Values } from './values.ts'

/** What the rules of an account say about one event of one ticket: a pure function. */

interface Comparison {
  field: string
  test: Test
}

export interface CompiledRule {
  rule: Rule
  /** 1-based place in the account's order. */
  position: number
  /** Each comparison by its number. */
  groups: number[][]
  references: Reference[]
  /** Agents who have to be members where the ticket is. */
  membersHere: Omit<Reference, 'memberOf'>[]
  /** Why it cannot be asked at all; absent when it can. */
  fault?: string
}

/** Rules that are ready to be asked: the active ones, in their order, by trigger. */
export interface CompiledRules {
  version: number
  byTrigger: ReadonlyMap<string, CompiledRule[]>
  /** All different comparisons: however many rules make one, it is made once for an event. */
  comparisons: readonly Comparison[]
}

export function compileRules({ version, rules }: RulesState): CompiledRules {
  const byTrigger = new Map<string, CompiledRule[]>()
  const comparisons: Comparison[] = []
  const numbers = new Map<string, number>()
  const numberOf = (condition: Condition): number => {
    const key = JSON.stringify([condition.field, condition.op, condition.value])
    const known = numbers.get(key)
    if (known !== undefined) return known
    numbers.set(key, comparisons.length)
    return comparisons.push(compileCondition(condition)) - 1
  }
  for (const [at, rule] of rules.entries()) {
    if (!rule.active) continue
    const list = byTrigger.get(rule.trigger.type) ?? []
    byTrigger.set(rule.trigger.type, list)
    const fault = faultOf(rule)
    list.push({
      rule,
      position: at + 1,
      groups: fault ? [] : rule.conditions.map((group) => group.map(numberOf)),
      references: referencesOf(rule),
      membersHere: membersHere(rule),
      ...(fault && { fault }),
    })
  }
  return { version, byTrigger, comparisons }
}

/** Templates and webhooks that the rules of a trigger name. */
export function namedBy(compiled: CompiledRules, trigger: string): Reference[] {
  return (compiled.byTrigger.get(trigger) ?? []).flatMap(({ references }) =>
    references.filter(({ kind }) => kind === 'template' || kind === 'webhook'),
  )
}

/** A word that this version does not know, which only a newer one can have stored. */
export function faultOf({ conditions, actions }: Pick<Rule, 'conditions' | 'actions'>): string | undefined {
  for (const [at, group] of conditions.entries()) {
    for (const [index, { field, op }] of group.entries()) {
      if (!findField(field)) return `conditions[${at}][${index}].field: "${field}" is not known here.`
      if (!OPERATORS.has(op)) return `conditions[${at}][${index}].op: "${op}" is not known here.`
    }
  }
  const at = actions.findIndex(({ type }) => !ACTIONS.has(type))
  return at < 0 ? undefined : `actions[${at}].type: "${actions[at]!.type}" is not known here.`
}

function compileCondition({ field: name, op, value }: Condition): Comparison {
  const [field, operator] = [findField(name)!, OPERATORS.get(op)!]
  return { field: name, test: operator.compile(field, value) }
}

/** A rule that acts, with those of its actions that take effect. */
export interface Effect {
  rule: Rule
  position: number
  actions: Action[]
}

/** A rule that would have acted, and why it cannot. */
export interface Skipped {
  rule: Rule
  position: number
  broken: string
}

/** Whether any rule waits for this trigger: if none does, nothing else need be known. */
export const hasRules = (compiled: CompiledRules, trigger: string): boolean => compiled.byTrigger.has(trigger)

/** What came of asking the rules. */
export interface Evaluation {
  effects: Effect[]
  skipped: Skipped[]
  /** Which rule decided each field. */
  decidedBy: ReadonlyMap<string, string>
  /** The rule that ended the order. */
  stoppedBy?: string
  /** Rules that do not hold, and that ask for what nobody knows. */
  unknown: { ruleId: string; field: string }[]
}

/** Which of the rules that wait for a trigger are asked; by default all. */
export interface Choice {
  /** Those that ran for this event already, as {@link runKey} names them. */
  alreadyRun?: ReadonlySet<string>
  /** Only these, by id. */
  only?: ReadonlySet<string>
}

/** A rule runs once for one event and version. */
export const runKey = (ruleId: string, version: number): string => `${ruleId}:${version}`

const isChosen = ({ id, version }: Rule, { alreadyRun, only }: Choice): boolean =>
  (!only || only.has(id)) && !alreadyRun?.has(runKey(id, version))

/**
 * Asks the rules in their order. All see the ticket as it was at the event; the first that speaks about a
 * field wins, tags come together from all, and `stop` ends. A rule that names something that has gone is
 * passed over whole, so that it never does half of what it says.
 */
export function evaluate(
  compiled: CompiledRules,
  trigger: string,
  given: Values,
  facts: Facts,
  choice: Choice = {},
): Evaluation {
  const values = { ...given, departmentId: given.departmentId || facts.defaultDepartmentId }
  const departmentId = String(values.departmentId)
  const holds = comparer(compiled, values, facts)
  const decided = nothingDecided()
  const effects: Effect[] = []
  const skipped: Skipped[] = []
  const unknown: Evaluation['unknown'] = []
  for (const { rule, position, groups, references, membersHere, fault } of compiled.byTrigger.get(trigger) ??
    []) {
    if (!isChosen(rule, choice)) continue
    if (groups.length > 0 && !groups.some((group) => group.every(holds))) {
      for (const field of unknownFields(compiled, groups, facts)) unknown.push({ ruleId: rule.id, field })
      continue
    }
    const here = inDepartment(membersHere, departmentId)
    const broken = fault ?? brokenBecause(references, facts) ?? brokenBecause(here, facts)
    if (broken) {
      skipped.push({ rule, position, broken })
      continue
    }
    decided.ruleId = rule.id
    const actions = rule.actions.flatMap((action) => ACTIONS.get(action.type)?.take(action, decided) ?? [])
    if (actions.length) effects.push({ rule, position, actions })
    if (actions.some(({ type }) => type === STOP)) {
      return { effects, skipped, unknown, decidedBy: decided.by, stoppedBy: rule.id }
    }
  }
  return { effects, skipped, unknown, decidedBy: decided.by }
}

function unknownFields({ comparisons }: CompiledRules, groups: number[][], facts: Facts): string[] {
  if (!facts.isUnknown) return []
  const fields = groups.flat().map((number) => comparisons[number]!.field)
  return [...new Set(fields)].filter((field) => facts.isUnknown?.(field))
}

/** Makes each comparison, and reads each field, once at most. */
function comparer({ comparisons }: CompiledRules, values: Values, facts: Facts): (number: number) => boolean {
  const actuals = new Map<string, Actual>()
  const read = (name: string): Actual => {
    const known = actuals.get(name)
    if (known) return known
    const actual = findField(name)!.read(values, facts)
    actuals.set(name, actual)
    return actual
  }
  const made: (boolean | undefined)[] = new Array(comparisons.length)
  return (number) => {
    const known = made[number]
    if (known !== undefined) return known
    const { field, test } = comparisons[number]!
    const holds = !facts.isUnknown?.(field) && test(read(field))
    made[number] = holds
    return holds
  }
}

const inDepartment = (members: CompiledRule['membersHere'], departmentId: string): Reference[] =>
  members.map((reference) => ({ ...reference, memberOf: departmentId }))

function membersHere(rule: Rule): Omit<Reference, 'memberOf'>[] {
  return rule.actions.flatMap((action, at) => {
    const id = ACTIONS.get(action.type)?.memberHere?.(action)
    return id === undefined ? [] : [{ kind: 'agent' as const, id, path: `actions[${at}].agentId` }]
  })
}
