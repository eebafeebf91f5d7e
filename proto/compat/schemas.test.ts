import { describe, expect, it } from 'vitest'
import { eventSchemas } from '../events/index.ts'
import { breakingChanges, type JsonSchema } from './schemas.ts'

const before = {
  type: 'object',
  required: ['id', 'holder'],
  properties: {
    id: { type: 'string', minLength: 1 },
    at: { type: 'string', format: 'date-time' },
    count: { type: 'integer', minimum: 1 },
    state: { enum: ['open', 'closed'] },
    holder: { $ref: '#/$defs/holder' },
    list: {
      type: 'array',
      items: { type: 'object', required: ['name'], properties: { name: { type: 'string' } } },
    },
    either: { anyOf: [{ type: 'string' }, { type: 'object', properties: { a: { type: 'string' } } }] },
  },
  $defs: {
    holder: {
      type: 'object',
      required: ['agentId'],
      properties: { agentId: { type: ['string', 'null'] }, parent: { $ref: '#/$defs/holder' } },
    },
  },
}
type Draft = any

/** The schema after a change. */
function changed(change: (draft: Draft) => void): JsonSchema {
  const draft = structuredClone(before) as Draft
  change(draft)
  return draft
}

describe('a change that only adds', () => {
  it.each<[string, (draft: Draft) => void]>([
    ['nothing', () => {}],
    ['a property', (s) => Object.assign(s.properties, { extra: { type: 'string' } })],
    ['a value', (s) => s.properties.state.enum.push('postponed')],
    [
      'a property of a definition',
      (s) => Object.assign(s.$defs.holder.properties, { since: { type: 'string' } }),
    ],
    [
      'a property of an item',
      (s) => Object.assign(s.properties.list.items.properties, { b: { type: 'number' } }),
    ],
    ['an alternative', (s) => s.properties.either.anyOf.push({ type: 'object', required: ['truncated'] })],
    ['a wider limit', (s) => Object.assign(s.properties.count, { minimum: 0 })],
    ['a description and an example', (s) => Object.assign(s, { description: 'Better.', examples: [{}] })],
    [
      'a definition that says the same',
      (s) => Object.assign(s.properties, { holder: structuredClone(s.$defs.holder) }),
    ],
    [
      'a condition on a new value',
      (s) => Object.assign(s, { allOf: [{ if: { properties: { state: { const: 'postponed' } } } }] }),
    ],
  ])('%s breaks nobody', (_, change) => {
    expect(breakingChanges(before, changed(change))).toEqual([])
  })
})

describe('a change that breaks somebody is found:', () => {
  it.each<[string, string, (draft: Draft) => void]>([
    ['a property is removed', '/at: is gone', (s) => delete s.properties.at],
    [
      'a property is renamed',
      '/at: is gone',
      (s) => {
        s.properties.when = s.properties.at
        delete s.properties.at
      },
    ],
    [
      'a type is narrowed',
      '/holder/agentId: the type null is gone',
      (s) => (s.$defs.holder.properties.agentId.type = 'string'),
    ],
    ['a type is another', '/count: the type integer is gone', (s) => (s.properties.count.type = 'string')],
    ['a type is widened', '/id: the type null is new', (s) => (s.properties.id.type = ['string', 'null'])],
    ['a property becomes required', '/at: is required now', (s) => s.required.push('at')],
    ['a property stops being required', '/holder: is not certain', (s) => s.required.pop()],
    [
      'a nested property becomes required',
      '/list/items/extra: is required now',
      (s) => s.properties.list.items.required.push('extra'),
    ],
    ['a value is removed', '/state: the value "closed" is gone', (s) => s.properties.state.enum.pop()],
    ['values are limited', '/id: is limited to some values', (s) => (s.properties.id.enum = ['a'])],
    ['a limit is tightened', '/id: minLength is 5, and was 1', (s) => (s.properties.id.minLength = 5)],
    ['a limit is added', '/id: maxLength is 5, and was not limited', (s) => (s.properties.id.maxLength = 5)],
    ['a format is removed', '/at: format is another', (s) => delete s.properties.at.format],
    ['a pattern is added', '/id: pattern is another', (s) => (s.properties.id.pattern = '^a')],
    [
      'additions are forbidden',
      '/additionalProperties: nothing is allowed',
      (s) => (s.additionalProperties = false),
    ],
    ['a property is forbidden', '/extra: is forbidden now', (s) => (s.properties.extra = false)],
    ['an alternative is removed', '/either/anyOf/1: is gone', (s) => s.properties.either.anyOf.pop()],
    [
      'a property of an alternative is removed',
      '/either/anyOf/1/a: is gone',
      (s) => delete s.properties.either.anyOf[1].properties.a,
    ],
    [
      'a property of an item is removed',
      '/list/items/name: is gone',
      (s) => delete s.properties.list.items.properties.name,
    ],
    ['a definition is emptied', '/holder/agentId: is gone', (s) => (s.$defs.holder.properties = {})],
    ['items are described no more', '/list/items: was described', (s) => delete s.properties.list.items],
  ])('%s', (_, found, change) => {
    const all = breakingChanges(before, changed(change))
    expect(
      all.some((each) => each.startsWith(found)),
      all.join('\n'),
    ).toBe(true)
  })
})

describe('the schemas of events', () => {
  it.each([...eventSchemas()])(
    '%s is compatible with itself, and not without one of its properties',
    (_, schema) => {
      expect(breakingChanges(schema, schema)).toEqual([])
      const properties = schema.properties as Record<string, JsonSchema>
      for (const name of Object.keys(properties)) {
        const { [name]: _gone, ...rest } = properties
        expect(breakingChanges(schema, { ...schema, properties: rest })).toContainEqual(
          expect.stringContaining(`/${name}: is gone`),
        )
      }
    },
  )
})
