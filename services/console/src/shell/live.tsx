import { useQueryClient } from '@tanstack/react-query'
import { createContext, type ReactNode, useContext, useEffect, useRef, useState } from 'react'
import { useLocation } from 'wouter'
import { get } from '../api/client.ts'
import { LiveConnection, type LiveState } from '../api/live.ts'
import { CachePatcher } from '../api/patch.ts'
import { ticketQuery, useMe } from '../api/queries.ts'
import type { Notice, PushIntegration, Ticket } from '../api/types.ts'
import { useLanguage } from '../i18n/intl.tsx'
import { isolated } from '../i18n/isolated.ts'
import { listenForNotices } from '../install.ts'
import { toast } from '../ui/feedback.tsx'

const LiveContext = createContext<LiveState>('connecting')

/** How the connection for events is. */
export const useLiveState = (): LiveState => useContext(LiveContext)

/** A break that heals within this time is not worth a word. */
const SAY_LOST_AFTER_MS = 1_500
/** Long after the first page is there. */
const RENEW_AFTER_MS = 5_000
/** Tickets that are asked for at once to name them; of more news than this nobody reads each. */
const NAMED_AT_ONCE = 3
/** As much of a subject as one hears of it in passing. */
const SUBJECT_LENGTH = 100

/** Keeps what is shown below it true. */
export function LiveProvider({ children }: { children: ReactNode }) {
  const client = useQueryClient()
  const [state, setState] = useState<LiveState>('connecting')
  const [, navigate] = useLocation()
  const latest = useNews(navigate)
  useEffect(() => {
    const patcher = new CachePatcher(client, (notice) => latest.current(notice))
    let timer: ReturnType<typeof setTimeout> | undefined
    const connection = new LiveConnection(
      (event) => patcher.take(event),
      (next) => {
        clearTimeout(timer)
        if (next === 'lost') timer = setTimeout(() => setState('lost'), SAY_LOST_AFTER_MS)
        else setState(next)
      },
    )
    connection.start()
    return () => {
      clearTimeout(timer)
      connection.stop()
      patcher.stop()
    }
  }, [client, latest])
  useEffect(() => listenForNotices(navigate), [navigate])
  useRenewedDevice()
  return <LiveContext value={state}>{children}</LiveContext>
}

/** Says what has come in the app and of which ticket, once, unless the reader looks at that ticket. */
function useNews(navigate: (path: string) => void) {
  const { t, word } = useLanguage()
  const ticketOf = useTicketOf()
  const latest = useRef((_: Notice) => {})
  useEffect(() => {
    latest.current = async ({ event, ticketId }) => {
      const address = `/tickets/${ticketId}`
      const looks = () => window.location.pathname === address
      // Who looks at the ticket sees it anyway.
      if (!ticketId || looks()) return
      const ticket = await ticketOf(ticketId)
      if (looks()) return
      const what = word('event', event)
      const subject = ticket?.subject ? shortened(ticket.subject) : t('ticket.no_subject')
      const named = ticket && isolated(`#${ticket.number} ${subject}`)
      toast(named ? t('notices.news', { event: what, ticket: named }) : what, {
        action: { label: t('action.open'), onPress: () => navigate(address) },
      })
    }
  })
  return latest
}

const shortened = (text: string): string =>
  text.length > SUBJECT_LENGTH ? `${text.slice(0, SUBJECT_LENGTH).trimEnd()}…` : text

/** A ticket to name, mostly one that its own event has brought already. */
function useTicketOf(): (id: string) => Promise<Ticket | undefined> {
  const client = useQueryClient()
  const asked = useRef(0)
  return async (id) => {
    const query = ticketQuery(id)
    const known = client.getQueryData(query.queryKey)
    if (known || asked.current >= NAMED_AT_ONCE) return known
    asked.current++
    try {
      return await client.fetchQuery(query)
    } catch {
      return undefined
    } finally {
      asked.current--
    }
  }
}

/** When there is nothing else to do: this browser says that it is still one of the agent's devices. */
function useRenewedDevice(): void {
  const { id } = useMe()
  const { t } = useLanguage()
  const latest = useRef(t)
  useEffect(() => {
    latest.current = t
  })
  useEffect(() => {
    const timer = setTimeout(async () => {
      const { browserName, renew } = await import('../profile/push.ts')
      const found = browserName(navigator.userAgent)
      const name = found ? latest.current('devices.named', found) : ''
      await renew(id, name, () => get<PushIntegration>('/integrations/push')).catch(() => {})
    }, RENEW_AFTER_MS)
    return () => clearTimeout(timer)
  }, [id])
}
