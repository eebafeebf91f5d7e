import { expect, it } from 'vitest'
import type { Ticket } from '../api/types.ts'
import { editOf } from './edit.ts'

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
