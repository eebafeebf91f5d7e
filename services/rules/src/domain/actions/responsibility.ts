import type { Action } from '../model.ts'
import type { RuleErrors } from '../problems.ts'
import { type ActionKind, NO_REFERENCES, ofSubject } from './action.ts'

export function checkId(action: Action, name: string, path: string, errors: RuleErrors): void {
  const id = action[name]
  if (typeof id !== 'string' || !id || id.length > 100) errors.add(`${path}.${name}`, 'Give an id.')
}

export const has = (action: Action, name: string): boolean =>
  action[name] !== undefined && action[name] !== null

/** To a department, and to an agent of it only when one is named. */
export const transfer: ActionKind = {
  type: 'transfer',
  parameters: ['departmentId', 'agentId'],
  ...ofSubject('responsibility'),
  check(action, path, errors) {
    checkId(action, 'departmentId', path, errors)
    if (has(action, 'agentId')) checkId(action, 'agentId', path, errors)
  },
  references(action, path) {
    const departmentId = String(action.departmentId)
    const department = { kind: 'department', id: departmentId, path: `${path}.departmentId` } as const
    if (!has(action, 'agentId')) return [department]
    const agent = { kind: 'agent', id: String(action.agentId), path: `${path}.agentId` } as const
    return [department, { ...agent, memberOf: departmentId }]
  },
}

/** To an agent of the department where the ticket is. */
export const assign: ActionKind = {
  type: 'assign',
  parameters: ['agentId'],
  ...ofSubject('responsibility'),
  check: (action, path, errors) => checkId(action, 'agentId', path, errors),
  references: (action, path) => [{ kind: 'agent', id: String(action.agentId), path: `${path}.agentId` }],
  memberHere: (action) => String(action.agentId),
}

/** Back into its department, to nobody. */
export const release: ActionKind = {
  type: 'release',
  parameters: [],
  ...ofSubject('responsibility'),
  ...NO_REFERENCES,
  check: () => {},
}
