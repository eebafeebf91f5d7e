import type { InfiniteData, QueryClient } from '@tanstack/react-query'
import { ApiError, post } from './client.ts'
import { feedQuery } from './queries.ts'
import type { Notice, Page } from './types.ts'

/** What the reader was told, as far as it is loaded: the ledger of all channels, newest first. */
export type Feed = InfiniteData<Page<Notice>>

/** Requests at the same time, so that many notices leave room for what the reader does meanwhile. */
const AT_ONCE = 4

/** Whether it came in the app: what went elsewhere, or was not told, stands in the ledger too. */
export const cameInApp = ({ channel, state }: Notice): boolean =>
  channel === 'in_app' && (state === 'sent' || state === 'acknowledged')

export const isUnread = (notice: Notice): boolean => cameInApp(notice) && notice.state === 'sent'

const noticesOf = (feed: Feed): Notice[] => feed.pages.flatMap(({ items }) => items)

const mapPages = (feed: Feed, change: (items: Notice[]) => Notice[]): Feed => ({
  ...feed,
  pages: feed.pages.map((page) => ({ ...page, items: change(page.items) })),
})

/** Only what came in the app. */
export const inAppOf = (feed: Feed): Feed => mapPages(feed, (items) => items.filter(cameInApp))

/** How much is unread; `more` when nothing that is loaded says that older ones are read. */
export function unreadOf(feed: Feed): { count: number; more: boolean } {
  const came = noticesOf(feed).filter(cameInApp)
  const oldest = came.at(-1)
  const more = feed.pages.at(-1)?.nextCursor !== null && oldest !== undefined && isUnread(oldest)
  return { count: came.filter(isUnread).length, more }
}

/** The ids of what is unread about a ticket. */
export const unreadOfTicket = (feed: Feed, ticketId: string): string[] =>
  noticesOf(feed)
    .filter((notice) => notice.ticketId === ticketId && isUnread(notice))
    .map(({ id }) => id)

/** The feed with a notice as an event tells it: changed where it stands, or new at its place. */
export function withNotice(feed: Feed, notice: Notice): Feed {
  const known = noticesOf(feed).find(({ id }) => id === notice.id)
  // What was seen stays seen: events of before may come again.
  if (known?.state === 'acknowledged') return feed
  if (known)
    return mapPages(feed, (items) =>
      items.map((each) => (each.id === notice.id ? { ...each, ...notice } : each)),
    )
  const [first, ...rest] = feed.pages
  if (!first || !cameInApp(notice)) return feed
  const at = first.items.findIndex(({ createdAt }) => createdAt <= notice.createdAt)
  // Older than everything on a first page that is not the last: its place is on a page further down.
  if (at < 0 && first.nextCursor !== null) return feed
  const items = first.items.toSpliced(at < 0 ? first.items.length : at, 0, notice)
  return { ...feed, pages: [{ ...first, items }, ...rest] }
}

/** The feed without what is about a ticket that the reader may not see any more. */
export const withoutNoticesOf = (feed: Feed, ticketId: string): Feed =>
  mapPages(feed, (items) => items.filter((notice) => notice.ticketId !== ticketId))

/** Says that the reader has seen these. It is shown at once, and taken back for those that could not be kept. */
export async function acknowledge(client: QueryClient, ids: readonly string[]): Promise<void> {
  const { queryKey } = feedQuery
  const change = (to: (notice: Notice) => Notice[]) =>
    client.setQueryData(queryKey, (feed) => feed && mapPages(feed, (items) => items.flatMap(to)))
  const left = [...ids]
  const refused = new Set<string>()
  let failure: unknown
  change((notice) => [ids.includes(notice.id) ? { ...notice, state: 'acknowledged' } : notice])
  const work = async () => {
    for (let id = left.shift(); id !== undefined; id = left.shift()) {
      const tried = id
      try {
        await post(`/notifications/${encodeURIComponent(tried)}/acknowledge`)
      } catch (error) {
        // Its ticket has left the reader's departments, and it with it.
        if (error instanceof ApiError && error.status === 404)
          change((notice) => (notice.id === tried ? [] : [notice]))
        else {
          failure = error
          for (const each of [tried, ...left.splice(0)]) refused.add(each)
        }
      }
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, work))
  if (refused.size === 0) return
  change((notice) => [refused.has(notice.id) ? { ...notice, state: 'sent' } : notice])
  throw failure
}
