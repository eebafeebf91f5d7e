import { readdirSync, readFileSync } from 'node:fs'
import { type Catalog, createTranslator, negotiate } from '@onus/kit/i18n'

/** Languages that are written from right to left. */
const RIGHT_TO_LEFT: ReadonlySet<string> = new Set(['ar'])
const DIRECTORY = new URL('../../catalogs/', import.meta.url)

const readCatalog = (file: string): Catalog => JSON.parse(readFileSync(new URL(file, DIRECTORY), 'utf8'))

/** Messages by language; a new file in `catalogs/` is a new language. */
export const CATALOGS: Readonly<Record<string, Catalog>> & { en: Catalog } = {
  en: readCatalog('en.json'),
  ...Object.fromEntries(
    readdirSync(DIRECTORY)
      .filter((file) => file.endsWith('.json'))
      .map((file) => [file.slice(0, -'.json'.length), readCatalog(file)]),
  ),
}

const translate = createTranslator(CATALOGS)

/** Texts in one language; a message that it lacks comes in English. */
export interface Texts {
  locale: string
  direction: 'ltr' | 'rtl'
  /** A value of null takes the branch `_none` of a select. */
  text(id: string, values?: Record<string, string | number | null>): string
}

/** What people called things: may be written in another direction than the sentence that it stands in. */
const NAMES: ReadonlySet<string> = new Set(['actor', 'contact', 'department'])
const FIRST_STRONG_ISOLATE = '\u2068'
const POP_ISOLATE = '\u2069'
const HAS_RTL = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]/

/** A name that cannot turn its sentence around. */
const isolated = (text: string, direction: 'ltr' | 'rtl'): string =>
  HAS_RTL.test(text) === (direction === 'rtl') ? text : `${FIRST_STRONG_ISOLATE}${text}${POP_ISOLATE}`

/** Texts for a BCP 47 locale: its language's catalog, or English. */
export function textsFor(locale: string | undefined): Texts {
  const language = negotiate(locale, Object.keys(CATALOGS))
  const direction = RIGHT_TO_LEFT.has(language) ? 'rtl' : 'ltr'
  return {
    locale: language,
    direction,
    text(id, values = {}) {
      const filled = Object.entries(values).map(([name, value]) => [
        name,
        typeof value === 'string' && NAMES.has(name) ? isolated(value, direction) : (value ?? '_none'),
      ])
      return translate(language, id, Object.fromEntries(filled))
    },
  }
}
