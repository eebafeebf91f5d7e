import { actualOf } from '../values.ts'
import { type Field, TEXT } from './field.ts'

/** A field that is plain text, or a list of texts any of which may fit. */
export const text = (name: string, also?: (text: string) => string[]): Field => ({
  name,
  operators: TEXT,
  takes: 'text',
  read: (values) => actualOf(values[name], also),
})
