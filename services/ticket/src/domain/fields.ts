import { type FieldProblem, problems } from '@onus/kit/problems'

/** Ids are ours, so one that looks different names nothing. */
const ID = /^[A-Za-z0-9_-]{1,64}$/

/** Whether a string can be one of our ids at all. */
export const isId = (value: string): boolean => ID.test(value)

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const CONTROL = /[\u0000-\u001f\u007f]/
// biome-ignore lint/suspicious/noControlCharactersInRegex: text may have tabs and line ends, and no others
const CONTROL_IN_TEXT = /[\u0000-\u0008\u000b\u000c\u000e-\u001f]/
const EMAIL = /^[^\s@<>()[\],;:"\\]+@[^\s@<>()[\],;:"\\.]+(\.[^\s@<>()[\],;:"\\.]+)*$/
/** RFC 3339 with a zone; `Date` alone takes much more. */
const RFC3339 = /^\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(\.\d+)?([Zz]|[+-]\d{2}:\d{2})$/

const FIELD_NAME = /^[^.$\s][^.]{0,63}$/
const RESERVED_NAMES = new Set(['__proto__', 'constructor', 'prototype'])

export const LIMITS = {
  subject: 998,
  /** Characters of a message's body; the HTTP body's limit is 1 MiB. */
  body: 1_048_576,
  name: 200,
  email: 254,
  reason: 1000,
  tags: 50,
  tag: 64,
  fields: 100,
  fieldsBytes: 32_768,
  fieldsDepth: 5,
  attachments: 50,
} as const

/** Collects what is wrong with a request, so that all of it is said at once. */
export class FieldErrors {
  readonly errors: FieldProblem[] = []

  add(field: string, message: string): void {
    this.errors.push({ field, message })
  }

  get any(): boolean {
    return this.errors.length > 0
  }

  /** @throws invalid-request */
  throwIfAny(): void {
    if (this.any) throw problems.invalid(this.errors)
  }

  /** One line of text: not blank, no control characters. */
  line(field: string, value: string, max: number): string {
    if (value.trim() === '') this.add(field, 'Must not be empty.')
    else if ([...value].length > max) this.add(field, `Must have at most ${max} characters.`)
    else if (CONTROL.test(value)) this.add(field, 'Must be one line without control characters.')
    return value.trim()
  }

  /** Text of several lines: not blank. */
  text(field: string, value: string, max: number): string {
    if (value.trim() === '') this.add(field, 'Must not be empty.')
    else if (value.length > max) this.add(field, `Must have at most ${max} characters.`)
    else if (CONTROL_IN_TEXT.test(value)) this.add(field, 'Must not have control characters.')
    return value
  }

  oneOf<T extends string>(field: string, value: string, allowed: readonly T[]): T {
    if (!(allowed as readonly string[]).includes(value)) {
      this.add(field, `Must be one of ${allowed.join(', ')}.`)
    }
    return value as T
  }

  id(field: string, value: string): string {
    if (!isId(value)) this.add(field, 'Must be an id.')
    return value
  }

  email(field: string, value: string): string {
    const email = value.trim()
    if (email.length > LIMITS.email || CONTROL.test(email) || !EMAIL.test(email)) {
      this.add(field, 'Must be an e-mail address.')
    }
    return email
  }

  /** A moment as an RFC 3339 string in UTC with milliseconds. */
  moment(field: string, value: string): string {
    const date = RFC3339.test(value) ? new Date(value) : new Date(Number.NaN)
    if (Number.isNaN(date.getTime())) {
      this.add(field, 'Must be an RFC 3339 time, for example 2026-03-01T09:00:00Z.')
      return value
    }
    return date.toISOString()
  }

  tags(field: string, values: string[]): string[] {
    if (values.length > LIMITS.tags) this.add(field, `Must have at most ${LIMITS.tags} tags.`)
    return [
      ...new Set(values.slice(0, LIMITS.tags).map((tag, i) => this.line(`${field}[${i}]`, tag, LIMITS.tag))),
    ]
  }

  /** Custom fields: any JSON, within bounds, with names that every store takes. */
  fields(field: string, value: Record<string, unknown>): Record<string, unknown> {
    const names = Object.keys(value)
    if (names.length > LIMITS.fields) this.add(field, `Must have at most ${LIMITS.fields} fields.`)
    else if (JSON.stringify(value).length > LIMITS.fieldsBytes) {
      this.add(field, `Must have at most ${LIMITS.fieldsBytes} bytes as JSON.`)
    } else this.#names(field, value, 0)
    return value
  }

  #names(path: string, value: unknown, depth: number): void {
    if (typeof value !== 'object' || value === null) return
    if (depth >= LIMITS.fieldsDepth) {
      this.add(path, `Must not be nested deeper than ${LIMITS.fieldsDepth} levels.`)
      return
    }
    for (const [name, inner] of Object.entries(value)) {
      const at = Array.isArray(value) ? `${path}[${name}]` : `${path}.${name}`
      if (
        !Array.isArray(value) &&
        (!FIELD_NAME.test(name) || RESERVED_NAMES.has(name) || CONTROL.test(name))
      ) {
        this.add(path, 'A field name has 1 to 64 characters, no dot, and no $ or space at its beginning.')
        return
      }
      this.#names(at, inner, depth + 1)
    }
  }
}
