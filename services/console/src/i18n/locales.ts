import type en from './catalogs/en.json'

export const LOCALES = ['en', 'pt', 'nl', 'ru', 'fr', 'ar'] as const
export type Locale = (typeof LOCALES)[number]
export type MessageId = keyof typeof en

/** Languages in their own words, for people who look for theirs. */
export const LOCALE_NAMES: Record<Locale, string> = {
  en: 'English',
  pt: 'Português',
  nl: 'Nederlands',
  ru: 'Русский',
  fr: 'Français',
  ar: 'العربية',
}

export const isRtl = (locale: Locale): boolean => locale === 'ar'

/** The first of the wanted languages that there is a catalog of. */
export function chooseLocale(wanted: readonly (string | undefined | null)[]): Locale {
  for (const tag of wanted) {
    const language = tag?.toLowerCase().split('-')[0]
    const found = LOCALES.find((locale) => locale === language)
    if (found) return found
  }
  return 'en'
}
