import { ACTIONS, type Decided, STOP } from './actions/index.ts'
import { findField } from './fields/index.ts'
import type { Action, Reference, Rule, RulesState } from './model.ts'
import { OPERATORS, type Test } from './operators/index.ts'
import { brokenBecause, type Names, referencesOf } from './references.ts'
import type { Actual, Values } from './values.ts'

/** What the rules of an account say about one event of one ticket: a pure function. */

interface Comparison {
  field: string
  test: Test
}

interface CompiledRule {
  rule: Rule
  groups: Comparison[][]
  references: Reference[]
}

/** Rules that are ready to be asked: the active ones, in their order, by trigger. */
export interface CompiledRules {
  version: number
  byTrigger: ReadonlyMap<string, CompiledRule[]>
}

export function compileRules({ version, rules }: RulesState): CompiledRules {
  const byTrigger = new Map<string, CompiledRule[]>()
  for (const rule of rules) {
    if (!rule.active) continue
    const list = byTrigger.get(rule.trigger.type) ?? []
    byTrigger.set(rule.trigger.type, list)
    list.push(compileRule(rule))
  }
  return { version, byTrigger }
}

function compileRule(rule: Rule): CompiledRule {
  const groups = rule.conditions.map((group) =>
    group.map(({ field: name, op, value }) => {
      const [field, operator] = [findField(name), OPERATORS.get(op)]
      if (!field || !operator)
        throw new Error(`Rule ${rule.id} has a condition that is not known: ${name} ${op}`)
      return { field: name, test: operator.compile(field, value) }
    }),
  )
  return { rule, groups, references: referencesOf(rule) }
}

/** A rule that acts, with those of its actions that take effect. */
export interface Effect {
  rule: Rule
  actions: Action[]
}

/** A rule that would have acted, and why it cannot. */
export interface Skipped {
  rule: Rule
  broken: string
}

/** The directory, as far as an evaluation needs it. */
export interface Facts extends Names {
  /** Where a ticket is that no one has placed yet. */
  defaultDepartmentId: string
}

/** Whether any rule waits for this trigger: if none does, nothing else need be known. */
export const hasRules = (compiled: CompiledRules, trigger: string): boolean => compiled.byTrigger.has(trigger)

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
): { effects: Effect[]; skipped: Skipped[] } {
  const values = { ...given, departmentId: given.departmentId || facts.defaultDepartmentId }
  const read = reader(values)
  const decided: Decided = { responsibility: false, priority: false, tags: new Set() }
  const effects: Effect[] = []
  const skipped: Skipped[] = []
  for (const { rule, groups, references } of compiled.byTrigger.get(trigger) ?? []) {
    if (!fits(groups, read)) continue
    const broken = brokenBecause([...references, ...membersHere(rule, String(values.departmentId))], facts)
    if (broken) {
      skipped.push({ rule, broken })
      continue
    }
    const actions = rule.actions.flatMap((action) => ACTIONS.get(action.type)?.take(action, decided) ?? [])
    if (actions.length) effects.push({ rule, actions })
    if (actions.some(({ type }) => type === STOP)) break
  }
  return { effects, skipped }
}

type Reader = (field: string) => Actual

/** Each field is read and brought into its forms once, however many rules ask for it. */
function reader(values: Values): Reader {
  const known = new Map<string, Actual>()
  return (name) => {
    const found = known.get(name)
    if (found) return found
    const actual = findField(name)!.read(values)
    known.set(name, actual)
    return actual
  }
}

const fits = (groups: Comparison[][], read: Reader): boolean =>
  groups.length === 0 || groups.some((group) => group.every(({ field, test }) => test(read(field))))

function membersHere(rule: Rule, departmentId: string): Reference[] {
  return rule.actions.flatMap((action, at) => {
    const id = ACTIONS.get(action.type)?.memberHere?.(action)
    return id === undefined
      ? []
      : [{ kind: 'agent', id, path: `actions[${at}].agentId`, memberOf: departmentId }]
  })
}
