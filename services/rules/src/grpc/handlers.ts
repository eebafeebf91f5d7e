import { type Clock, rfc3339 } from '@onus/kit/clock'
import { decodeCursor, encodeCursor } from '@onus/kit/cursor'
import type { DirectoryReader, DirectoryView } from '@onus/kit/directory'
import type { CallContext, Handlers } from '@onus/kit/grpc'
import { newId, stableId } from '@onus/kit/ids'
import { Problem, problems } from '@onus/kit/problems'
import type { Page } from '@onus/proto/onus/v1/common'
import type {
  EvaluateRequest,
  EvaluateResponse,
  GetTriggersResponse,
  Rule as RuleMessage,
  RulesServiceService,
} from '@onus/proto/onus/v1/rules'
import { z } from 'zod'
import { actorOf, type Permission, requirePermission } from '../domain/access.ts'
import { type Choice, type CompiledRules, evaluate, hasRules, runKey } from '../domain/evaluate.ts'
import type { Rule } from '../domain/model.ts'
import { brokenBecause, referencesOf } from '../domain/references.ts'
import {
  createRule,
  deleteRule,
  findRule,
  lastVersion,
  type RuleInput,
  setOrder,
  updateRule,
} from '../domain/rules.ts'
import { TRIGGERS } from '../domain/triggers/index.ts'
import { waitsFor } from '../domain/waiting.ts'
import type { RuleStore } from '../store/rules.ts'

export interface Parts {
  store: RuleStore
  directory: DirectoryReader
  clock: Clock
}

type Caller = CallContext['caller']

export function ruleHandlers({ store, directory, clock }: Parts): Handlers<RulesServiceService> {
  /** The caller's account; `verb` reads after "You may not". Asked before anything else. */
  async function enter(caller: Caller, permission: Permission, verb: string): Promise<DirectoryView> {
    if (caller.type === 'operator' || (caller.type === 'system' && permission === 'write')) {
      requirePermission(caller, permission, undefined, verb)
    }
    const view = await accountOf(caller)
    requirePermission(caller, permission, view.agent(caller.id), verb)
    return view
  }

  async function accountOf({ accountId }: Caller): Promise<DirectoryView> {
    try {
      return await directory.snapshot(accountId)
    } catch (error) {
      if (!(error instanceof Problem) || error.reason !== 'not-found') throw error
      throw problems.unauthenticated('The account does not exist.')
    }
  }

  const save = (caller: Caller, names: DirectoryView) => ({
    by: actorOf(caller),
    now: rfc3339(clock()),
    names,
  })

  return {
    async createRule({ rule, commandId }, { caller }) {
      const view = await enter(caller, 'write', 'create rules')
      const { accountId } = caller
      const id = commandId ? stableId('rule', accountId, caller.type, caller.id, commandId) : newId()
      const state = await store.change(accountId, (before) => {
        if (before.rules.some((one) => one.id === id)) return before
        if (id in before.deleted) throw problems.alreadyExists('The rule that this made was deleted.')
        return createRule(before, id, inputOf(rule), save(caller, view))
      })
      const found = findRule(state, id)
      return messageOf(found.rule, found.position, view)
    },

    async getRule({ ruleId }, { caller }) {
      const view = await enter(caller, 'read', 'see rules')
      const { rule, position } = findRule(await store.fresh(caller.accountId), ruleId)
      return messageOf(rule, position, view)
    },

    async listRules({ page }, { caller }) {
      const view = await enter(caller, 'read', 'see rules')
      const { rules } = await store.fresh(caller.accountId)
      const all = rules.map((rule, at) => messageOf(rule, at + 1, view))
      return pageFrom(all, page)
    },

    async updateRule({ rule, updateMask }, { caller }) {
      const view = await enter(caller, 'write', 'change rules')
      const id = rule?.id ?? ''
      const state = await store.change(caller.accountId, (before) =>
        updateRule(before, id, inputOf(rule), updateMask, save(caller, view)),
      )
      const found = findRule(state, id)
      return messageOf(found.rule, found.position, view)
    },

    async deleteRule({ ruleId }, { caller }) {
      await enter(caller, 'write', 'delete rules')
      await store.change(caller.accountId, (before) => deleteRule(before, ruleId))
      return {}
    },

    async setOrder({ ids }, { caller }) {
      const view = await enter(caller, 'write', 'order rules')
      const { rules } = await store.change(caller.accountId, (before) => setOrder(before, ids))
      return { items: rules.map((rule, at) => messageOf(rule, at + 1, view)) }
    },

    async listVersions({ ruleId, page }, { caller }) {
      const view = await enter(caller, 'read', 'see rules')
      const state = await store.fresh(caller.accountId)
      const last = lastVersion(state, ruleId)
      const numbers = Array.from({ length: last }, (_, at) => ({ version: last - at }))
      const { items, nextCursor } = pageFrom(numbers, page)
      const past = await store.versions(
        caller.accountId,
        ruleId,
        items.map(({ version }) => version),
      )
      const current = state.rules.findIndex((rule) => rule.id === ruleId)
      const versions = items.flatMap(({ version }) => {
        if (state.rules[current]?.version === version)
          return messageOf(state.rules[current], current + 1, view)
        const stored = past.get(version)
        return stored ? messageOf(stored, stored.position, view) : []
      })
      return { items: versions, ...(nextCursor && { nextCursor }) }
    },

    async getTriggers({ accountId, knownVersion }, { caller }): Promise<GetTriggersResponse> {
      requirePermission(caller, 'evaluate', undefined, 'ask what rules wait for')
      const state = await store.fresh(accountId)
      const { version } = state
      const notModified = version === knownVersion
      if (notModified) return { version, notModified, eventTriggers: [], timeTriggers: [], fields: [] }
      return { version, notModified, ...waitsFor(state) }
    },

    async evaluate(request, { caller }): Promise<EvaluateResponse> {
      requirePermission(caller, 'evaluate', undefined, 'evaluate rules')
      const { accountId, trigger, values } = request
      if (!TRIGGERS.includes(trigger)) {
        throw problems.invalid([{ field: 'trigger', message: `Use one of ${TRIGGERS.join(', ')}.` }])
      }
      const compiled = await store.compiled(accountId)
      if (!hasRules(compiled, trigger)) return { effects: [], skipped: [] }
      const view = await directory.snapshot(accountId)
      return answer(compiled, trigger, values ?? {}, view, choiceOf(request))
    },
  }
}

