import type { Field } from '../fields/index.ts'
import { clip, type RuleErrors } from '../problems.ts'
import { fold, textOf } from '../values.ts'

const MAX_TEXT = 1000

/** A value that is one text (a number or truth value is compared by its text). */
export function checkText(value: unknown, path: string, errors: RuleErrors): void {
  const text = textOf(value)
  if (text === null) errors.add(path, 'Give a text.')
  else if (text.length < 1 || text.length > MAX_TEXT) errors.add(path, `Give 1 to ${MAX_TEXT} characters.`)
}

/** A value that is one whole value of the field. */
export function checkWhole(field: Field, value: unknown, path: string, errors: RuleErrors): void {
  checkText(value, path, errors)
  const text = textOf(value)
  if (text === null || !field.choices || field.choices.some((choice) => fold(choice) === fold(text))) return
  errors.add(path, `"${clip(text)}" is not a ${field.name}; use one of ${field.choices.join(', ')}.`)
}

export const foldedText = (value: unknown): string => fold(textOf(value) ?? '')
