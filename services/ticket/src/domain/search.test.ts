import { describe, expect, it } from 'vitest'
import { queryTerms, searchTerms } from './search.ts'

const finds = (text: string, query: string): boolean => {
  const terms = new Set(searchTerms(text))
  return queryTerms(query)?.every((term) => terms.has(term)) ?? false
}

describe('search', () => {
  it('finds words in any case and any order', () => {
    expect(finds('Invoice 4711 is wrong', 'WRONG invoice')).toBe(true)
    expect(finds('Invoice 4711 is wrong', 'wrong receipt')).toBe(false)
  })

  it('finds the beginning of a word, and no other part of it', () => {
    expect(finds('Delivery address', 'deliv')).toBe(true)
    expect(finds('Delivery address', 'livery')).toBe(false)
  })

  it('finds addresses by their parts, and other scripts', () => {
    expect(finds('ann.lee@example.com', 'ann.lee@example.com')).toBe(true)
    expect(finds('Счёт за март', 'счёт')).toBe(true)
    expect(finds('e\u0301tat', 'état')).toBe(true)
  })

  it('has no words to look for in mere signs', () => {
    expect(queryTerms('$where .*')).toEqual(['where'])
    expect(queryTerms('.* {}')).toBeNull()
  })

  it('stays small for a long text', () => {
    expect(searchTerms('abcdefghijklmnopqrstuvwxyz '.repeat(1000)).length).toBeLessThan(15)
    expect(searchTerms(Array.from({ length: 5000 }, (_, i) => `word${i}`).join(' ')).length).toBeLessThan(
      1000,
    )
  })
})
