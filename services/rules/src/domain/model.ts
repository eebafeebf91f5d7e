import type { Actor } from '@onus/workflows-contract'

/** The rules of one account as one value, in the order in which they are asked. */
export interface RulesState {
  schema: 1
  accountId: string
  /** Number of changes so far; the first is 1. */
  version: number
  rules: Rule[]
  /** Last versions of rules that were deleted: their history can still be read. */
  deleted: Record<string, number>
}

/** One rule; its place is its place in the list. */
export interface Rule {
  id: string
  active: boolean
  name: string
  notes: string
  trigger: Trigger
  /** The outer list is OR, the inner AND; an empty list is always. */
  conditions: Condition[][]
  actions: Action[]
  /** Number of times it was saved. */
  version: number
  updatedAt: string
  updatedBy: Actor
}

export interface Trigger {
  type: string
  /** Of a trigger by time: an ISO 8601 duration. */
  after?: string
}

export interface Condition {
  field: string
  op: string
  value?: unknown
}

export interface Action {
  type: string
  [parameter: string]: unknown
}

/** Something that a rule names, and where it names it. */
export interface Reference {
  kind: 'department' | 'agent' | 'template' | 'webhook'
  id: string
  /** Path in the rule, for example `actions[0].agentId`. */
  path: string
  /** The agent has to be an active member of this department. */
  memberOf?: string
}

export const emptyRules = (accountId: string): RulesState => ({
  schema: 1,
  accountId,
  version: 0,
  rules: [],
  deleted: {},
})
