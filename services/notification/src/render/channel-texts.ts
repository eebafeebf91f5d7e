import { readdirSync, readFileSync } from 'node:fs'
import { type Catalog, createTranslator, negotiate } from '@onus/kit/i18n'

const DIRECTORY = new URL('../../catalogs/channels/', import.meta.url)

const readCatalog = (file: string): Catalog => JSON.parse(readFileSync(new URL(file, DIRECTORY), 'utf8'))

/** What only Slack and devices say, by language. */
export const CHANNEL_CATALOGS: Readonly<Record<string, Catalog>> & { en: Catalog } = {
  en: readCatalog('en.json'),
  ...Object.fromEntries(
    readdirSync(DIRECTORY).map((file) => [file.replace(/\.json$/, ''), readCatalog(file)]),
  ),
}

const translate = createTranslator(CHANNEL_CATALOGS)

/** A text in the language of a BCP 47 locale, or in English. */
export const channelText = (
  locale: string | undefined,
  id: string,
  values: Record<string, string> = {},
): string => translate(negotiate(locale, Object.keys(CHANNEL_CATALOGS)), id, values)
