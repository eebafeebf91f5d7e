import type { Actual, Values } from '../values.ts'

/** One thing that conditions can ask for. */
export interface Field {
  name: string
  read(values: Values): Actual
  /** Whole values that it can have; operators that compare whole values take no other. */
  choices?: readonly string[]
  /** Its values are names of this in the directory. */
  names?: 'department' | 'agent'
  /** A set of words: `contains` asks for a whole word. */
  words?: boolean
  /** For "more" and "less": the place of a value in its order. Absent: the field has no order. */
  order?: 'choices' | 'number_or_time'
}
