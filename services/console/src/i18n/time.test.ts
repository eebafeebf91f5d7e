import { expect, it } from 'vitest'
import { chooseLocale } from './locales.ts'
import { relativeParts } from './relative.ts'

it.each([
  [0, [0, 'second']],
  [-59, [0, 'second']],
  [-60, [-1, 'minute']],
  [-3_700, [-1, 'hour']],
  [90_000, [1, 'day']],
  [-40_000_000, [-1, 'year']],
])('%d seconds are %o', (seconds, expected) => {
  expect(relativeParts(seconds)).toEqual(expected)
})

it('speaks the first wanted language that it knows', () => {
  expect(chooseLocale(['de', 'pt-BR', 'fr'])).toBe('pt')
  expect(chooseLocale([null, undefined, 'xx'])).toBe('en')
})
