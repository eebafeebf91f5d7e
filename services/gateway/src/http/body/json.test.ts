import { Problem } from '@onus/kit/problems'
import { describe, expect, it } from 'vitest'
import { parseJson, textFault } from './json.ts'

const parse = (text: string): unknown => parseJson(Buffer.from(text))

function refused(text: string | Uint8Array): Problem {
  try {
    parseJson(typeof text === 'string' ? Buffer.from(text) : text)
  } catch (error) {
    if (error instanceof Problem) return error
    throw error
  }
  throw new Error('it was taken')
}

describe('parseJson', () => {
  it('takes JSON as it is', () => {
    const value = { a: [1, 'é🔥', null, true, { b: 2.5 }], '': 'empty key' }
    expect(parse(JSON.stringify(value))).toEqual(value)
  })

  it.each(['', '{', "{'a':1}", '{"a":1,}', 'NaN', 'undefined', '\u0000'])(
    'refuses %j as malformed',
    (text) => {
      expect(refused(text).reason).toBe('malformed-json')
    },
  )

  it('refuses what is not UTF-8', () => {
    expect(refused(new Uint8Array([0x22, 0xc3, 0x28, 0x22])).reason).toBe('malformed-json')
  })

  it.each([
    ['{"a":{"b":["x\\u0000"]}}', 'a.b[0]'],
    ['{"a":"\\udc00"}', 'a'],
    ['{"a":{"__proto__":1}}', 'a.__proto__'],
    ['{"constructor":1}', 'constructor'],
    ['{"a\\u0000":1}', 'a\uFFFD'],
    ['{"n":-1e999}', 'n'],
    ['"\\u0000"', 'body'],
  ])('names the field of %s', (text, field) => {
    const problem = refused(text)
    expect(problem.reason).toBe('invalid-request')
    expect(problem.errors?.[0]?.field).toBe(field)
  })

  it('never touches a prototype', () => {
    refused('{"__proto__":{"polluted":true}}')
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined()
  })

  it('takes 20 levels and refuses 100', () => {
    const nested = (levels: number): string => '['.repeat(levels) + ']'.repeat(levels)
    expect(() => parse(nested(20))).not.toThrow()
    expect(refused(nested(100)).reason).toBe('invalid-request')
  })

  it('lists at most twenty faults', () => {
    const many = JSON.stringify(Array.from({ length: 500 }, () => '\u0000'))
    expect(refused(many).errors?.length).toBeLessThanOrEqual(20)
  })
})

it('finds faults of texts', () => {
  expect(textFault('plain é🔥\n')).toBeNull()
  expect(textFault('a\u0000')).toContain('NUL')
  expect(textFault('\ud800')).toContain('surrogate')
})
