import { type ReactNode, useCallback, useState } from 'react'
import { type AroundNavHandler, Router } from 'wouter'
import { useT } from '../i18n/intl.tsx'
import { FormDialog } from '../ui/overlay.tsx'
import { isAnythingUnsaved } from '../ui/unsaved.ts'

/** Asks before a page with something unsaved gives way to another one. What changes on the same page is free. */
export function LeaveGuard({ children }: { children: ReactNode }) {
  const t = useT()
  const [leave, setLeave] = useState<(() => void) | null>(null)
  const around = useCallback<AroundNavHandler>((navigate, to, options) => {
    const go = () => navigate(to, options)
    const samePage = new URL(to, window.location.href).pathname === window.location.pathname
    if (samePage || !isAnythingUnsaved()) go()
    else setLeave(() => go)
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
