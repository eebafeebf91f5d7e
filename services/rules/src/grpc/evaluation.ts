import type { Handlers } from '@onus/kit/grpc'
import { problems } from '@onus/kit/problems'
import type { EvaluateRequest, RulesServiceService } from '@onus/proto/onus/v1/rules'
import { requirePermission } from '../domain/access.ts'
import { ANSWER } from '../domain/actions/index.ts'
import { type Choice, type Effect, evaluate, hasRules, namedBy, runKey } from '../domain/evaluate.ts'
import type { Rule } from '../domain/model.ts'
import { withAnswers } from '../domain/templates/answers.ts'
import { TRIGGERS } from '../domain/triggers/index.ts'
import { waitsFor } from '../domain/waiting.ts'
import type { Entry, Parts } from './parts.ts'

/** What the ticket worker asks. */
export function evaluation(
  { store, templates, directory }: Parts,
  entry: Entry,
): Pick<Handlers<RulesServiceService>, 'getTriggers' | 'evaluate'> {
  /** Effects with the texts of their templates. */
  async function answered(
    accountId: string,
    effects: Effect[],
    values: Parameters<typeof withAnswers>[2],
    facts: Parameters<typeof withAnswers>[3],
  ): Promise<Effect[]> {
    const ids = effects.flatMap(({ actions }) =>
      actions.filter(({ type }) => type === ANSWER).map(({ template }) => String(template)),
    )
    if (!ids.length) return effects
    return withAnswers(effects, await templates.findMany(accountId, ids), values, facts)
  }

  return {
    async getTriggers({ accountId, knownVersion }, { caller }) {
      requirePermission(caller, 'evaluate', undefined, 'ask what rules wait for')
      const state = await store.fresh(accountId)
      const { version } = state
      const notModified = version === knownVersion
      if (notModified) return { version, notModified, eventTriggers: [], timeTriggers: [], fields: [] }
      return { version, notModified, ...waitsFor(state) }
    },

    async evaluate(request, { caller }) {
      requirePermission(caller, 'evaluate', undefined, 'evaluate rules')
      const { accountId, trigger } = request
      if (!TRIGGERS.includes(trigger)) {
        throw problems.invalid([{ field: 'trigger', message: `Use one of ${TRIGGERS.join(', ')}.` }])
      }
      const compiled = await store.compiled(accountId)
      if (!hasRules(compiled, trigger)) return { effects: [], skipped: [] }
      const values = request.values ?? {}
      const view = await directory.snapshot(accountId)
      const facts = await entry.facts(view, namedBy(compiled, trigger), { mayBeOld: true })
      const { effects, skipped } = evaluate(compiled, trigger, values, facts, choiceOf(request))
      const head = ({ rule: { id, version, name }, position }: { rule: Rule; position: number }) => ({
        ruleId: id,
        version,
        ruleName: name,
        position,
      })
      return {
        effects: (await answered(accountId, effects, values, facts)).map((effect) => ({
          ...head(effect),
          actions: effect.actions,
        })),
        skipped: skipped.map((one) => ({ ...head(one), actions: one.rule.actions, broken: one.broken })),
      }
    },
  }
}

const choiceOf = ({ alreadyRun, onlyRuleIds }: EvaluateRequest): Choice => ({
  alreadyRun: new Set(alreadyRun.map(({ ruleId, version }) => runKey(ruleId, version))),
  ...(onlyRuleIds.length && { only: new Set(onlyRuleIds) }),
})
