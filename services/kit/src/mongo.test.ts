import { describe, expect, it } from 'vitest'
import { assertCovered, defineQueries, type QueryShape, uncovered } from './mongo.ts'

const base: QueryShape = { collection: 'tickets', filter: [], index: {} }
const problem = (shape: Partial<QueryShape>) => uncovered({ q: { ...base, ...shape } }).q

describe('query shapes', () => {
  it('are covered by equality, sort, range in the order of the index', () => {
    expect(problem({ filter: ['a', 'b'], index: { b: 1, a: 1 } })).toBeUndefined()
    expect(
      problem({ filter: ['a'], sort: { u: -1, _id: -1 }, index: { a: 1, u: -1, _id: -1 } }),
    ).toBeUndefined()
    expect(
      problem({ filter: ['a'], sort: { u: -1, _id: -1 }, index: { a: 1, u: 1, _id: 1 } }),
    ).toBeUndefined()
    expect(problem({ filter: ['a'], sort: { u: 1 }, range: ['u'], index: { a: 1, u: 1 } })).toBeUndefined()
    expect(problem({ filter: ['a'], range: ['r'], index: { a: 1, r: 1 } })).toBeUndefined()
    expect(problem({ filter: ['_id'], index: { _id: 1 } })).toBeUndefined()
  })

  it('are not covered when the index begins elsewhere, sorts otherwise or lacks the range', () => {
    expect(problem({ filter: ['a'], index: { b: 1, a: 1 } })).toMatch(/begins with \(b\)/)
    expect(problem({ filter: ['a', 'b'], index: { a: 1 } })).toMatch(/begins with/)
    expect(problem({ filter: ['a'], sort: { u: 1 }, index: { a: 1, x: 1, u: 1 } })).toMatch(/not the sort/)
    expect(problem({ filter: ['a'], sort: { u: 1, v: -1 }, index: { a: 1, u: 1, v: 1 } })).toMatch(/neither/)
    expect(problem({ filter: ['a'], range: ['r'], index: { a: 1, x: 1, r: 1 } })).toMatch(/right after/)
    expect(problem({ filter: ['a'], index: { a: 1, b: 1 }, expireAfterSeconds: 1 })).toMatch(/one-field/)
  })

  it('fail a test by name', () => {
    const queries = defineQueries({ byAgent: { ...base, filter: ['agentId'], index: { departmentId: 1 } } })
    expect(() => assertCovered(queries)).toThrow(/byAgent/)
  })
})
