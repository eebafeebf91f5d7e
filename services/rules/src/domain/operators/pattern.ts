import { RE2JS } from 're2js'
import type { Operator } from './operator.ts'

const MAX_PATTERN = 500

/**
 * A regular expression that is found somewhere in the text. RE2 takes time in proportion to the text, so no
 * pattern can stall the tickets of an account; what it cannot do that way (look-around, back references) it
 * refuses.
 */
export const matches: Operator = {
  name: 'matches',
  check(_, value, path, errors) {
    if (typeof value !== 'string' || !value || value.length > MAX_PATTERN) {
      errors.add(path, `Give a regular expression of 1 to ${MAX_PATTERN} characters.`)
      return
    }
    try {
      RE2JS.compile(value, RE2JS.CASE_INSENSITIVE)
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error)
      errors.add(path, `RE2 does not take this regular expression: ${why}`)
    }
  },
  compile(_, value) {
    const pattern = RE2JS.compile(String(value), RE2JS.CASE_INSENSITIVE)
    return ({ written }) => written.some((text) => pattern.test(text.normalize('NFC')))
  },
  wholes: () => [],
}
