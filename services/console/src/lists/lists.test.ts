import { describe, expect, it } from 'vitest'
import { LIVE_STATUSES } from '../api/filter.ts'
import type { SavedView, Ticket } from '../api/types.ts'
import { columnsOf, keptColumns, USUAL_COLUMNS } from './columns.ts'
import { directionOf, isSortColumn, sortAfter, sortOf } from './sort.ts'
import {
  baseState,
  CHOICES,
  filterOf,
  isSameState,
  readState,
  savedFilter,
  statusText,
  withChoice,
} from './state.ts'
import { anchoredTop, followed, held } from './steady.ts'

const ticket = (id: string, over: Partial<Ticket> = {}) => ({ id, ...over }) as Ticket
const tickets = (...ids: string[]) => ids.map((id) => ticket(id))

describe('what a list shows', () => {
  it.each([
    ['mine', '', { agentId: 'ana', status: LIVE_STATUSES }],
    ['unassigned', 'departmentId=d1', { unassigned: true, departmentId: 'd1', status: LIVE_STATUSES }],
    ['postponed', 'agentId=me', { agentId: 'ana', status: ['postponed'] }],
    // What makes a list this list is not for choice.
    ['postponed', 'status=open', { status: ['postponed'] }],
    ['all', 'status=any&agentId=nobody', { unassigned: true }],
    ['all', 'status=closed,nonsense,open', { status: ['open', 'closed'] }],
    ['search', 'q=%20fire%20', { q: 'fire' }],
    ['postponed', 'sort=-since', { status: ['postponed'], sort: '-since' }],
    ['postponed', 'sort=_id', { status: ['postponed'] }],
    ['postponed', 'sort=-updatedAt', { status: ['postponed'] }],
  ] as const)('%s ? %s', (view, search, expected) => {
    expect(filterOf(readState(baseState(view), CHOICES[view], search), 'ana')).toEqual(expected)
  })

  it('is kept under a name and read back as the same', () => {
    for (const search of [
      'agentId=me&status=any',
      'agentId=nobody&departmentId=d1&q=x',
      'status=open,closed',
      'sort=-subject',
    ]) {
      const state = readState(baseState('view'), CHOICES.view, search)
      const saved: SavedView = { id: 'v', name: 'V', filter: savedFilter(state), columns: [] }
      expect(isSameState(baseState('view', undefined, saved), state)).toBe(true)
    }
    const saved: SavedView = {
      id: 'v',
      name: 'V',
      filter: { departmentId: 'd1', status: ['open'] },
      columns: [],
    }
    const base = baseState('view', undefined, saved)
    const changed = readState(base, CHOICES.view, withChoice('', 'departmentId', 'any'))
    expect([changed.departmentId, statusText(changed.status)]).toEqual([null, 'open'])
    expect(isSameState(base, changed)).toBe(false)
    expect(withChoice('departmentId=any&q=x', 'departmentId', null)).toBe('q=x')
  })
})

describe('the columns of a list', () => {
  it('are the usual ones without a choice, and stand in their order with one', () => {
    expect(columnsOf([])).toEqual(USUAL_COLUMNS)
    expect(columnsOf(['due', 'unknown', 'number'])).toEqual(['number', 'due'])
    expect(keptColumns(['updated', ...USUAL_COLUMNS])).toEqual([])
    expect(keptColumns(['tags', 'status'])).toEqual(['status', 'tags'])
    expect(columnsOf(keptColumns(['tags', ...USUAL_COLUMNS]))).toEqual([
      'status',
      'tags',
      ...USUAL_COLUMNS.slice(1),
    ])
  })
})

describe('the order of a list', () => {
  it('goes one way, the other, and back to the usual one by the name of a column', () => {
    const presses = (column: 'agent' | 'updated') => {
      const seen: (string | null)[] = []
      for (let sort: string | null = null; seen.length < 3; ) {
        sort = sortAfter(sort, column)
        seen.push(sort)
      }
      return seen
    }
    expect(presses('agent')).toEqual(['agent', '-agent', null])
    expect(presses('updated')).toEqual(['updatedAt', null, 'updatedAt'])
    expect(sortAfter('createdAt', 'created')).toBe('-createdAt')
    expect(sortOf('-createdAt')).toBe('-createdAt')
    expect([isSortColumn('created'), isSortColumn('tags')]).toEqual([true, false])
    expect(directionOf(null, 'updated')).toBe('descending')
    expect(directionOf('-agent', 'updated')).toBe('none')
    expect(directionOf('-subject', 'ticket')).toBe('descending')
  })
})

describe('a list under the reader’s hand', () => {
  const before = followed(tickets('a', 'b', 'c'))

  it('keeps its rows where they are, with their newest state', () => {
    const after = held(before, [ticket('new'), ticket('c', { status: 'open' }), ticket('a'), ticket('b')])
    expect(after.order).toEqual(['a', 'b', 'c'])
    expect(after.tickets[2]?.status).toBe('open')
    expect(after.waiting).toBe(2)
    expect(after.left.size).toBe(0)
  })

  it('keeps what has left until the hand is away, and says so', () => {
    const after = held(before, tickets('a', 'c'))
    expect(after.order).toEqual(['a', 'b', 'c'])
    expect([...after.left]).toEqual(['b'])
    expect(held(after, tickets('a', 'c')).order).toEqual(['a', 'b', 'c'])
    expect(followed(tickets('a', 'c')).order).toEqual(['a', 'c'])
  })

  it('takes further pages to its end', () => {
    const after = held(before, tickets('x', 'a', 'b', 'c', 'd', 'e'))
    expect(after.order).toEqual(['a', 'b', 'c', 'd', 'e'])
    expect(after.waiting).toBe(1)
  })
})

describe('the place in a list', () => {
  const place = (after: string[], scrollTop: number, focused?: string) =>
    anchoredTop({ before: ['a', 'b', 'c', 'd'], after, scrollTop, row: 10, focused })

  it('moves with what is seen', () => {
    expect(place(['x', 'y', 'a', 'b', 'c', 'd'], 23)).toBe(43)
    expect(place(['a', 'b', 'd'], 23)).toBe(13)
    expect(place(['c', 'a', 'b', 'd'], 13)).toBe(23)
  })
  it('stays at the top for who is there, and with the row that has the focus', () => {
    expect(place(['x', 'a', 'b'], 0)).toBeNull()
    expect(place(['x', 'a', 'b', 'c', 'd'], 0, 'b')).toBe(10)
    expect(place(['x'], 23)).toBeNull()
  })
})
