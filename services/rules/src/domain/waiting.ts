import { ACTIONS } from './actions/index.ts'
import { findField } from './fields/index.ts'
import type { RulesState } from './model.ts'
import { isTimeTrigger } from './triggers/index.ts'

/** What active rules wait for, so that a ticket asks only when one of them may have something to say. */
export interface Waiting {
  eventTriggers: string[]
  timeTriggers: { ruleId: string; version: number; type: string; after: string }[]
  /** Names of the values that conditions and actions read. */
  fields: string[]
}

export function waitsFor({ rules }: Pick<RulesState, 'rules'>): Waiting {
  const active = rules.filter(({ active }) => active)
  const types = active.map(({ trigger }) => trigger.type)
  const fields = active.flatMap(({ conditions, actions }) => [
    ...conditions.flat().flatMap(({ field }) => findField(field)?.derivedFrom ?? [field]),
    ...actions.flatMap(({ type }) => ACTIONS.get(type)?.reads ?? []),
  ])
  return {
    eventTriggers: [...new Set(types.filter((type) => !isTimeTrigger(type)))],
    timeTriggers: active.flatMap(({ id, version, trigger: { type, after } }) =>
      isTimeTrigger(type) && after !== undefined ? [{ ruleId: id, version, type, after }] : [],
    ),
    fields: [...new Set(fields)],
  }
}
