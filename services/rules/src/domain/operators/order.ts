import type { Field } from '../fields/index.ts'
import { type Actual, fold, textOf } from '../values.ts'
import type { Operator } from './operator.ts'
import { checkWhole } from './value.ts'

const TIME = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2}))?$/

/** The place of a value in the field's order; null when it has none. A number never compares with a time. */
function placeOf(field: Field, value: unknown): { kind: string; at: number } | null {
  const text = textOf(value)?.trim()
  if (!text) return null
  if (field.order === 'choices') {
    const at = field.choices?.findIndex((choice) => fold(choice) === fold(text)) ?? -1
    return at < 0 ? null : { kind: 'choice', at }
  }
  if (TIME.test(text)) {
    const at = Date.parse(text)
    return Number.isNaN(at) ? null : { kind: 'time', at }
  }
  const at = Number(text)
  return Number.isFinite(at) ? { kind: 'number', at } : null
}

type Place = NonNullable<ReturnType<typeof placeOf>>

/** Many rules ask for the place of one value. */
const places = new WeakMap<Actual, Place[]>()

function placesOf(field: Field, actual: Actual): Place[] {
  const known = places.get(actual)
  if (known) return known
  const found = actual.written.flatMap((text) => placeOf(field, text) ?? [])
  places.set(actual, found)
  return found
}

const comparison = (name: string, holds: (actual: number, wanted: number) => boolean): Operator => ({
  name,
  check(field, value, path, errors) {
    if (field.order === 'choices') checkWhole(field, value, path, errors)
    else if (!placeOf(field, value)) errors.add(path, 'Give a number, a date or an RFC 3339 time.')
  },
  compile(field, value) {
    const wanted = placeOf(field, value)
    return (actual) =>
      placesOf(field, actual).some(({ kind, at }) => kind === wanted?.kind && holds(at, wanted.at))
  },
  wholes: () => [],
})

export const gt = comparison('gt', (actual, wanted) => actual > wanted)
export const lt = comparison('lt', (actual, wanted) => actual < wanted)
