import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { addDuration, addSketch, countOf, quantile, type Sketch } from './sketch.ts'

const of = (seconds: readonly number[]): Sketch => {
  const sketch: Sketch = new Map()
  for (const each of seconds) addDuration(sketch, each)
  return sketch
}

describe('a sketch of durations', () => {
  it('of nothing has no median', () => {
    expect(quantile(new Map(), 0.5)).toBeNull()
    expect(countOf(new Map())).toBe(0)
  })

  it('is within 2.5 % of the true quantile, also when it was put together of parts', () => {
    const durations = fc.array(fc.double({ min: 1, max: 40_000_000, noNaN: true }), {
      minLength: 1,
      maxLength: 200,
    })
    fc.assert(
      fc.property(
        durations,
        fc.integer({ min: 0, max: 200 }),
        fc.constantFrom(0.5, 0.9, 1),
        (all, cut, share) => {
          const sketch = of(all.slice(0, cut))
          addSketch(sketch, of(all.slice(cut)))
          const sorted = [...all].sort((a, b) => a - b)
          const exact = sorted[Math.max(1, Math.ceil(all.length * share - 1e-9)) - 1] ?? 0
          const found = quantile(sketch, share) ?? 0
          expect(Math.abs(found - exact) / exact).toBeLessThan(0.0251)
          expect(countOf(sketch)).toBe(all.length)
        },
      ),
    )
  })

  it('counts what took less than a second as no time', () => {
    expect(quantile(of([0, 0.2, 0.9]), 0.9)).toBe(0)
  })
})
