import type { Field } from '../fields/index.ts'
import type { RuleErrors } from '../problems.ts'
import type { Actual } from '../values.ts'

export type Test = (actual: Actual) => boolean

/** One way of comparing. */
export interface Operator {
  name: string
  /** Says what is wrong with the value for this field. */
  check(field: Field, value: unknown, path: string, errors: RuleErrors): void
  /** Prepares the comparison; `value` was checked. */
  compile(field: Field, value: unknown): Test
  /** The value's parts that are compared with whole values, for fields that name something. */
  wholes(value: unknown): string[]
}
