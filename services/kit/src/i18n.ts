import { IntlMessageFormat } from 'intl-messageformat'

/** Texts in the reader's language: ICU messages in catalogs, one for each language. */

/** Messages by id. Ids with dots are keys like any other. */
export type Catalog = Readonly<Record<string, string>>

/** What a message's arguments may be. */
export type Values = Record<string, string | number | boolean | Date | null | undefined>

export interface TranslateOptions {
  /** Zone of dates and times in a message; default UTC. */
  timeZone?: string
}

/**
 * Gives the message `id` in the best language there is for a locale or an `Accept-Language` header. A
 * message that this language lacks is given in English; one that English lacks too, as its id.
 */
export type Translate = (
  locale: string | undefined,
  id: string,
  values?: Values,
  options?: TranslateOptions,
) => string

const FALLBACK = 'en'
/** A header longer than this is not from a browser. */
const MAX_HEADER = 1000

/** Makes a translator of catalogs, of which one is English. */
export function createTranslator(catalogs: Readonly<Record<string, Catalog>> & { en: Catalog }): Translate {
  const languages = Object.keys(catalogs)
  const formats = new Map<string, IntlMessageFormat>()

  const formatOf = (language: string, id: string, timeZone: string): IntlMessageFormat | undefined => {
    const message = catalogs[language]?.[id]
    if (message === undefined) return undefined
    const key = `${language}\0${timeZone}\0${id}`
    const known = formats.get(key)
    if (known) return known
    const made = new IntlMessageFormat(message, language, zoned(timeZone), { ignoreTag: true })
    formats.set(key, made)
    return made
  }

  return (locale, id, values = {}, { timeZone = 'UTC' } = {}) => {
    const language = negotiate(locale, languages)
    const format = formatOf(language, id, timeZone) ?? formatOf(FALLBACK, id, timeZone)
    return format ? String(format.format(values)) : id
  }
}

/** Date and time styles of ICU messages, in a zone. */
const zoned = (timeZone: string) =>
  ({
    date: {
      short: { year: '2-digit', month: 'numeric', day: 'numeric', timeZone },
      medium: { year: 'numeric', month: 'short', day: 'numeric', timeZone },
      long: { year: 'numeric', month: 'long', day: 'numeric', timeZone },
      full: { weekday: 'long', year: 'numeric', month: 'long', day: 'numeric', timeZone },
    },
    time: {
      short: { hour: 'numeric', minute: 'numeric', timeZone },
      medium: { hour: 'numeric', minute: 'numeric', second: 'numeric', timeZone },
      long: { hour: 'numeric', minute: 'numeric', second: 'numeric', timeZoneName: 'short', timeZone },
      full: { hour: 'numeric', minute: 'numeric', second: 'numeric', timeZoneName: 'short', timeZone },
    },
  }) as const

/**
 * The best of the supported languages by RFC 9110 (quality values, `*`, `q=0` excludes) and RFC 4647 lookup
 * (`fr-CA` is served by `fr`). A single locale is a header with one range. English when nothing fits.
 */
export function negotiate(header: string | undefined, supported: readonly string[]): string {
  if (!header || header.length > MAX_HEADER) return FALLBACK
  const byTag = new Map(supported.map((language) => [language.toLowerCase(), language]))
  const refused = new Set<string>()
  for (const { range, quality } of rangesOf(header)) if (quality === 0) refused.add(range)
  for (const { range, quality } of rangesOf(header)) {
    if (quality === 0) continue
    if (range === '*') return supported.find((language) => !refused.has(language.toLowerCase())) ?? FALLBACK
    for (let tag = range; tag; tag = tag.slice(0, Math.max(tag.lastIndexOf('-'), 0))) {
      const found = byTag.get(tag)
      if (found && !refused.has(tag)) return found
    }
  }
  return FALLBACK
}

/** The ranges of the header, the most wanted first; ranges of one quality keep their order. */
function rangesOf(header: string): { range: string; quality: number }[] {
  return header
    .split(',')
    .map((part) => {
      const [range = '', ...parameters] = part.split(';').map((piece) => piece.trim().toLowerCase())
      const weight = parameters.find((parameter) => parameter.startsWith('q='))
      const quality = weight === undefined ? 1 : Number(weight.slice(2))
      return { range: range.replaceAll('_', '-'), quality: quality >= 0 && quality <= 1 ? quality : 0 }
    })
    .filter(({ range }) => /^(\*|[a-z]{1,8}(-[a-z0-9]{1,8})*)$/.test(range))
    .sort((a, b) => b.quality - a.quality)
}

/**
 * For tests: what is wrong with catalogs. Ids that a language lacks or has more than English, and messages
 * that are not ICU.
 */
export function catalogProblems(catalogs: Readonly<Record<string, Catalog>> & { en: Catalog }): string[] {
  const found: string[] = []
  for (const [language, catalog] of Object.entries(catalogs)) {
    for (const id of Object.keys(catalogs.en))
      if (!(id in catalog)) found.push(`${language}: ${id} is missing`)
    for (const [id, message] of Object.entries(catalog)) {
      if (!(id in catalogs.en)) found.push(`${language}: ${id} is not in English`)
      try {
        new IntlMessageFormat(message, language, undefined, { ignoreTag: true })
      } catch (error) {
        found.push(`${language}: ${id}: ${error instanceof Error ? error.message : error}`)
      }
    }
  }
  return found
}
