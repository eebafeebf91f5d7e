import { type FieldProblem, problems } from '@onus/kit/problems'

/** Collects everything that is wrong with a rule, so that its author is told once. */
export class RuleErrors {
  readonly #errors: FieldProblem[] = []

  add(field: string, message: string): void {
    this.#errors.push({ field, message })
  }

  /** A name that is not one of those that work; `kind` reads like "operator". */
  addUnknown(field: string, kind: string, given: unknown, supported: Iterable<string>): void {
    const name = typeof given === 'string' ? `"${clip(given)}"` : 'This'
    this.add(field, `${name} is not a supported ${kind}; use one of ${[...supported].join(', ')}.`)
  }

  /** Whether anything was said of a field or what is in it. */
  has(path: string): boolean {
    return this.#errors.some(({ field }) => field.startsWith(path))
  }

  throwIfAny(): void {
    if (this.#errors.length) throw problems.invalid(this.#errors)
  }
}

export const clip = (text: string): string => (text.length > 60 ? `${text.slice(0, 60)}…` : text)

export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Says of each member of an object that it should not have. */
export function refuseOthers(
  value: Record<string, unknown>,
  allowed: readonly string[],
  path: string,
  errors: RuleErrors,
): void {
  for (const name of Object.keys(value)) {
    if (allowed.includes(name) || value[name] === undefined) continue
    errors.add(`${path}.${clip(name)}`, `There is no such field here; use ${allowed.join(', ')}.`)
  }
}
