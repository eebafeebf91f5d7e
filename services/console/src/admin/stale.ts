/** What of a form was changed, and what somebody else changed in the meantime. */

const same = (a: unknown, b: unknown): boolean => JSON.stringify(a ?? null) === JSON.stringify(b ?? null)

/** Only what differs is sent, so that nothing is written over that was not touched. */
export function changesOf<T extends object>(base: T, mine: T): Partial<T> {
  const keys = Object.keys(mine) as (keyof T)[]
  return Object.fromEntries(
    keys.filter((key) => !same(base[key], mine[key])).map((key) => [key, mine[key]]),
  ) as Partial<T>
}

/** What both have changed, and not to the same. */
export function conflictsOf<T extends object>(base: T, mine: T, theirs: T): (keyof T & string)[] {
  const keys = Object.keys(mine) as (keyof T & string)[]
  return keys.filter(
    (key) => !same(base[key], mine[key]) && !same(base[key], theirs[key]) && !same(mine[key], theirs[key]),
  )
}
