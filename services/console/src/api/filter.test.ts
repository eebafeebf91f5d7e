import { describe, expect, it } from 'vitest'
import { filterQuery, isMisplaced, matches, type Pages, patchPages, withoutTicket } from './filter.ts'
import type { Ticket } from './types.ts'

const at = (minute: number) => `2026-03-01T09:${String(minute).padStart(2, '0')}:00.000Z`
const ticket = (id: string, minute: number, over: Partial<Ticket> = {}): Ticket =>
  ({
    id,
    status: 'new',
    departmentId: 'support',
    agentId: null,
    updatedAt: at(minute),
    sequence: minute,
    ...over,
  }) as Ticket
const pages = (...lists: Ticket[][]): Pages => ({
  pages: lists.map((items, index) => ({ items, nextCursor: index < lists.length - 1 ? 'more' : null })),
  pageParams: lists.map(() => ''),
})
const idsOf = (data: Pages) => data.pages.map(({ items }) => items.map(({ id }) => id))

describe('a ticket belongs into a list', () => {
  it.each([
    [{}, true],
    [{ departmentId: 'support' }, true],
    [{ departmentId: 'billing' }, false],
    [{ agentId: 'sam' }, false],
    [{ unassigned: true }, true],
    [{ status: ['open'] as Ticket['status'][] }, false],
    [{ q: 'fire' }, null],
    [{ q: 'fire', departmentId: 'billing' }, false],
  ])('%o: %s', (filter, expected) => {
    expect(matches(filter, ticket('t', 1))).toBe(expected)
  })
})

describe('a list with a ticket that has changed', () => {
  const data = pages([ticket('a', 9), ticket('b', 8)], [ticket('c', 7)])

  it('shows it first', () => {
    expect(idsOf(patchPages(data, {}, ticket('c', 10)))).toEqual([['c', 'a', 'b'], []])
    expect(idsOf(patchPages(data, {}, ticket('new', 10)))).toEqual([['new', 'a', 'b'], ['c']])
  })

  it('loses it when it belongs there no more, and keeps it where it stands when nobody can tell', () => {
    expect(idsOf(patchPages(data, { unassigned: true }, ticket('b', 10, { agentId: 'sam' })))).toEqual([
      ['a'],
      ['c'],
    ])
    const searched = patchPages(data, { q: 'x' }, ticket('c', 10, { status: 'open' }))
    expect(idsOf(searched)).toEqual([['a', 'b'], ['c']])
    expect(searched.pages[1]?.items[0]?.status).toBe('open')
  })

  it('takes no notice of what is older, foreign or further down', () => {
    expect(patchPages(data, {}, ticket('a', 3))).toBe(data)
    expect(patchPages(data, { departmentId: 'billing' }, ticket('x', 10))).toBe(data)
    expect(idsOf(patchPages(data, {}, ticket('old', 1)))).toEqual([['a', 'b'], ['c']])
    expect(idsOf(patchPages(pages([ticket('a', 9)]), {}, ticket('old', 1)))).toEqual([['a', 'old']])
  })

  it('forgets what has left the reader’s sight', () => {
    expect(idsOf(withoutTicket(data, 'b'))).toEqual([['a'], ['c']])
    expect(withoutTicket(data, 'x')).toBe(data)
  })
})

it('asks the API as it wants to be asked', () => {
  expect(filterQuery({ departmentId: 'd', status: ['new', 'open'], unassigned: true, q: 'a b' })).toBe(
    'departmentId=d&status=new%2Copen&unassigned=true&q=a+b',
  )
})

describe('a list in another order than the usual', () => {
  const since = (minute: number) => ({ responsibility: { since: at(minute) } as Ticket['responsibility'] })
  const data = pages([ticket('a', 9, since(1)), ticket('b', 8, since(2))])

  it.each([
    [
      'the usual order, which the page keeps itself',
      {},
      ticket('a', 10, { ...since(10), status: 'open' }),
      false,
    ],
    ['the same time since', { sort: 'since' }, ticket('a', 10, since(1)), false],
    ['another time since', { sort: 'since' }, ticket('a', 10, since(10)), true],
    ['another time since, downwards', { sort: '-since' }, ticket('a', 10, since(10)), true],
    ['an older state', { sort: 'since' }, ticket('a', 3, since(10)), false],
    ['one that came in', { sort: 'since' }, ticket('new', 10, since(10)), true],
    ['one that is not of this list', { sort: 'since', agentId: 'sam' }, ticket('new', 10, since(10)), false],
    ['another agent', { sort: 'agent' }, ticket('a', 10, { ...since(1), agentId: 'sam' }), true],
    ['another department', { sort: 'department' }, ticket('a', 10, { ...since(1), departmentId: 'x' }), true],
    ['another status', { sort: 'status' }, ticket('a', 10, { ...since(1), status: 'open' }), true],
    [
      'a change that says nothing of when it was made',
      { sort: 'createdAt' },
      ticket('a', 10, since(5)),
      false,
    ],
  ])('%s', (_, filter, changed, expected) => {
    expect(isMisplaced(data, filter, changed)).toBe(expected)
  })
})
