import type { Operator } from './operator.ts'
import { checkText, foldedText } from './value.ts'

/** A part of text; of a set of words a whole word. */
export const contains: Operator = {
  name: 'contains',
  check: (_, value, path, errors) => checkText(value, path, errors),
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
