import type { Action, Reference } from '../model.ts'
import type { RuleErrors } from '../problems.ts'

/** What a rule can decide once for a ticket, whatever the action. */
export type Subject = 'responsibility' | 'status' | 'priority' | 'skills' | 'answer'

/** What earlier rules decided already: the first one that speaks about a field wins. */
export interface Decided {
  /** Subjects, tags and webhooks, the last two as `<kind>:<name>`: which rule decided it. */
  readonly by: Map<string, string>
  /** The rule that is deciding now. */
  ruleId: string
}

export const nothingDecided = (): Decided => ({ by: new Map(), ruleId: '' })

/** Takes a field for the rule that is deciding; false when an earlier one has it. */
export function take(decided: Decided, field: string): boolean {
  if (decided.by.has(field)) return false
  decided.by.set(field, decided.ruleId)
  return true
}

/** One thing that rules can do. */
export interface ActionKind {
  type: string
  /** Names of its parameters. */
  parameters: readonly string[]
  /** Of actions that share a subject a rule has at most one. */
  subject?: Subject
  check(action: Action, path: string, errors: RuleErrors): void
  /** What it names; `departmentId` is where the ticket is. */
  references(action: Action, path: string): Reference[]
  /** What of it takes effect after what was decided, or null; and decides it. */
  take(action: Action, decided: Decided): Action | null
  /** Fields that it decides, as {@link Decided} names them; none when it always takes effect. */
  decides(action: Action): string[]
  /** Needs its agent to be a member where the ticket is. */
  memberHere?(action: Action): string
  /** Names of values that it needs. */
  reads?: readonly string[]
}

/** An action that decides one subject as a whole. */
export const ofSubject = (subject: Subject): Pick<ActionKind, 'subject' | 'take' | 'decides'> => ({
  subject,
  take: (action, decided) => (take(decided, subject) ? action : null),
  decides: () => [subject],
})

/** An action that takes effect whatever others did. */
export const ALWAYS: Pick<ActionKind, 'take' | 'decides'> = { take: (action) => action, decides: () => [] }

export const NO_REFERENCES: Pick<ActionKind, 'references'> = { references: () => [] }
