import { problems } from '@onus/kit/problems'
import { ACTIONS } from './actions/index.ts'
import { findField } from './fields/index.ts'
import type { Reference, Rule } from './model.ts'
import { OPERATORS } from './operators/index.ts'

/** What of the directory rules name, and whether it is still there. */

/** The part of the directory that rules are checked against. */
export interface Names {
  department(id: string): { name: string } | undefined
  agent(id: string): { name: string; status: string } | undefined
  isMember(agentId: string, departmentId: string): boolean
}

export function referencesOf({ conditions, actions }: Pick<Rule, 'conditions' | 'actions'>): Reference[] {
  const named = conditions.flatMap((group, at) =>
    group.flatMap(({ field, op, value }, index) => {
      const kind = findField(field)?.names
      if (!kind) return []
      const path = `conditions[${at}][${index}].value`
      return (OPERATORS.get(op)?.wholes(value) ?? []).map((id) => ({ kind, id, path }))
    }),
  )
  return [
    ...named,
    ...actions.flatMap((action, at) => ACTIONS.get(action.type)?.references(action, `actions[${at}]`) ?? []),
  ]
}

/** What is wrong with one reference; null when nothing is. */
function fault({ kind, id, memberOf }: Reference, names: Names): string | null {
  if (kind === 'department')
    return names.department(id) ? null : `There is no department "${id.slice(0, 60)}".`
  const agent = names.agent(id)
  if (!agent) return `There is no agent "${id.slice(0, 60)}".`
  if (agent.status !== 'active') return `"${agent.name}" is ${agent.status}.`
  const department = memberOf !== undefined && names.department(memberOf)
  if (!department || names.isMember(id, memberOf)) return null
  return `"${agent.name}" is no member of "${department.name}".`
}

/** Why a rule cannot act any more; null when it can. */
export function brokenBecause(references: readonly Reference[], names: Names): string | null {
  for (const reference of references) {
    const why = fault(reference, names)
    if (why) return `${reference.path}: ${why}`
  }
  return null
}

/** @throws unknown-reference that names each field */
export function refuseUnknown(rule: Pick<Rule, 'conditions' | 'actions'>, names: Names): void {
  const errors = referencesOf(rule).flatMap((reference) => {
    const message = fault(reference, names)
    return message ? [{ field: reference.path, message }] : []
  })
  if (errors.length) throw problems.unknownReference(errors)
}
