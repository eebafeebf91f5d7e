import { QueryClient, QueryObserver } from '@tanstack/react-query'
import { afterEach, expect, it, vi } from 'vitest'
import type { Pages } from './filter.ts'
import { CachePatcher } from './patch.ts'
import { feedQuery, viewersQuery } from './queries.ts'
import type { Notice, Ticket } from './types.ts'

afterEach(() => vi.unstubAllGlobals())

const event = (kind: string, data: unknown = {}) => ({ id: '1', event: kind, data: JSON.stringify(data) })
const pages = (count: number): Pages => ({
  pages: Array.from({ length: count }, (_, at) => ({
    items: [{ id: `t${at}` } as Ticket],
    nextCursor: 'more',
  })),
  pageParams: Array.from({ length: count }, () => ''),
})

it('shows who looks at a ticket that is open here, and at no other', () => {
  const client = new QueryClient()
  const patcher = new CachePatcher(client, () => {})
  client.setQueryData(viewersQuery('open').queryKey, [])
  const items = [{ agentId: 'zoe', name: 'Zoe', state: 'writing' as const }]
  for (const ticketId of ['open', 'closed']) patcher.take(event('viewers', { ticketId, items }))
  expect(client.getQueryData(viewersQuery('open').queryKey)).toEqual(items)
  expect(client.getQueryData(viewersQuery('closed').queryKey)).toBeUndefined()
  patcher.stop()
})

it('takes nobody’s place away when everything has to be loaded again', () => {
  const client = new QueryClient()
  const patcher = new CachePatcher(client, () => {})
  const loads: string[] = []
  for (const [name, count] of [
    ['short', 2],
    ['long, shown', 40],
    ['long, not shown', 40],
  ] as const) {
    const queryKey = ['tickets', { q: name }]
    client.setQueryData(queryKey, pages(count))
    if (name === 'long, not shown') continue
    const queryFn = () => {
      loads.push(name)
      return new Promise<Pages>(() => {})
    }
    new QueryObserver(client, { queryKey, queryFn, staleTime: Number.POSITIVE_INFINITY }).subscribe(() => {})
  }
  patcher.take(event('resync'))
  patcher.take(event('resync'))
  const lengths = (name: string) => client.getQueryData<Pages>(['tickets', { q: name }])?.pages.length
  expect([lengths('short'), lengths('long, shown'), lengths('long, not shown')]).toEqual([2, 40, undefined])
  // Not begun again while it is being loaded.
  expect(loads.filter((name) => name === 'long, shown')).toHaveLength(1)
  patcher.stop()
})

it('keeps the feed true by what is told in the app, and drops what is about a ticket that has left', () => {
  const client = new QueryClient()
  const told: string[] = []
  const patcher = new CachePatcher(client, ({ id }) => told.push(id))
  client.setQueryData(feedQuery.queryKey, { pages: [{ items: [], nextCursor: null }], pageParams: [''] })
  const notice = { ticketId: 't', channel: 'in_app', state: 'sent', createdAt: '2026-03-02T10:00:00.000Z' }
  patcher.take(event('notification', { data: { ...notice, id: 'here' } as Notice }))
  patcher.take(event('notification', { data: { ...notice, id: 'mail', channel: 'email' } as Notice }))
  const ids = () => client.getQueryData(feedQuery.queryKey)?.pages[0]?.items.map(({ id }) => id)
  expect([ids(), told]).toEqual([['here'], ['here']])
  patcher.take(event('ticket.gone', { ticketId: 't' }))
  expect(ids()).toEqual([])
  patcher.stop()
})
