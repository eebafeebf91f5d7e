import { describe, expect, it } from 'vitest'
import { faultsOf, fieldChanges, fieldValue, type TypedField, textFor, typedField, typeOf } from './fields.ts'

const field = (over: Partial<TypedField>): TypedField => ({
  known: null,
  name: 'plan',
  type: 'text',
  text: 'gold',
  ...over,
})

describe('a custom field', () => {
  it.each([
    ['gold', 'text'],
    ['2026-03-01', 'date'],
    ['2026-13-45', 'text'],
    [7.5, 'number'],
    [false, 'yes_no'],
    [['a', 1], 'json'],
    [{ a: 1 }, 'json'],
  ] as const)('%j is of the type %s and read back as it is', (value, type) => {
    expect(typeOf(value)).toBe(type)
    expect(fieldValue(typedField('f', value))).toEqual(value)
  })

  it.each([
    [{ name: '' }, { name: 'name' }],
    [{ name: ' x' }, {}],
    [{ name: 'a.b' }, { name: 'name' }],
    [{ name: 'رقم الطلب' }, {}],
    [{ name: 'x'.repeat(65) }, { name: 'name' }],
    [{ name: 'tier' }, { name: 'taken' }],
    [{ type: 'number', text: 'seven' }, { value: 'number' }],
    [{ type: 'number', text: '' }, { value: 'number' }],
    [{ type: 'number', text: '1e3' }, {}],
    [{ type: 'date', text: '2026-02-31x' }, { value: 'date' }],
    [{ type: 'json', text: '{' }, { value: 'json' }],
    [{ type: 'json', text: 'null' }, { value: 'json' }],
    [{ text: 'x'.repeat(10_001) }, { value: 'long' }],
    [{ name: '', removed: true }, {}],
  ] as [Partial<TypedField>, object][])('%j has the faults %j', (over, faults) => {
    const one = field(over)
    expect(faultsOf(one, [one, field({ name: 'tier' })])).toEqual(faults)
  })

  it('of yes or no is one of the two', () => {
    expect([textFor('yes_no', 'gold'), textFor('yes_no', 'true'), textFor('text', 'a')]).toEqual([
      ...['false', 'true', 'a'],
    ])
  })
})

describe('what is sent of changed fields', () => {
  const seen = { plan: 'gold', seats: 3, old: 'x' }
  const typed = [
    field({ known: 'plan', text: 'silver' }),
    field({ known: 'seats', name: 'seats', type: 'number', text: '3' }),
    field({ known: 'old', name: 'old', text: 'x', removed: true }),
    field({ name: ' new ', type: 'yes_no', text: 'true' }),
  ]

  it('is what was changed, and nothing else', () => {
    const sent = { plan: 'silver', old: null, new: true }
    expect(fieldChanges(typed, seen, seen)).toEqual({ fields: sent, lost: [] })
    expect(fieldChanges(typed, seen, { ...seen, seats: 9 })).toEqual({ fields: sent, lost: [] })
  })

  it('is not what somebody else has changed in between', () => {
    const now = { plan: 'bronze', seats: 3, new: false }
    expect(fieldChanges(typed, seen, now)).toEqual({ fields: { old: null }, lost: ['plan', 'new'] })
    expect(fieldChanges(typed, seen, { ...seen, plan: 'silver' }).lost).toEqual([])
  })
})
