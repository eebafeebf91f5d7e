import { isDeepStrictEqual } from 'node:util'
import type { Actor } from '@onus/workflows-contract'
import type { Rule, RulesState } from './model.ts'
import { waitsFor } from './waiting.ts'

/** What a change of rules brings about elsewhere: kept with the change, and sent until it has arrived. */
export type OutboxItem = AuditItem | SweepItem

export interface AuditItem {
  kind: 'audit'
  id: string
  at: string
  actor: Actor
  /** For example `rule.updated`. */
  action: string
  entityId: string
  /** Names of the fields that changed. */
  fields: string[]
}

/** The timers of the account's open tickets have to move. */
export interface SweepItem {
  kind: 'sweep'
  id: string
}

export interface Change {
  by: Actor
  now: string
}

const AUDITED = ['active', 'name', 'notes', 'trigger', 'conditions', 'actions'] as const

export function consequences(before: RulesState, after: RulesState, change: Change): OutboxItem[] {
  const items: OutboxItem[] = auditOf(before, after).map(([action, entityId, fields], at) =>
    auditItem(`rules:${after.accountId}:${after.version}:${at}`, action, entityId, fields, change),
  )
  const waited = (state: RulesState) =>
    new Map(waitsFor(state).timeTriggers.map((trigger) => [trigger.ruleId, trigger]))
  if (isDeepStrictEqual(waited(before), waited(after))) return items
  return [...items, { kind: 'sweep', id: `rules-${after.version}` }]
}

export const auditItem = (
  id: string,
  action: string,
  entityId: string,
  fields: string[],
  { by, now }: Change,
): AuditItem => ({ kind: 'audit', id, at: now, actor: by, action, entityId, fields })

function auditOf(before: RulesState, after: RulesState): [string, string, string[]][] {
  const old = new Map(before.rules.map((rule) => [rule.id, rule]))
  const saved = after.rules.flatMap((rule): [string, string, string[]][] => {
    const was = old.get(rule.id)
    if (!was) return [['rule.created', rule.id, [...AUDITED]]]
    return was.version === rule.version ? [] : [['rule.updated', rule.id, changedFields(was, rule)]]
  })
  const kept = new Set(after.rules.map(({ id }) => id))
  const deleted = before.rules.filter(({ id }) => !kept.has(id))
  const order = ({ rules }: RulesState) =>
    rules.map(({ id }) => id).filter((id) => old.has(id) && kept.has(id))
  const moved = !isDeepStrictEqual(order(before), order(after))
  return [
    ...saved,
    ...deleted.map(({ id }): [string, string, string[]] => ['rule.deleted', id, []]),
    ...(moved ? [['rules.ordered', after.accountId, ['position']] as [string, string, string[]]] : []),
  ]
}

const changedFields = (was: Rule, is: Rule): string[] =>
  AUDITED.filter((field) => !isDeepStrictEqual(was[field], is[field]))
