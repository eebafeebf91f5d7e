import { actualOf } from '../values.ts'
import type { Field } from './field.ts'

/** A field that is plain text, or a list of texts any of which may fit. */
export const text = (name: string, also?: (text: string) => string[]): Field => ({
  name,
  read: (values) => actualOf(values[name], also),
})
