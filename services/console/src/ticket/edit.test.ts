import { expect, it } from 'vitest'
import type { Ticket } from '../api/types.ts'
import { dueEditOf, editOf } from './edit.ts'

const ticket = (over: Partial<Ticket>) => ({ priority: 'normal', tags: ['a'], ...over }) as Ticket

it('writes over nothing that somebody else has changed in between', () => {
  const seen = ticket({})
  expect(editOf({ addTag: 'b' }, seen, ticket({ tags: ['a', 'theirs'] }))).toEqual({
    tags: ['a', 'theirs', 'b'],
  })
  expect(editOf({ removeTag: 'a' }, seen, ticket({ tags: ['a', 'theirs'] }))).toEqual({ tags: ['theirs'] })
  expect(editOf({ addTag: 'a' }, seen, seen)).toEqual({ tags: ['a'] })
  expect(editOf({ priority: 'high' }, seen, seen)).toEqual({ priority: 'high' })
  expect(editOf({ priority: 'high' }, seen, ticket({ priority: 'urgent' }))).toBeNull()
})

it('sets and takes away a due date unless somebody else has set another one in between', () => {
  const first = '2026-03-01T09:00:00Z'
  const mine = '2026-03-02T09:00:00.000Z'
  const seen = ticket({ dueAt: first })
  expect(dueEditOf(mine, seen, ticket({ dueAt: '2026-03-01T09:00:00.000Z' }))).toEqual({ dueAt: mine })
  expect(dueEditOf(mine, ticket({}), ticket({}))).toEqual({ dueAt: mine })
  expect(dueEditOf(null, seen, seen)).toEqual({ dueAt: null })
  expect(dueEditOf(mine, seen, ticket({ dueAt: '2026-03-02T09:00:00Z' }))).toEqual({ dueAt: mine })
  expect(dueEditOf(mine, seen, ticket({ dueAt: '2026-03-03T09:00:00Z' }))).toBeNull()
  expect(dueEditOf(mine, seen, ticket({}))).toBeNull()
  expect(dueEditOf(null, ticket({}), seen)).toBeNull()
})
