import { describe, expect, it } from 'vitest'
import { newId, stableId } from './ids.ts'

describe('ids', () => {
  it('sort by time and never repeat', () => {
    const ids = Array.from({ length: 1000 }, newId)
    expect(new Set(ids).size).toBe(1000)
    expect([...ids].sort()).toEqual(ids)
    for (const id of ids) expect(id).toMatch(/^[0-9a-f]{12}7[0-9a-f]{19}$/)
  })

  it('are stable for the same parts only', () => {
    expect(stableId('a', 'b')).toBe(stableId('a', 'b'))
    expect(stableId('a', 'b')).toMatch(/^[0-9a-f]{32}$/)
    expect(stableId('ab')).not.toBe(stableId('a', 'b'))
    expect(stableId('a', 'bc')).not.toBe(stableId('ab', 'c'))
  })
})
