import type { Handlers } from '@onus/kit/grpc'
import { newId, stableId } from '@onus/kit/ids'
import { problems } from '@onus/kit/problems'
import type { Rule as RuleMessage, RulesServiceService } from '@onus/proto/onus/v1/rules'
import { faultOf } from '../domain/evaluate.ts'
import type { Facts } from '../domain/facts.ts'
import type { Rule, RulesState } from '../domain/model.ts'
import { brokenBecause, referencesOf } from '../domain/references.ts'
import {
  createRule,
  deleteRule,
  findRule,
  lastVersion,
  type RuleInput,
  referencesOfInput,
  setOrder,
  updateRule,
} from '../domain/rules.ts'
import { evaluation } from './evaluation.ts'
import { Entry, type Parts, pageFrom } from './parts.ts'

/** Rules, their order and their versions; and what the ticket worker asks of them. */
export function ruleHandlers(parts: Parts): Handlers<RulesServiceService> {
  const { store } = parts
  const entry = new Entry(parts)

  return {
    ...evaluation(parts, entry),

    async createRule({ rule, commandId }, { caller }) {
      const view = await entry.enter(caller, 'write', 'create rules')
      const { accountId } = caller
      const id = commandId ? stableId('rule', accountId, caller.type, caller.id, commandId) : newId()
      const input = inputOf(rule)
      const names = await entry.facts(view, referencesOfInput(input))
      const author = entry.author(caller)
      const state = await store.change(accountId, author.by, (before) => {
        if (before.rules.some((one) => one.id === id)) return before
        if (id in before.deleted) throw problems.alreadyExists('The rule that this made was deleted.')
        return createRule(before, id, input, { ...author, names })
      })
      const found = findRule(state, id)
      return messageOf(found.rule, found.position, names)
    },

    async getRule({ ruleId }, { caller }) {
      const view = await entry.enter(caller, 'read', 'see rules')
      const { rule, position } = findRule(await store.fresh(caller.accountId), ruleId)
      return messageOf(rule, position, await entry.facts(view, referencesOf(rule)))
    },

    async listRules({ page }, { caller }) {
      const view = await entry.enter(caller, 'read', 'see rules')
      const { rules } = await store.fresh(caller.accountId)
      const { items, nextCursor } = pageFrom(
        rules.map((rule, at) => ({ rule, position: at + 1 })),
        page,
      )
      const names = await entry.facts(
        view,
        items.flatMap(({ rule }) => referencesOf(rule)),
      )
      return {
        items: items.map(({ rule, position }) => messageOf(rule, position, names)),
        ...(nextCursor && { nextCursor }),
      }
    },

    async updateRule({ rule, updateMask }, { caller }) {
      const view = await entry.enter(caller, 'write', 'change rules')
      const id = rule?.id ?? ''
      const input = inputOf(rule)
      const { rule: current } = findRule(await store.fresh(caller.accountId), id)
      const named = [...referencesOf(current), ...referencesOfInput(input)]
      const names = await entry.facts(view, named)
      const author = entry.author(caller)
      const state = await store.change(caller.accountId, author.by, (before) =>
        updateRule(before, id, input, updateMask, { ...author, names }),
      )
      const found = findRule(state, id)
      return messageOf(found.rule, found.position, names)
    },

    async deleteRule({ ruleId }, { caller }) {
      await entry.enter(caller, 'write', 'delete rules')
      const { by } = entry.author(caller)
      await store.change(caller.accountId, by, (before) => deleteRule(before, ruleId))
      return {}
    },

    async setOrder({ ids }, { caller }) {
      const view = await entry.enter(caller, 'write', 'order rules')
      const { by } = entry.author(caller)
      const { rules } = await store.change(caller.accountId, by, (before) => setOrder(before, ids))
      const names = await entry.facts(view, rules.flatMap(referencesOf))
      return { items: rules.map((rule, at) => messageOf(rule, at + 1, names)) }
    },

    async listVersions({ ruleId, page }, { caller }) {
      const view = await entry.enter(caller, 'read', 'see rules')
      const state = await store.fresh(caller.accountId)
      const last = lastVersion(state, ruleId)
      const numbers = Array.from({ length: last }, (_, at) => last - at)
      const { items, nextCursor } = pageFrom(numbers, page)
      const past = await store.versions(caller.accountId, ruleId, items)
      const current = currentOf(state, ruleId)
      const versions = items.flatMap(
        (version) => (current?.rule.version === version ? current : past.get(version)) ?? [],
      )
      const names = await entry.facts(
        view,
        versions.flatMap(({ rule }) => referencesOf(rule)),
      )
      return {
        items: versions.map(({ rule, position }) => messageOf(rule, position, names)),
        ...(nextCursor && { nextCursor }),
      }
    },
  }
}

function currentOf({ rules }: RulesState, id: string): { rule: Rule; position: number } | undefined {
  const at = rules.findIndex((rule) => rule.id === id)
  const rule = rules[at]
  return rule && { rule, position: at + 1 }
}

export function inputOf(message: RuleMessage | undefined): RuleInput {
  if (!message) return {}
  const { active, name, notes, position, trigger, conditions, actions } = message
  return { active, name, notes, position, trigger, conditions, actions }
}

function messageOf(rule: Rule, position: number, names: Facts): RuleMessage {
  const broken = faultOf(rule) ?? brokenBecause(referencesOf(rule), names)
  return { ...rule, trigger: { ...rule.trigger }, position, ...(broken && { broken }) }
}
