import { QueryClient } from '@tanstack/react-query'
import { afterEach, expect, it, vi } from 'vitest'
import { acknowledge, type Feed, inAppOf, isUnread, unreadOf, unreadOfTicket, withNotice } from './feed.ts'
import { feedQuery } from './queries.ts'
import type { Notice } from './types.ts'

afterEach(() => vi.unstubAllGlobals())

const notice = (id: string, over: Partial<Notice> = {}): Notice => ({
  id,
  ticketId: `ticket-${id}`,
  event: 'ticket_new',
  channel: 'in_app',
  recipient: { agentId: 'sam' },
  state: 'sent',
  attempts: 1,
  createdAt: `2026-03-02T10:00:0${id}.000Z`,
  ...over,
})
const feed = (items: Notice[], nextCursor: string | null = null): Feed => ({
  pages: [{ items, nextCursor }],
  pageParams: [''],
})
const idsOf = ({ pages }: Feed) => pages.flatMap(({ items }) => items.map(({ id }) => id))
const unreadIn = ({ pages }: Feed) => pages.flatMap(({ items }) => items.filter(isUnread).map(({ id }) => id))

it('counts what came in the app and was not seen, and says when older ones may be unread too', () => {
  const items = [
    notice('9', { state: 'acknowledged' }),
    notice('8', { channel: 'email' }),
    notice('7', { state: 'suppressed', reason: 'preference' }),
    notice('6'),
  ]
  expect(idsOf(inAppOf(feed(items)))).toEqual(['9', '6'])
  expect(unreadOf(feed(items))).toEqual({ count: 1, more: false })
  expect(unreadOf(feed(items, 'more'))).toEqual({ count: 1, more: true })
  expect(unreadOf(feed(items.toReversed(), 'more'))).toEqual({ count: 1, more: false })
  expect(unreadOfTicket(feed(items), 'ticket-6')).toEqual(['6'])
})

it('puts what an event tells in its place, once, and does not forget what was seen', () => {
  const shown = feed([notice('5'), notice('3')], 'more')
  const grown = withNotice(shown, notice('4'))
  expect(idsOf(grown)).toEqual(['5', '4', '3'])
  expect(idsOf(withNotice(grown, notice('4')))).toEqual(['5', '4', '3'])
  expect(withNotice(shown, notice('1'))).toBe(shown)
  expect(withNotice(shown, notice('6', { state: 'planned' }))).toBe(shown)
  const seen = withNotice(shown, notice('5', { state: 'acknowledged' }))
  expect(unreadIn(seen)).toEqual(['3'])
  expect(withNotice(seen, notice('5'))).toBe(seen)
})

it('shows at once what is acknowledged, drops what is gone, and takes back what is refused', async () => {
  const client = new QueryClient()
  client.setQueryData(feedQuery.queryKey, feed([notice('5'), notice('4'), notice('3'), notice('2')]))
  const answers: Record<string, number> = { 5: 200, 4: 404, 3: 503 }
  vi.stubGlobal('fetch', async (url: string) => {
    const status = answers[url.split('/').at(-2) ?? ''] ?? 200
    return new Response('{"type":"about/made-up"}', {
      status,
      headers: { 'content-type': 'application/json' },
    })
  })
  const done = acknowledge(client, ['5', '4', '3'])
  const now = () => client.getQueryData(feedQuery.queryKey) as Feed
  expect(unreadIn(now())).toEqual(['2'])
  await expect(done).rejects.toMatchObject({ status: 503 })
  expect(idsOf(now())).toEqual(['5', '3', '2'])
  expect(unreadIn(now())).toEqual(['3', '2'])
})
