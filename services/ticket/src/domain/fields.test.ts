import { describe, expect, it } from 'vitest'
import { FieldErrors, isId, LIMITS } from './fields.ts'

const errorsOf = (use: (check: FieldErrors) => void): string[] => {
  const check = new FieldErrors()
  use(check)
  return check.errors.map(({ field }) => field)
}

describe('FieldErrors', () => {
  it('takes a subject of 1 to 998 characters on one line', () => {
    const subject = (value: string) => errorsOf((check) => check.line('subject', value, LIMITS.subject))
    expect(subject('x')).toEqual([])
    expect(subject('x'.repeat(998))).toEqual([])
    expect(subject('😀'.repeat(998))).toEqual([])
    for (const bad of ['', '   ', 'x'.repeat(999), 'a\r\nBcc: b@example.com', 'a\u0000b']) {
      expect(subject(bad)).toEqual(['subject'])
    }
  })

  it.each(['a@b.example', "o'hara+x@sub.example.com", 'ü@münchen.example'])(
    'takes the address %s',
    (email) => {
      expect(errorsOf((check) => check.email('email', email))).toEqual([])
    },
  )

  it.each([
    '',
    'a',
    'a@',
    '@b',
    'a b@c.d',
    'a@b..c',
    'a@b\r\n.c',
    '<a@b.c>',
    'a@b,c@d',
    `${'x'.repeat(251)}@b.c`,
  ])('refuses the address %j', (email) => {
    expect(errorsOf((check) => check.email('email', email))).toEqual(['email'])
  })

  it('reads RFC 3339 moments and nothing that is only nearly one', () => {
    expect(new FieldErrors().moment('at', '2026-03-01T10:00:00+01:00')).toBe('2026-03-01T09:00:00.000Z')
    for (const bad of ['', '2026', '2026-03-01', '2026-03-01T10:00:00', '2026-13-01T00:00:00Z', '1', 'now']) {
      expect(errorsOf((check) => check.moment('at', bad))).toEqual(['at'])
    }
  })

  it('drops repeated tags and names the one that is wrong', () => {
    expect(new FieldErrors().tags('tags', ['a', ' a ', 'b'])).toEqual(['a', 'b'])
    expect(errorsOf((check) => check.tags('tags', ['a', '', 'x'.repeat(65)]))).toEqual(['tags[1]', 'tags[2]'])
    expect(errorsOf((check) => check.tags('tags', Array(51).fill('a')))).toEqual(['tags'])
  })

  it('takes custom fields of any JSON with names that every store takes', () => {
    const fields = (value: Record<string, unknown>) => errorsOf((check) => check.fields('fields', value))
    expect(fields({ plan: 'gold', seats: 3, nested: { list: [1, null, { a: true }] } })).toEqual([])
    expect(fields({ $where: 1 })).toEqual(['fields'])
    expect(fields({ 'a.b': 1 })).toEqual(['fields'])
    expect(fields(JSON.parse('{"__proto__": 1}'))).toEqual(['fields'])
    expect(fields({ a: { $set: 1 } })).toEqual(['fields.a'])
    expect(fields({ a: { a: { a: { a: { a: { a: 1 } } } } } })).toEqual(['fields.a.a.a.a.a'])
    expect(fields({ a: 'x'.repeat(LIMITS.fieldsBytes) })).toEqual(['fields'])
  })
})

describe('isId', () => {
  it('knows what none of our ids is', () => {
    expect(isId('0190f3c2a1b27c3d8e4f5a6b7c8d9e0f')).toBe(true)
    for (const bad of ['', 'a:b', '../x', 'x'.repeat(65), 'é', '$ne', 'a b']) expect(isId(bad)).toBe(false)
  })
})
