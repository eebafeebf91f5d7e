/** Custom fields of a ticket as they are typed: each with a type, which is that of its value. */

export const FIELD_TYPES = ['text', 'number', 'date', 'yes_no', 'json'] as const
export type FieldType = (typeof FIELD_TYPES)[number]

export interface TypedField {
  /** Known to the ticket under this name; null: it is being added. */
  known: string | null
  name: string
  type: FieldType
  text: string
  removed?: boolean
}

export type FieldFault = 'name' | 'taken' | 'number' | 'date' | 'json' | 'long'

/** As the API has it. */
const NAME = /^[\p{L}\p{N}_][\p{L}\p{N}_ -]{0,63}$/u
const DATE = /^\d{4}-\d{2}-\d{2}$/
export const MAX_FIELD_TEXT = 10_000

export function typeOf(value: unknown): FieldType {
  if (typeof value === 'number') return 'number'
  if (typeof value === 'boolean') return 'yes_no'
  if (typeof value !== 'string') return 'json'
  return DATE.test(value) && !Number.isNaN(Date.parse(value)) ? 'date' : 'text'
}

export const typedField = (name: string, value: unknown): TypedField => ({
  known: name,
  name,
  type: typeOf(value),
  text: typeof value === 'string' ? value : JSON.stringify(value),
})

/** What a field has when its type is chosen anew. */
export const textFor = (type: FieldType, text: string): string =>
  type === 'yes_no' ? (text === 'true' ? 'true' : 'false') : text

/** The value that is sent. Only of a field without a fault. */
export function fieldValue({ type, text }: TypedField): unknown {
  switch (type) {
    case 'number':
      return Number(text.trim())
    case 'yes_no':
      return text === 'true'
    case 'json':
      return JSON.parse(text)
    default:
      return text
  }
}

/** What is wrong with a field's name, and with its value. */
export function faultsOf(
  field: TypedField,
  all: readonly TypedField[],
): { name?: FieldFault; value?: FieldFault } {
  if (field.removed) return {}
  const name = field.name.trim()
  const others = all.filter((each) => each !== field && !each.removed)
  const faults: { name?: FieldFault; value?: FieldFault } = {}
  if (!NAME.test(name)) faults.name = 'name'
  else if (others.some((each) => each.name.trim() === name)) faults.name = 'taken'
  const value = valueFault(field)
  if (value) faults.value = value
  return faults
}

function valueFault({ type, text }: TypedField): FieldFault | undefined {
  if (text.length > MAX_FIELD_TEXT) return 'long'
  if (type === 'number' && (text.trim() === '' || !Number.isFinite(Number(text)))) return 'number'
  if (type === 'date' && (!DATE.test(text) || Number.isNaN(Date.parse(text)))) return 'date'
  if (type !== 'json') return undefined
  try {
    return JSON.parse(text) === null ? 'json' : undefined
  } catch {
    return 'json'
  }
}

const same = (one: unknown, other: unknown): boolean => JSON.stringify(one) === JSON.stringify(other)

/**
 * What to send: what the reader has changed of what they saw, and nothing else. `lost` are those of them that
 * somebody else has changed in between: they are not written over.
 */
export function fieldChanges(
  typed: readonly TypedField[],
  seen: Readonly<Record<string, unknown>>,
  now: Readonly<Record<string, unknown>>,
): { fields: Record<string, unknown>; lost: string[] } {
  const wanted = typed.flatMap((field): [string, unknown][] => {
    if (field.removed) return field.known === null ? [] : [[field.known, null]]
    const value = fieldValue(field)
    const name = field.known ?? field.name.trim()
    return same(value, seen[name]) ? [] : [[name, value]]
  })
  const isLost = ([name, value]: [string, unknown]) =>
    !same(now[name], seen[name]) && !same(now[name] ?? null, value)
  return {
    fields: Object.fromEntries(wanted.filter((each) => !isLost(each))),
    lost: wanted.filter(isLost).map(([name]) => name),
  }
}
