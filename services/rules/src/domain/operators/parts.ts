import type { Operator } from './operator.ts'
import { checkText, checkValue, foldedText } from './value.ts'

/** A part of text; of a set of words a whole word. */
export const contains: Operator = {
  name: 'contains',
  check: (field, value, path, errors) =>
    field.takes === 'any' ? checkText(value, path, errors) : checkValue(field, value, path, errors),
  compile(field, value) {
    const wanted = foldedText(value)
    if (field.words) return ({ texts }) => texts.includes(wanted)
    return ({ texts }) => texts.some((text) => text.includes(wanted))
  },
  wholes: () => [],
}

export const notContains: Operator = {
  ...contains,
  name: 'not_contains',
  compile(field, value) {
    const test = contains.compile(field, value)
    return (actual) => !test(actual)
  },
}

export const startsWith: Operator = {
  ...contains,
  name: 'starts_with',
  compile(_, value) {
    const wanted = foldedText(value)
    return ({ texts }) => texts.some((text) => text.startsWith(wanted))
  },
}
