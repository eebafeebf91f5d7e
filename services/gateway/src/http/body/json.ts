import { type FieldProblem, Problem, problems } from '@onus/kit/problems'

/** Nesting that no honest request needs; deeper values would also break what decodes them further on. */
const MAX_DEPTH = 24

/** Keys that mean something to JavaScript objects and nothing to us. */
const RESERVED_KEYS = new Set(['__proto__', 'constructor', 'prototype'])

/** Parses a JSON request body and refuses what could not be stored or passed on unharmed. */
export function parseJson(bytes: Uint8Array): unknown {
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw new Problem('malformed-json', 'The body is not valid UTF-8; send JSON encoded as UTF-8.')
  }
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw new Problem('malformed-json', 'The body is not valid JSON; check quotes, commas and brackets.')
  }
  const errors: FieldProblem[] = []
  inspect(value, '', 0, errors)
  if (errors.length > 0) throw problems.invalid(errors)
  return value
}

/** Why a text cannot be taken, or null when it can. */
export function textFault(text: string): string | null {
  if (text.includes('\u0000')) return 'Contains a NUL character; remove it.'
  if (!text.isWellFormed()) return 'Contains half of a surrogate pair; send complete Unicode characters.'
  return null
}

function inspect(value: unknown, path: string, depth: number, errors: FieldProblem[]): void {
  if (errors.length >= 20) return
  const field = path || 'body'
  if (depth > MAX_DEPTH) {
    errors.push({ field, message: `Nested deeper than ${MAX_DEPTH} levels; flatten it.` })
    return
  }
  if (typeof value === 'string') {
    const fault = textFault(value)
    if (fault) errors.push({ field, message: fault })
    return
  }
  if (typeof value === 'number' && !Number.isFinite(value)) {
    errors.push({ field, message: 'The number is too large; send a smaller one.' })
    return
  }
  if (Array.isArray(value)) {
    value.forEach((item, index) => {
      inspect(item, `${path}[${index}]`, depth + 1, errors)
    })
    return
  }
  if (value === null || typeof value !== 'object') return
  for (const [key, item] of Object.entries(value)) {
    const fault = RESERVED_KEYS.has(key) ? 'This name is reserved; choose another.' : textFault(key)
    const at = path ? `${path}.${printable(key)}` : printable(key)
    if (fault) errors.push({ field: at, message: fault })
    else inspect(item, at, depth + 1, errors)
  }
}

/** A key as it may be shown in an answer: short, and without what broke it. */
function printable(key: string): string {
  return key.toWellFormed().replaceAll('\u0000', '\uFFFD').slice(0, 100)
}
