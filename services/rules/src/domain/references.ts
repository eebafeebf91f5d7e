import { problems } from '@onus/kit/problems'
import { ACTIONS } from './actions/index.ts'
import { findField } from './fields/index.ts'
import type { Reference, Rule } from './model.ts'
import { OPERATORS } from './operators/index.ts'
import { clip } from './problems.ts'

/** What rules name, and whether it is still there. */

/** What rules are checked against. */
export interface Names {
  department(id: string): { name: string } | undefined
  agent(id: string): { name: string; status: string } | undefined
  isMember(agentId: string, departmentId: string): boolean
  hasTemplate(id: string): boolean
  hasWebhook(id: string): boolean
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
  if (kind === 'department') return names.department(id) ? null : `There is no department "${clip(id)}".`
  if (kind === 'template') return names.hasTemplate(id) ? null : `There is no template "${clip(id)}".`
  if (kind === 'webhook') return names.hasWebhook(id) ? null : `There is no webhook "${clip(id)}".`
  const agent = names.agent(id)
  if (!agent) return `There is no agent "${clip(id)}".`
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
