import { catalogProblems } from '@onus/kit/i18n'
import IntlMessageFormat from 'intl-messageformat'
import { describe, expect, it } from 'vitest'
import { CATALOGS } from './render.ts'

/** Names of all arguments of a message. */
function argumentsOf(message: string, language: string): string[] {
  const found = new Set<string>()
  const walk = (nodes: readonly unknown[]): void => {
    for (const node of nodes as {
      type: number
      value?: string
      options?: Record<string, { value: unknown[] }>
    }[]) {
      // Literals and the `#` of a plural name nothing.
      if (node.type !== 0 && node.type !== 7 && node.value) found.add(node.value)
      for (const option of Object.values(node.options ?? {})) if (option.value) walk(option.value)
    }
  }
  walk(new IntlMessageFormat(message, language, undefined, { ignoreTag: true }).getAst())
  return [...found].sort()
}

describe('the timeline’s catalogs', () => {
  it('are six, and all whole', () => {
    expect(Object.keys(CATALOGS).sort()).toEqual(['ar', 'en', 'fr', 'nl', 'pt', 'ru'])
    expect(catalogProblems(CATALOGS)).toEqual([])
  })

  it.each(Object.entries(CATALOGS))('tell the same in %s', (language, catalog) => {
    const { en } = CATALOGS
    const different = (Object.keys(en) as (keyof typeof en)[]).filter(
      (id) => argumentsOf((catalog as typeof en)[id], language).join() !== argumentsOf(en[id], 'en').join(),
    )
    expect(different).toEqual([])
  })
})
