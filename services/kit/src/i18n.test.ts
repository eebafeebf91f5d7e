import { describe, expect, it } from 'vitest'
import { catalogProblems, createTranslator, negotiate } from './i18n.ts'

const en = {
  'ticket.count': '{count, plural, one {# ticket} other {# tickets}}',
  'ticket.since': 'since {at, time, short} on {at, date, medium}',
  'ticket.who': '{name} has it',
  only: 'only here',
}
const fr = {
  'ticket.count': '{count, plural, one {# ticket} other {# tickets}} à résoudre',
  'ticket.since': 'depuis {at, time, short} le {at, date, medium}',
  'ticket.who': 'C’est à {name}',
}
const translate = createTranslator({ en, fr })

describe('translation', () => {
  it('speaks the reader’s language, English otherwise', () => {
    expect(translate('fr-CA,en;q=0.5', 'ticket.count', { count: 0 })).toBe('0 ticket à résoudre')
    expect(translate('en', 'ticket.count', { count: 0 })).toBe('0 tickets')
    expect(translate('pt-BR', 'ticket.count', { count: 1 })).toBe('1 ticket')
    expect(translate(undefined, 'ticket.who', { name: 'Ann' })).toBe('Ann has it')
  })

  it('falls back to English for one message, and to the id', () => {
    expect(translate('fr', 'only')).toBe('only here')
    expect(translate('fr', 'nowhere')).toBe('nowhere')
  })

  it('knows zones, and takes markup in a value as text', () => {
    const at = new Date('2026-11-22T23:30:00Z')
    expect(translate('fr', 'ticket.since', { at }, { timeZone: 'Europe/Paris' })).toBe(
      'depuis 00:30 le 23 nov. 2026',
    )
    expect(translate('fr', 'ticket.since', { at })).toBe('depuis 23:30 le 22 nov. 2026')
    expect(translate('en', 'ticket.who', { name: '<b>{x}</b>' })).toBe('<b>{x}</b> has it')
  })
})

describe('negotiation', () => {
  it.each([
    [undefined, 'en'],
    ['', 'en'],
    ['fr', 'fr'],
    ['FR_ca', 'fr'],
    ['ru, fr;q=0.8, en;q=0.9', 'en'],
    ['fr;q=0, *', 'en'],
    ['en;q=0, *;q=0.1', 'fr'],
    ['*', 'en'],
    ['fr;q=2, en', 'en'],
    ['fr;q=rubbish, en;q=0.1', 'en'],
    [`fr,${'x'.repeat(2000)}`, 'en'],
    ['zh-Hant-TW, fr-FR-x-private;q=0.5', 'fr'],
  ])('%s gives %s', (header, language) => {
    expect(negotiate(header, ['en', 'fr'])).toBe(language)
  })
})

describe('catalogs', () => {
  it('are compared with English', () => {
    expect(catalogProblems({ en, fr })).toEqual(['fr: only is missing'])
    expect(catalogProblems({ en: { a: 'x' }, fr: { a: '{broken', b: 'y' } })).toEqual([
      expect.stringContaining('fr: a:'),
      'fr: b is not in English',
    ])
  })
})
