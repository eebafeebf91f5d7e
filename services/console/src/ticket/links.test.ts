import { describe, expect, it } from 'vitest'
import { linked, MOST_LINKS } from './links.ts'

const links = (text: string) => linked(text).flatMap((piece) => (piece.link ? [piece.text] : []))
const whole = (text: string) =>
  linked(text)
    .map((piece) => piece.text)
    .join('')

describe('addresses in a text', () => {
  it.each([
    ['See https://onus.example/a?b=c#d for more', ['https://onus.example/a?b=c#d']],
    ['HTTP://LOUD.example', ['HTTP://LOUD.example']],
    ['http://one.example\nhttps://two.example:8443/x', ['http://one.example', 'https://two.example:8443/x']],
    ['Look: https://onus.example/a.', ['https://onus.example/a']],
    ['Really, https://onus.example?!…', ['https://onus.example']],
    [
      'انظر https://onus.example/a، ثم https://onus.example/b؟',
      ['https://onus.example/a', 'https://onus.example/b'],
    ],
    ['«https://onus.example/a»', ['https://onus.example/a']],
    ['"https://onus.example/a"', ['https://onus.example/a']],
    ['<https://onus.example/a>', ['https://onus.example/a']],
    ['(https://onus.example/a)', ['https://onus.example/a']],
    ['([{https://onus.example/a}]).', ['https://onus.example/a']],
    ['https://wiki.example/Onus_(god)', ['https://wiki.example/Onus_(god)']],
    ['(https://wiki.example/Onus_(god))', ['https://wiki.example/Onus_(god)']],
    ['[see](https://onus.example/a)', ['https://onus.example/a']],
    ['http://[::1]:8080/', ['http://[::1]:8080/']],
    ['https://пример.рф/путь', ['https://пример.рф/путь']],
    ['https://onus.example/)(', ['https://onus.example/']],
  ])('%s', (text, found) => {
    expect(links(text)).toEqual(found)
    expect(whole(text)).toBe(text)
  })

  it.each([
    '',
    'no address',
    'onus.example',
    'javascript:alert(1)',
    'javascript://alert(1)',
    'data:text/html,<script>alert(1)</script>',
    'file:///etc/passwd',
    'ftp://onus.example',
    'xhttps://onus.example',
    'https:/onus.example',
    'https://',
    'https://...',
    'https://)))',
    'http://[onus.example',
  ])('has none in %j', (text) => {
    expect(links(text)).toEqual([])
    expect(whole(text)).toBe(text)
  })

  it('leads nowhere but to the web, whatever stands around it', () => {
    for (const text of [
      'javascript:https://a.example',
      'data:text/html,https://a.example',
      'https:https://a.example',
    ])
      expect(links(text)).toEqual(['https://a.example'])
  })

  it('ends an address where a mark that cannot be seen begins to hide something', () => {
    expect(links('https://a.example/\u202egpj.exe')).toEqual(['https://a.example/'])
    expect(links('https://a.example\u200b.b.example')).toEqual(['https://a.example'])
    expect(links('https://a.example\\@b.example')).toEqual(['https://a.example'])
  })

  it('makes so many links and no more', () => {
    const text = 'https://a.example '.repeat(MOST_LINKS + 5)
    expect(links(text)).toHaveLength(MOST_LINKS)
    expect(whole(text)).toBe(text)
  })

  it.each([
    ['an address without an end', (size: number) => `https://a.example/${'a'.repeat(size)}`],
    ['dots', (size: number) => `https://a.example${'.'.repeat(size)}`],
    ['dots alone', (size: number) => `https://${'.'.repeat(size)}`],
    ['brackets in brackets', (size: number) => `https://a.example/${'('.repeat(size)}${')'.repeat(size)}`],
    ['brackets that close', (size: number) => `https://a.example/${')]}'.repeat(size / 3)}`],
    ['beginnings', (size: number) => 'https://'.repeat(size / 8)],
    ['beginnings apart', (size: number) => 'https:// '.repeat(size / 9)],
    ['broken addresses', (size: number) => 'http://[ '.repeat(size / 9)],
    ['letters', (size: number) => 'h'.repeat(size)],
  ])('takes no longer than the text is long: %s', (_, make) => {
    const text = make(500_000)
    const before = performance.now()
    expect(whole(text)).toBe(text)
    // In a time that grew with the square this would take minutes.
    expect(performance.now() - before).toBeLessThan(5_000)
  })
})
