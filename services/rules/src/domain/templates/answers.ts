import { ACTIONS, ANSWER } from '../actions/index.ts'
import type { Effect } from '../evaluate.ts'
import type { Facts } from '../facts.ts'
import type { Action } from '../model.ts'
import type { Values } from '../values.ts'
import type { Template } from './model.ts'
import { render } from './render.ts'

/**
 * Puts the text of its template into each `answer`. The contact is told whose the ticket is after these
 * effects, not before.
 */
export function withAnswers(
  effects: readonly Effect[],
  templates: ReadonlyMap<string, Template>,
  values: Values,
  facts: Facts,
): Effect[] {
  const after = { ...values, ...holderAfter(effects, values, facts) }
  return effects.map(({ actions, ...effect }) => ({
    ...effect,
    actions: actions.flatMap((action): Action[] => {
      if (action.type !== ANSWER) return [action]
      const template = templates.get(String(action.template))
      return template ? [{ ...action, ...render(template, after, facts) }] : []
    }),
  }))
}

/** Whose a ticket is after the effects, as far as rules decide it. */
export function holderAfter(
  effects: readonly Effect[],
  { departmentId, agentId }: Values,
  { defaultDepartmentId }: Pick<Facts, 'defaultDepartmentId'>,
): { departmentId: string; agentId: string | null } {
  const before = {
    departmentId: String(departmentId || defaultDepartmentId),
    agentId: typeof agentId === 'string' && agentId ? agentId : null,
  }
  const decides = effects
    .flatMap(({ actions }) => actions)
    .find(({ type }) => ACTIONS.get(type)?.subject === 'responsibility')
  if (!decides) return before
  const agent = typeof decides.agentId === 'string' ? decides.agentId : null
  if (decides.type !== 'transfer') return { ...before, agentId: agent }
  return { departmentId: String(decides.departmentId), agentId: agent }
}
