import type { Action, Reference } from '../model.ts'
import type { RuleErrors } from '../problems.ts'

/** What earlier rules decided already: the first one that speaks about a field wins. */
export interface Decided {
  responsibility: boolean
  priority: boolean
  /** Tags, folded, whose presence has been decided. */
  tags: Set<string>
}

/** One thing that rules can do. */
export interface ActionKind {
  type: string
  /** Names of its parameters. */
  parameters: readonly string[]
  /** Of actions that share a subject a rule has at most one. */
  subject?: 'responsibility' | 'priority'
  check(action: Action, path: string, errors: RuleErrors): void
  /** What it names; `departmentId` is where the ticket is. */
  references(action: Action, path: string): Reference[]
  /** What of it takes effect after what was decided, or null; and decides it. */
  take(action: Action, decided: Decided): Action | null
  /** Names of values that it needs. */
  reads?: readonly string[]
  /** Needs its agent to be a member where the ticket is. */
  memberHere?(action: Action): string
}
