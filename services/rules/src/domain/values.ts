/** What an event says about its ticket, read by field name. */
export type Values = Readonly<Record<string, unknown>>

/** One value in the forms that operators compare. */
export interface Actual {
  /** Not empty: some text, a number, a truth value, or a list of them. */
  readonly present: boolean
  /** As it came. */
  readonly raw: unknown
  /** Every text of it, in its one form for comparing without regard to case. */
  readonly texts: readonly string[]
  /** Every text of it, as it was written. */
  readonly written: readonly string[]
}

/** Text in the form that is compared: operators ignore case. */
export const fold = (text: string): string => text.normalize('NFC').toLowerCase()

/** Text of a value that a condition or a ticket has; null for what has none. */
export function textOf(value: unknown): string | null {
  if (typeof value === 'string') return value
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  return null
}

export function actualOf(raw: unknown, also: (text: string) => string[] = () => []): Actual {
  const written = (Array.isArray(raw) ? raw : [raw])
    .map(textOf)
    .filter((text): text is string => text !== null && text !== '')
    .flatMap((text) => [text, ...also(text)])
  return { present: written.length > 0, raw, written, texts: written.map(fold) }
}
