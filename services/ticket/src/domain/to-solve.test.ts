import { describe, expect, it } from 'vitest'
import { toSolveKey } from './to-solve.ts'

const ticket = (name: string, priorityRank: number, dueAt: string | null, waitingSince: string | null) => ({
  name,
  key: toSolveKey({ priorityRank, dueAt, waitingSince, createdAt: '2026-01-01T00:00:00.000Z' }),
})

describe('toSolveKey', () => {
  it('orders by priority, then due time with none last, then who waits longest', () => {
    const tickets = [
      ticket('low, due', 0, '2026-01-01T10:00:00.000Z', null),
      ticket('normal, waits', 1, null, '2026-01-02T00:00:00.000Z'),
      ticket('normal, waits longer', 1, null, '2026-01-01T12:00:00.000Z'),
      ticket('normal, due', 1, '2026-02-01T00:00:00.000Z', '2026-01-31T00:00:00.000Z'),
      ticket('urgent', 3, null, null),
    ]
    const names = tickets.sort((a, b) => (a.key < b.key ? -1 : 1)).map(({ name }) => name)
    expect(names).toEqual(['urgent', 'normal, due', 'normal, waits longer', 'normal, waits', 'low, due'])
  })
})
