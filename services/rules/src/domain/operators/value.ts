import type { Field } from '../fields/index.ts'
import { clip, type RuleErrors } from '../problems.ts'
import { fold, textOf } from '../values.ts'

const MAX_TEXT = 1000

const REMEDIES = { text: 'Give a text.', boolean: 'Give true or false.', any: 'Give a text or a number.' }

const isTaken = (field: Field, value: unknown): boolean =>
  field.takes === 'any'
    ? textOf(value) !== null
    : typeof value === (field.takes === 'text' ? 'string' : 'boolean')

/** A value of the kind that the field has. */
export function checkValue(field: Field, value: unknown, path: string, errors: RuleErrors): void {
  const length = textOf(value)?.length ?? 0
  if (!isTaken(field, value)) errors.add(path, REMEDIES[field.takes])
  else if (length < 1 || length > MAX_TEXT) errors.add(path, `Give 1 to ${MAX_TEXT} characters.`)
}

/** A part of a text. */
export function checkText(value: unknown, path: string, errors: RuleErrors): void {
  const text = textOf(value)
  if (text === null) errors.add(path, 'Give a text.')
  else if (text.length < 1 || text.length > MAX_TEXT) errors.add(path, `Give 1 to ${MAX_TEXT} characters.`)
}

/** A value that is one whole value of the field. */
export function checkWhole(field: Field, value: unknown, path: string, errors: RuleErrors): void {
  checkValue(field, value, path, errors)
  const text = textOf(value)
  if (
    !isTaken(field, value) ||
    text === null ||
    !field.choices ||
    field.choices.some((choice) => fold(choice) === fold(text))
  )
    return
  errors.add(path, `"${clip(text)}" is not a ${field.name}; use one of ${field.choices.join(', ')}.`)
}

export const foldedText = (value: unknown): string => fold(textOf(value) ?? '')
