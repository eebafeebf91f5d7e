import { useQueryClient } from '@tanstack/react-query'
import { createContext, type ReactNode, useContext, useEffect, useRef, useState } from 'react'
import { useLocation } from 'wouter'
import { get } from '../api/client.ts'
import { LiveConnection, type LiveState } from '../api/live.ts'
import { CachePatcher, type LiveNotice } from '../api/patch.ts'
import { useMe } from '../api/queries.ts'
import type { PushIntegration } from '../api/types.ts'
import { useLanguage } from '../i18n/intl.tsx'
import { listenForNotices } from '../install.ts'
import { toast } from '../ui/feedback.tsx'

const LiveContext = createContext<LiveState>('connecting')

/** How the connection for events is. */
export const useLiveState = (): LiveState => useContext(LiveContext)

/** A break that heals within this time is not worth a word. */
const SAY_LOST_AFTER_MS = 1_500
/** Long after the first page is there. */
const RENEW_AFTER_MS = 5_000

/** Keeps what is shown below it true. */
export function LiveProvider({ children }: { children: ReactNode }) {
  const client = useQueryClient()
  const [state, setState] = useState<LiveState>('connecting')
  const { t, word } = useLanguage()
  const [, navigate] = useLocation()
  const latest = useRef((_: LiveNotice) => {})
  useEffect(() => {
    latest.current = ({ event, ticketId }) => {
      const address = `/tickets/${ticketId}`
      // Who looks at the ticket sees it anyway.
      if (!ticketId || window.location.pathname === address) return
      toast(word('event', event), { action: { label: t('action.open'), onPress: () => navigate(address) } })
    }
  })
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
  }, [client])
  useEffect(() => listenForNotices(navigate), [navigate])
  useRenewedDevice()
  return <LiveContext value={state}>{children}</LiveContext>
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
