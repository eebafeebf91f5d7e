import { describe, expect, it } from 'vitest'
import * as fields from './fields.ts'

const check = <T>(work: (errors: fields.FieldErrors) => T): { value: T; invalid: number } => {
  const errors = new fields.FieldErrors()
  const value = work(errors)
  return { value, invalid: errors.invalid.length }
}

describe('an e-mail address', () => {
  it.each([
    'a@example.com',
    'first.last+tag@sub.example.co.uk',
    "o'brien@example.com",
    'jörg@bücher.example',
    'x@localhost',
    `${'a'.repeat(64)}@example.com`,
  ])('is %s', (address) => expect(fields.isEmailAddress(address)).toBe(true))

  it.each([
    '',
    'a',
    '@example.com',
    'a@',
    'a b@example.com',
    'a@@example.com',
    'a@example',
    'a@-example.com',
    'a@example..com',
    '.a@example.com',
    'a.@example.com',
    'a@example.123',
    'a@[127.0.0.1]',
    'a@example.com\n',
    '<a@example.com>',
    `${'a'.repeat(65)}@example.com`,
    `a@${'b'.repeat(64)}.com`,
    `a@${'b.'.repeat(130)}com`,
  ])('is not %j', (address) => expect(fields.isEmailAddress(address)).toBe(false))

  it('is kept in lower case without blanks', () => {
    expect(check((errors) => fields.emailAddress(' Olga@Example.COM ', 'email', errors))).toEqual({
      value: 'olga@example.com',
      invalid: 0,
    })
  })
})

describe('a line of text', () => {
  it.each([
    ['x', 0],
    ['x'.repeat(200), 0],
    ['😀'.repeat(200), 0],
    ['', 1],
    ['   ', 1],
    [undefined, 1],
    ['x'.repeat(201), 1],
    ['two\nlines', 1],
    ['nul\u0000', 1],
  ])('%j has %i errors', (text, invalid) => {
    expect(check((errors) => fields.line(text, 'name', errors)).invalid).toBe(invalid)
  })
})

describe('a locale', () => {
  it.each([
    ['en', 'en'],
    ['pt-br', 'pt-BR'],
    ['zh-hant-tw', 'zh-Hant-TW'],
  ])('%s is %s', (tag, canonical) => {
    expect(check((errors) => fields.locale(tag, 'locale', errors))).toEqual({ value: canonical, invalid: 0 })
  })
  it.each(['', undefined, 'english please', 'e', '1234567890', 'en_'])('is not %j', (tag) => {
    expect(check((errors) => fields.locale(tag, 'locale', errors)).invalid).toBe(1)
  })
})

describe('a time zone', () => {
  it.each(['UTC', 'Europe/Berlin', 'America/Argentina/Buenos_Aires', 'Etc/GMT+5'])('is %s', (zone) => {
    expect(fields.isTimeZone(zone)).toBe(true)
  })
  it.each(['', 'Mars/Olympus', '+01:00', '-05', 'local time'])('is not %j', (zone) => {
    expect(fields.isTimeZone(zone)).toBe(false)
  })
})

describe('a duration', () => {
  it.each([
    ['PT1S', 1000],
    ['PT30M', 1_800_000],
    ['P7D', 604_800_000],
    ['P1W', 604_800_000],
    ['P1DT12H', 129_600_000],
    ['PT0.5S', 500],
    ['P1M', 2_592_000_000],
  ])('%s is %i ms', (text, ms) => expect(fields.durationMs(text)).toBe(ms))
  it.each(['', undefined, 'P', 'PT', '7D', 'P-1D', '-P1D', 'PT0S', 'P11Y', 'P1D2H', 'PT1H30', '30 minutes'])(
    'is not %j',
    (text) => expect(fields.durationMs(text)).toBeNull(),
  )
})

describe('times, dates and issuers', () => {
  it('knows local times', () => {
    expect(['00:00', '23:59', '09:30'].every((time) => fields.isTime(time))).toBe(true)
    expect(['24:00', '9:30', '23:60', '', undefined].some((time) => fields.isTime(time))).toBe(false)
    expect(fields.isTime('24:00', true)).toBe(true)
  })
  it('knows days of the calendar', () => {
    expect(['2026-12-25', '2028-02-29'].every(fields.isDate)).toBe(true)
    expect(['2026-02-29', '2026-13-01', '25.12.2026', '2026-1-1'].some(fields.isDate)).toBe(false)
  })
  it.each([
    ['https://id.example.com', 0],
    ['https://id.example.com/realms/a', 0],
    ['http://127.0.0.1:9000', 0],
    ['http://id.example.com', 1],
    ['https://id.example.com?x=1', 1],
    ['https://user@id.example.com', 1],
    ['id.example.com', 1],
    ['', 1],
  ])('the issuer %j has %i errors', (issuer, invalid) => {
    expect(check((errors) => fields.issuerUrl(issuer, 'issuer', errors)).invalid).toBe(invalid)
  })
})
