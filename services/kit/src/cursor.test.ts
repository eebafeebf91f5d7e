import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { decodeCursor, encodeCursor } from './cursor.ts'
import { Problem } from './problems.ts'

const schema = z.object({ at: z.string(), id: z.string() })

describe('cursors', () => {
  it('come back as they were, and are safe in a URL', () => {
    fc.assert(
      fc.property(fc.record({ at: fc.string(), id: fc.string() }), (place) => {
        const cursor = encodeCursor(place)
        expect(cursor).toMatch(/^[\w-]+$/)
        expect(decodeCursor(cursor, schema)).toEqual(place)
      }),
    )
  })

  it('are refused as the caller’s mistake when they are rubbish', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string(), fc.string().map(encodeCursor), fc.constant('x'.repeat(5000))),
        (rubbish) => {
          expect(() => decodeCursor(rubbish, schema)).toThrow(Problem)
        },
      ),
    )
  })
})
