import type { ReactNode } from 'react'
import { Link } from 'wouter'
import { useT } from '../i18n/intl.tsx'
import { Page } from './page.tsx'

export function NotFound({ children }: { children?: ReactNode }) {
  const t = useT()
  return (
    <Page title={t('not_found.title')}>
      <div className="empty">
        <p>{t('not_found.text')}</p>
        <Link href="/lists/mine">{t('list.mine')}</Link>
        {children}
      </div>
    </Page>
  )
}
