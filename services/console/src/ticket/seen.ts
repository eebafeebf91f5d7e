import { useInfiniteQuery, useQueryClient } from '@tanstack/react-query'
import { useEffect, useRef, useSyncExternalStore } from 'react'
import { acknowledge, unreadOfTicket } from '../api/feed.ts'
import { feedQuery } from '../api/queries.ts'

/** Whether this window is in front of somebody. */
const useVisible = (): boolean =>
  useSyncExternalStore(
    (listener) => {
      document.addEventListener('visibilitychange', listener)
      return () => document.removeEventListener('visibilitychange', listener)
    },
    () => document.visibilityState === 'visible',
  )

/** Who looks at a ticket has read what came in the app about it, as far as the feed is loaded. */
export function useSeenNotices(ticketId: string, active: boolean): void {
  const client = useQueryClient()
  const visible = useVisible()
  const { data: unread } = useInfiniteQuery({
    ...feedQuery,
    select: (feed) => unreadOfTicket(feed, ticketId),
    enabled: false,
  })
  // One that was refused is not sent again and again; it stays unread.
  const sent = useRef(new Set<string>())
  useEffect(() => {
    const ids = (unread ?? []).filter((id) => !sent.current.has(id))
    if (!active || !visible || ids.length === 0) return
    for (const id of ids) sent.current.add(id)
    acknowledge(client, ids).catch(() => {})
  }, [client, unread, active, visible])
}
