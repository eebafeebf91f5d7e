import { type ReactNode, useCallback, useEffect, useRef, useState } from 'react'
import { type AroundNavHandler, Router, useLocation } from 'wouter'
import { useT } from '../i18n/intl.tsx'
import { FormDialog } from '../ui/overlay.tsx'
import { isAnythingUnsaved } from '../ui/unsaved.ts'

/** Asks before a page with something unsaved gives way to another one. What changes on the same page is free. */
export function LeaveGuard({ children }: { children: ReactNode }) {
  const t = useT()
  const [leave, setLeave] = useState<(() => void) | null>(null)
  const answered = useRef(false)
  const around = useCallback<AroundNavHandler>((navigate, to, options) => {
    const go = () => navigate(to, options)
    const samePage = new URL(to, window.location.href).pathname === window.location.pathname
    if (samePage || !isAnythingUnsaved()) go()
    else setLeave(() => go)
  }, [])
  // The browser lets a page answer to the way back once; who goes again has gone.
  const [location] = useLocation()
  useEffect(() => setLeave(null), [location])

  // Back and forward, where the browser lets a page answer to them.
  useEffect(() => {
    const { navigation } = window as { navigation?: Navigation }
    if (!navigation) return
    const ask = (event: NavigateEvent) => {
      const { key, url, sameDocument } = event.destination
      const samePage = new URL(url).pathname === window.location.pathname
      if (event.navigationType !== 'traverse' || !event.cancelable || !sameDocument) return
      if (samePage || answered.current || !isAnythingUnsaved()) return
      event.preventDefault()
      setLeave(() => () => {
        answered.current = true
        const over = () => {
          answered.current = false
        }
        navigation.traverseTo(key).finished?.then(over, over)
      })
    }
    navigation.addEventListener('navigate', ask)
    return () => navigation.removeEventListener('navigate', ask)
  }, [])
  return (
    <Router aroundNav={around}>
      {children}
      {leave && (
        <FormDialog
          title={t('unsaved.title')}
          submit={t('unsaved.leave')}
          danger
          onClose={() => setLeave(null)}
          onSubmit={async () => leave()}
        >
          <p>{t('unsaved.text')}</p>
        </FormDialog>
      )}
    </Router>
  )
}
