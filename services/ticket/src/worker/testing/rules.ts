import { type RulePlan, rulesOf } from '@onus/workflows-ticket/testing/rules'
import { createRules, type Rules, type RulesApi } from '../rules.ts'

/** The rules service, with the rules that a test has in mind when it is asked. */
export function rulesApiOf(plans: () => readonly RulePlan[]): RulesApi {
  let version = 0
  return {
    async getTriggers() {
      const { events, times } = rulesOf(plans())
      version += 1
      return {
        version,
        notModified: false,
        eventTriggers: [...events],
        timeTriggers: [...times],
        fields: [],
      }
    },
    async evaluate({ trigger, values, onlyRuleIds }) {
      const only = onlyRuleIds.length > 0 ? { onlyRuleIds } : {}
      const effects = rulesOf(plans()).evaluate({ trigger, values, ...only })
      return { effects: effects.map((effect) => ({ ...effect, actions: [...effect.actions] })), skipped: [] }
    },
  }
}

/** Rules that look at nothing but the ticket's state. */
export const plannedRules = (plans: () => readonly RulePlan[], clock?: () => number): Rules =>
  createRules({
    api: rulesApiOf(plans),
    ...(clock === undefined ? {} : { clock }),
    messages: { findMany: async () => [] },
    tickets: { findSeed: async () => null },
  })

/** An account without rules. */
export const noRules: Rules = plannedRules(() => [])
