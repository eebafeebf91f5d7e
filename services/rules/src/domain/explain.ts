import { ACTIONS, STOP } from './actions/index.ts'
import { compileRules, evaluate, faultOf } from './evaluate.ts'
import type { Facts } from './facts.ts'
import { findField } from './fields/index.ts'
import type { Condition, Rule, RulesState } from './model.ts'
import { OPERATORS } from './operators/index.ts'
import { brokenBecause, referencesOf } from './references.ts'
import { isTimeTrigger } from './triggers/index.ts'
import type { Values } from './values.ts'

/** Why a rule acts on a ticket, or does not. */
export interface Explanation {
  matched: boolean
  reason: Reason
  /** The reason as an English sentence. */
  detail: string
  conditions: ExplainedCondition[][]
  /** Why it cannot act. */
  skipped?: string
  /** The earlier rule that decides. */
  byRuleId?: string
}

export type Reason =
  | 'would_act'
  | 'inactive'
  | 'trigger'
  | 'conditions'
  | 'broken'
  | 'lost'
  | 'stopped'
  | 'applied'

interface ExplainedCondition extends Condition {
  /** What the ticket has; absent for nothing. */
  actual?: unknown
  result: boolean
}

/** A ticket, as far as an explanation needs it. */
export interface ExplainedTicket {
  values: Values
  /** Events that it has had. */
  triggers: readonly string[]
  /** When the rule acted on it, oldest first. */
  applied: readonly { at: string; version: number }[]
}

/** Asks the rules about the ticket as it is now, and says what became of one of them. */
export function explain(state: RulesState, rule: Rule, ticket: ExplainedTicket, facts: Facts): Explanation {
  const values = withDepartment(ticket.values, facts)
  const conditions = faultOf(rule) ? [] : rule.conditions.map((group) => explainGroup(group, values, facts))
  const matched =
    rule.conditions.length === 0 || conditions.some((group) => group.every(({ result }) => result))
  const skipped = faultOf(rule) ?? brokenBecause(references(rule, values), facts) ?? undefined
  const explained = { matched, conditions, ...(skipped !== undefined && { skipped }) }
  return { ...explained, ...verdict(state, rule, { ...ticket, values }, facts, matched, skipped) }
}

type Verdict = Pick<Explanation, 'reason' | 'detail' | 'byRuleId'>

function verdict(
  state: RulesState,
  rule: Rule,
  { values, triggers, applied }: ExplainedTicket,
  facts: Facts,
  matched: boolean,
  skipped: string | undefined,
): Verdict {
  const last = applied.at(-1)
  if (last) {
    const times = applied.length === 1 ? 'once' : `${applied.length} times`
    const detail = `It acted on this ticket ${times}, last with version ${last.version} at ${last.at}.`
    return { reason: 'applied', detail }
  }
  if (!rule.active) return { reason: 'inactive', detail: 'It is not active.' }
  if (skipped !== undefined) return { reason: 'broken', detail: `It cannot act: ${skipped}` }
  const { type } = rule.trigger
  if (!isTimeTrigger(type) && !triggers.includes(type)) {
    return { reason: 'trigger', detail: `It waits for ${type}, and this ticket has had no such event.` }
  }
  if (!matched) return { reason: 'conditions', detail: 'No group of its conditions holds.' }
  return contest(state, rule, values, facts)
}

/** What earlier rules leave to it. */
function contest(state: RulesState, rule: Rule, values: Values, facts: Facts): Verdict {
  const { effects, decidedBy, stoppedBy } = evaluate(compileRules(state), rule.trigger.type, values, facts)
  const name = (id: string) => `"${state.rules.find((one) => one.id === id)?.name ?? id}"`
  const effect = effects.find((one) => one.rule.id === rule.id)
  const acts =
    effect?.actions.some(({ type }) => type !== STOP) || rule.actions.every(({ type }) => type === STOP)
  if (effect && acts) return { reason: 'would_act', detail: 'Nothing keeps it from acting.' }
  const [winner] = rule.actions.flatMap((action) =>
    (ACTIONS.get(action.type)?.decides(action) ?? []).map((field) => decidedBy.get(field)),
  )
  if (!effect && stoppedBy !== undefined && isBefore(state, stoppedBy, rule.id)) {
    return { reason: 'stopped', detail: `The rule ${name(stoppedBy)} before it stops.`, byRuleId: stoppedBy }
  }
  if (winner !== undefined && winner !== rule.id) {
    const detail = `The rule ${name(winner)} before it decides what it would.`
    return { reason: 'lost', detail, byRuleId: winner }
  }
  return { reason: 'would_act', detail: 'Nothing keeps it from acting.' }
}

const isBefore = ({ rules }: RulesState, first: string, second: string): boolean =>
  rules.findIndex(({ id }) => id === first) < rules.findIndex(({ id }) => id === second)

const MAX_SHOWN = 500

function explainGroup(group: readonly Condition[], values: Values, facts: Facts): ExplainedCondition[] {
  return group.map((condition) => {
    const field = findField(condition.field)!
    const actual = field.read(values, facts)
    const result = OPERATORS.get(condition.op)!.compile(field, condition.value)(actual)
    return { ...condition, ...(actual.present && { actual: shown(actual.raw) }), result }
  })
}

const shown = (value: unknown): unknown =>
  typeof value === 'string' && value.length > MAX_SHOWN ? `${value.slice(0, MAX_SHOWN)}…` : value

const withDepartment = (values: Values, { defaultDepartmentId }: Facts): Values => ({
  ...values,
  departmentId: values.departmentId || defaultDepartmentId,
})

/** What it names, and that its agent has to be a member where the ticket is. */
function references(rule: Rule, values: Values) {
  const here = rule.actions.flatMap((action, at) => {
    const id = ACTIONS.get(action.type)?.memberHere?.(action)
    const memberOf = String(values.departmentId)
    return id === undefined ? [] : [{ kind: 'agent' as const, id, path: `actions[${at}].agentId`, memberOf }]
  })
  return [...referencesOf(rule), ...here]
}
