import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { IntlMessageFormat } from 'intl-messageformat'
import { describe, expect, it } from 'vitest'
import { LOCALES } from './locales.ts'

const SRC = join(import.meta.dirname, '..')
const read = (locale: string): Record<string, string> =>
  JSON.parse(readFileSync(join(SRC, `i18n/catalogs/${locale}.json`), 'utf8'))
const en = read('en')
const ids = Object.keys(en)

const code = globSync('**/*.{ts,tsx}', { cwd: SRC })
  .filter((file) => !file.includes('.test.'))
  .map((file) => readFileSync(join(SRC, file), 'utf8'))
  .join('\n')

/** Lists of words that the code looks up by a value: `word('status', …)` and `t(`postpone.${…}`)`. */
const lists = new Set([
  ...[...code.matchAll(/\bword\(\s*'([\w.]+)'/g)].map((match) => match[1] as string),
  ...[...code.matchAll(/\bt\(\s*`([\w.]+)\.\$\{/g)].map((match) => match[1] as string),
])

/** What a message is given, by name. */
function argumentsOf(text: string): string[] {
  const names = new Set<string>()
  const walk = (nodes: unknown): void => {
    for (const node of nodes as {
      type: number
      value?: string
      options?: Record<string, { value: unknown }>
    }[]) {
      if (node.type >= 1 && node.type <= 6 && node.value) names.add(node.value)
      for (const option of Object.values(node.options ?? {})) walk(option.value)
    }
  }
  walk(new IntlMessageFormat(text, 'en').getAst())
  return [...names].sort()
}

describe('the catalog', () => {
  it('has no message that nobody uses', () => {
    const used = (id: string) => code.includes(`'${id}'`) || lists.has(id.slice(0, id.lastIndexOf('.')))
    expect(ids.filter((id) => !used(id))).toEqual([])
  })

  it('has every message that the code names', () => {
    const named = [...code.matchAll(/\bt\(\s*'([\w.]+)'/g)].map((match) => match[1] as string)
    expect(named.filter((id) => !(id in en))).toEqual([])
    const empty = [...lists].filter((list) => !ids.some((id) => id.startsWith(`${list}.`)))
    expect(empty).toEqual([])
  })
})

describe.each(LOCALES)('the catalog of %s', (locale) => {
  const catalog = read(locale)

  it('has the same messages, in the same order', () => {
    expect(Object.keys(catalog)).toEqual(ids)
  })

  it('says something with every message, of the same values', () => {
    const wrong = ids.filter((id) => {
      const text = catalog[id] ?? ''
      if (text.trim() === '') return true
      new IntlMessageFormat(text, locale)
      return argumentsOf(text).join() !== argumentsOf(en[id] ?? '').join()
    })
    expect(wrong).toEqual([])
  })

  it('has every plural that the language has', () => {
    const wanted = new Intl.PluralRules(locale).resolvedOptions().pluralCategories
    for (const [id, text] of Object.entries(catalog)) {
      const plural = /\{\w+, plural,((?:[^{}]|\{(?:[^{}]|\{[^{}]*\})*\})*)\}/.exec(text)
      if (!plural) continue
      const given = [...(plural[1] ?? '').matchAll(/(?<![=\w])([a-z]+) \{/g)].map((match) => match[1])
      // Beside those of everyday counts a language may have one of millions, which a catalog may leave out.
      const counted = [...new Set(['other', ...wholeNumbersOf(locale)])]
      expect([id, counted.filter((category) => !given.includes(category))]).toEqual([id, []])
      expect([id, given.filter((category) => !wanted.includes(category as Intl.LDMLPluralRule))]).toEqual([
        id,
        [],
      ])
    }
  })

  it('is a translation', () => {
    if (locale === 'en') return
    const same = ids.filter((id) => catalog[id] === en[id])
    // Names, and words that languages share.
    expect(same.length).toBeLessThan(ids.length * 0.12)
  })
})

function wholeNumbersOf(locale: string): string[] {
  const rules = new Intl.PluralRules(locale)
  return [...new Set(Array.from({ length: 1001 }, (_, count) => rules.select(count)))]
}
