import type { RuleAction, RuleEffectFacts, RulesFacts } from '../domain/facts.ts'

/** One rule, written down as tests think of it. */
export interface RulePlan {
  id: string
  version?: number
  /** Type of its trigger. */
  on: string
  /** Of a rule by time. */
  after?: string
  /** By default always. */
  when?: (values: Readonly<Record<string, unknown>>) => boolean
  do: RuleAction[]
}

/** What the rules service would answer for such rules, in this order; every action takes effect. */
export function rulesOf(plans: readonly RulePlan[]): RulesFacts {
  const byTime = (plan: RulePlan): boolean => plan.after !== undefined
  return {
    events: new Set(plans.filter((plan) => !byTime(plan)).map(({ on }) => on)),
    times: plans.filter(byTime).map(({ id, version = 1, on, after = '' }) => ({
      ruleId: id,
      version,
      type: on,
      after,
    })),
    evaluate({ trigger, values, onlyRuleIds }) {
      return plans.flatMap((plan, index): RuleEffectFacts[] => {
        const { id, version = 1, on, when = () => true } = plan
        const chosen = onlyRuleIds?.includes(id) ?? true
        if (on !== trigger || !chosen || !when(values)) return []
        return [{ ruleId: id, version, ruleName: `rule ${id}`, position: index + 1, actions: plan.do }]
      })
    },
  }
}
