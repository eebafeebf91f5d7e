import { MongoServerSelectionError } from 'mongodb'
import { describe, expect, it } from 'vitest'
import { asProblem, isOutage } from './errors.ts'
import { Problem } from './problems.ts'

describe('errors', () => {
  it('mean an outage also when they are wrapped', () => {
    const refused = Object.assign(new Error('connect'), { code: 'ECONNREFUSED' })
    expect(isOutage(refused)).toBe(true)
    expect(isOutage(new Error('outer', { cause: new Error('middle', { cause: refused }) }))).toBe(true)
    expect(isOutage(Object.assign(new Error('14 UNAVAILABLE'), { code: 14 }))).toBe(true)
    expect(isOutage(Object.create(MongoServerSelectionError.prototype))).toBe(true)
    expect(isOutage(new TypeError('x is not a function'))).toBe(false)
    expect(isOutage('text')).toBe(false)
  })

  it('become what a caller may see', () => {
    const own = new Problem('forbidden', 'No.')
    expect(asProblem(own)).toBe(own)
    expect(asProblem(Object.assign(new Error('x'), { code: 'ECONNRESET' })).reason).toBe('unavailable')
    expect(asProblem(new TypeError('secret')).detail).toBe('Something went wrong.')
  })

  it('end although a cause is its own cause', () => {
    const circle = new Error('x')
    circle.cause = circle
    expect(isOutage(circle)).toBe(false)
  })
})
