import type { Facts } from '../facts.ts'
import type { Actual, Values } from '../values.ts'

/** One thing that conditions can ask for. */
export interface Field {
  name: string
  read(values: Values, facts: Facts): Actual
  /** Names of the operators that make sense for it. */
  operators: readonly string[]
  /** What it is compared with; `any` is text, a number or a truth value. */
  takes: 'text' | 'boolean' | 'any'
  /** Whole values that it can have; operators that compare whole values take no other. */
  choices?: readonly string[]
  /** Its values are names of this in the directory. */
  names?: 'department' | 'agent'
  /** A set of words: `contains` asks for a whole word. */
  words?: boolean
  /** For "more" and "less": the place of a value in its order. Absent: the field has no order. */
  order?: 'choices' | 'number_or_time'
  /** It is not among the ticket's values: the directory knows it, by these of the ticket's values. */
  derivedFrom?: readonly string[]
}

export const WHOLE = ['is', 'is_not', 'in', 'exists'] as const
export const ORDER = ['gt', 'lt'] as const
export const TEXT = [...WHOLE, 'contains', 'not_contains', 'starts_with', 'matches'] as const
