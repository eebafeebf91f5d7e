import { MongoBulkWriteError, MongoNetworkError, MongoServerError, MongoServerSelectionError } from 'mongodb'
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
    expect(isOutage(Object.assign(new Error('refused'), { name: 'TransportError' }))).toBe(true)
    expect(isOutage(new TypeError('x is not a function'))).toBe(false)
    expect(isOutage('text')).toBe(false)
  })

  it('mean an outage while MongoDB is away or elects a primary, also in the middle of a bulk write', () => {
    const away = new MongoNetworkError('connection <monitor> timed out')
    const bulk = new MongoBulkWriteError(away as never, {} as never)
    expect(bulk.cause).toBeUndefined()
    expect(isOutage(bulk)).toBe(true)
    for (const code of [10107, 189, 11600, 11602, 13435, 91])
      expect(isOutage(new MongoServerError({ message: 'not primary', code }))).toBe(true)
    const cleared = Object.assign(new Error('interrupted due to server monitor timeout'), {
      name: 'PoolClearedOnNetworkError',
    })
    expect(isOutage(cleared)).toBe(true)
    const duplicate = new MongoServerError({ message: 'duplicate key', code: 11000 })
    expect(isOutage(duplicate)).toBe(false)
    expect(isOutage(new MongoBulkWriteError(duplicate as never, {} as never))).toBe(false)
    expect(isOutage(new MongoServerError({ message: 'unknown error', code: 8 }))).toBe(false)
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
