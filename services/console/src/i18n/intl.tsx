import { createContext, type ReactNode, use, useContext, useEffect, useMemo } from 'react'
import { I18nProvider } from 'react-aria-components/I18nProvider'
import { createIntl, createIntlCache, type IntlShape } from 'react-intl'
import { isRtl, LOCALES, type Locale, type MessageId } from './locales.ts'

type Catalog = Record<string, string>

const CATALOGS = import.meta.glob<{ default: Catalog }>('./catalogs/*.json')
const loading = new Map<Locale, Promise<Catalog>>()

function catalogOf(locale: Locale): Promise<Catalog> {
  const known = loading.get(locale)
  if (known) return known
  const load = CATALOGS[`./catalogs/${locale}.json`]
  const promise = load ? load().then((module) => module.default) : Promise.reject(new Error(locale))
  loading.set(locale, promise)
  return promise
}

/** Begins to load a language before anything needs it. */
export const preloadCatalog = (locale: Locale): void => void catalogOf(locale)

export type Values = Record<string, string | number | Date>

export type Translator = (id: MessageId, values?: Values) => string

interface Language {
  locale: Locale
  timeZone: string
  intl: IntlShape
  t: Translator
  /** A word of a list that may have grown since this console was built: its own name then. */
  word: (list: string, value: string) => string
  /** Things one after the other, with the comma of the language. */
  listed: (things: readonly string[]) => string
}

const LanguageContext = createContext<Language | null>(null)
const cache = createIntlCache()

/** Speaks one language to everything below, and tells the page its direction. */
export function LanguageProvider(props: { locale: Locale; timeZone: string; children: ReactNode }) {
  const { locale, timeZone, children } = props
  const messages = use(catalogOf(locale))
  const language = useMemo<Language>(() => {
    const intl = createIntl({ locale: formatLocale(locale), timeZone, messages, onError: () => {} }, cache)
    const t: Translator = (id, values) => intl.formatMessage({ id }, values) as string
    const word = (list: string, value: string) => {
      const id = `${list}.${value}`
      return id in messages ? intl.formatMessage({ id }) : value
    }
    const listed = (things: readonly string[]) =>
      things.reduce((before, next) => (before ? t('state.listed', { before, next }) : next), '')
    return { locale, timeZone, intl, t, word, listed }
  }, [locale, timeZone, messages])
  useEffect(() => {
    document.documentElement.lang = locale
    document.documentElement.dir = isRtl(locale) ? 'rtl' : 'ltr'
  }, [locale])
  return (
    <LanguageContext value={language}>
      <I18nProvider locale={formatLocale(locale)}>{children}</I18nProvider>
    </LanguageContext>
  )
}

/** The reader's own region where the browser names one of this language. */
const formatLocale = (locale: Locale): string =>
  navigator.languages.find((tag) => tag.toLowerCase().startsWith(`${locale}-`)) ?? locale

export function useLanguage(): Language {
  const language = useContext(LanguageContext)
  if (!language) throw new Error('outside of LanguageProvider')
  return language
}

export const useT = (): Translator => useLanguage().t

/** A word of one of the known lists: `status`, `priority`, `channel`, … */
export const useWord = () => useLanguage().word

export { LOCALES }
