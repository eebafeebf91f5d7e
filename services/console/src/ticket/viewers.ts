import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useCallback, useEffect, useMemo, useRef } from 'react'
import { ApiError, put, request } from '../api/client.ts'
import { viewersQuery } from '../api/queries.ts'
import type { Viewer } from '../api/types.ts'

/** Says so three times before the others forget it. */
const SAY_EVERY_MS = 10_000
/** Who has typed nothing for so long is looking again. */
export const STILL_WRITING_MS = 20_000

type State = Viewer['state']

/** What a window says of itself: nothing while nobody looks at it. */
export function stateOf(given: { visible: boolean; typedAt: number | null; now: number }): State | null {
  const { visible, typedAt, now } = given
  if (!visible) return null
  return typedAt !== null && now - typedAt < STILL_WRITING_MS ? 'writing' : 'viewing'
}

export const othersOf = (viewers: Viewer[], me: string): Viewer[] =>
  viewers
    .filter(({ agentId }) => agentId !== me)
    .toSorted((a, b) => Number(b.state === 'writing') - Number(a.state === 'writing'))

/**
 * Says that this window shows the ticket, and keeps the list of those who look at it too. The list comes with
 * every answer, and by an event in between.
 */
export function useViewers(ticketId: string, me: string, active: boolean) {
  const client = useQueryClient()
  const { data } = useQuery(viewersQuery(ticketId))
  const typedAt = useRef<number | null>(null)
  const said = useRef<{ state: State | null; at: number }>({ state: null, at: 0 })
  const sayRef = useRef(() => {})

  useEffect(() => {
    if (!active) return
    const window = crypto.randomUUID()
    const path = `/tickets/${encodeURIComponent(ticketId)}/viewers/me`
    let ended = false
    const leave = () => {
      if (said.current.state === null) return
      said.current = { state: null, at: Date.now() }
      void request('DELETE', `${path}?client=${window}`, { keepalive: true }).catch(() => {})
    }
    const say = () => {
      const now = Date.now()
      const state = stateOf({
        visible: document.visibilityState === 'visible',
        typedAt: typedAt.current,
        now,
      })
      const { state: before, at } = said.current
      if (ended || (state === before && now - at < SAY_EVERY_MS)) return
      if (state === null) return leave()
      said.current = { state, at: now }
      put<{ items: Viewer[] }>(path, { state, client: window }).then(
        ({ items }) => {
          if (!ended) client.setQueryData(viewersQuery(ticketId).queryKey, items)
        },
        (error: unknown) => {
          // A ticket that is out of sight is not looked at; anything else is tried again by the clock.
          if (error instanceof ApiError && error.status >= 400 && error.status < 500) ended = true
        },
      )
    }
    sayRef.current = say
    say()
    const timer = setInterval(say, 1_000)
    document.addEventListener('visibilitychange', say)
    globalThis.addEventListener('pagehide', leave)
    return () => {
      clearInterval(timer)
      document.removeEventListener('visibilitychange', say)
      globalThis.removeEventListener('pagehide', leave)
      leave()
      ended = true
      typedAt.current = null
      client.setQueryData(viewersQuery(ticketId).queryKey, [])
    }
  }, [ticketId, active, client])

  return {
    others: useMemo(() => othersOf(data ?? [], me), [data, me]),
    /** Something was written, or the text was sent or thrown away. */
    typed: useCallback((still: boolean) => {
      typedAt.current = still ? Date.now() : null
      sayRef.current()
    }, []),
  }
}