const choiceOf = ({ alreadyRun, onlyRuleIds }: EvaluateRequest): Choice => ({
  alreadyRun: new Set(alreadyRun.map(({ ruleId, version }) => runKey(ruleId, version))),
  ...(onlyRuleIds.length && { only: new Set(onlyRuleIds) }),
})

function answer(
  compiled: CompiledRules,
  trigger: string,
  values: Record<string, unknown>,
  view: DirectoryView,
  choice: Choice,
): EvaluateResponse {
  const { defaultDepartmentId } = view.settings
  const { effects, skipped } = evaluate(compiled, trigger, values, { ...view, defaultDepartmentId }, choice)
  const head = (rule: Rule) => ({ ruleId: rule.id, version: rule.version, ruleName: rule.name })
  return {
    effects: effects.map(({ rule, actions }) => ({ ...head(rule), actions })),
    skipped: skipped.map(({ rule, broken }) => ({ ...head(rule), actions: rule.actions, broken })),
  }
}

function inputOf(message: RuleMessage | undefined): RuleInput {
  if (!message) return {}
  const { active, name, notes, position, trigger, conditions, actions } = message
  return { active, name, notes, position, trigger, conditions, actions }
}

function messageOf(rule: Rule, position: number, view: DirectoryView): RuleMessage {
  const broken = brokenBecause(referencesOf(rule), view)
  return { ...rule, trigger: { ...rule.trigger }, position, ...(broken && { broken }) }
}

const DEFAULT_LIMIT = 50
const MAX_LIMIT = 200

/** A page of a list that is in memory; the cursor is how many came before. */
function pageFrom<T>(items: readonly T[], page: Page | undefined): { items: T[]; nextCursor?: string } {
  const limit = page?.limit || DEFAULT_LIMIT
  if (limit < 1 || limit > MAX_LIMIT) {
    throw problems.invalid([{ field: 'limit', message: `Ask for 1 to ${MAX_LIMIT}.` }])
  }
  const begin = page?.cursor ? decodeCursor(page.cursor, z.number().int().min(0)) : 0
  const end = begin + limit
  return { items: items.slice(begin, end), ...(end < items.length && { nextCursor: encodeCursor(end) }) }
}
