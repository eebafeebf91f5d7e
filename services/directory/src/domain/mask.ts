import { problems } from '@onus/kit/problems'

/**
 * Which fields a change names. Names may come as in JSON (`timeZone`) or as in the proto (`time_zone`).
 * Without a mask a change names every field that has a value, as the API guidelines for field masks say; an
 * empty mask names none.
 * @throws invalid-request for a field that the entity has not, or that cannot be changed
 */
export function namedFields<F extends string>(
  mask: readonly string[] | undefined,
  input: object,
  changeable: readonly F[],
): Set<F> {
  if (!mask) return new Set(changeable.filter((field) => isSet(input[field as keyof typeof input])))
  const names = mask.map((path) => path.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase()))
  const errors = names
    .filter((name) => !(changeable as readonly string[]).includes(name))
    .map((field) => ({ field, message: `This cannot be changed; use some of ${changeable.join(', ')}.` }))
  if (errors.length) throw problems.invalid(errors)
  return new Set(names as F[])
}

/** Proto has no absent text, number or list: the empty one stands for it. */
function isSet(value: unknown): boolean {
  if (Array.isArray(value)) return value.length > 0
  return value !== undefined && value !== null && value !== '' && value !== false
}
