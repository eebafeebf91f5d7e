import type { Operator } from './operator.ts'
import { checkWhole, foldedText } from './value.ts'

const MAX_LIST = 200

/** Any of the field's values is this one. */
export const is: Operator = {
  name: 'is',
  check: checkWhole,
  compile(_, value) {
    const wanted = foldedText(value)
    return ({ texts }) => texts.includes(wanted)
  },
  wholes: (value) => [String(value)],
}

/** None of the field's values is this one; true for a field that has none. */
export const isNot: Operator = {
  ...is,
  name: 'is_not',
  compile(field, value) {
    const test = is.compile(field, value)
    return (actual) => !test(actual)
  },
}

/** Any of the field's values is one of these. */
export const isIn: Operator = {
  name: 'in',
  check(field, value, path, errors) {
    if (!Array.isArray(value) || value.length < 1 || value.length > MAX_LIST) {
      errors.add(path, `Give a list of 1 to ${MAX_LIST} values.`)
      return
    }
    value.forEach((one, at) => {
      checkWhole(field, one, `${path}[${at}]`, errors)
    })
  },
  compile(_, value) {
    const wanted = new Set((value as unknown[]).map(foldedText))
    return ({ texts }) => texts.some((text) => wanted.has(text))
  },
  wholes: (value) => (value as unknown[]).map(String),
}
