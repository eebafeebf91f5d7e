import { useInfiniteQuery } from '@tanstack/react-query'
import { Link } from 'wouter'
import { unreadOf } from '../api/feed.ts'
import { feedQuery } from '../api/queries.ts'
import { useLanguage, useT } from '../i18n/intl.tsx'
import { Icon } from '../ui/icons.tsx'

/** How much has come in the app and is unread; nothing when nothing is. What comes is said by its message. */
export function UnreadCount() {
  const { t, intl } = useLanguage()
  const { data } = useInfiniteQuery({ ...feedQuery, select: unreadOf })
  if (!data?.count) return null
  const { count, more } = data
  return (
    <>
      <span className="nav-count" aria-hidden="true">
        {intl.formatNumber(count)}
        {more && '+'}
      </span>{' '}
      <span className="visually-hidden">{t(more ? 'notices.unread_more' : 'notices.unread', { count })}</span>
    </>
  )
}

/** The way to the notices where the sidebar is put away. */
export function NoticesBell() {
  const t = useT()
  return (
    <Link href="/notifications" className="button button-quiet icon-button notices-bell">
      <Icon name="bell" />
      <span className="visually-hidden">{t('notices.title')}</span> <UnreadCount />
    </Link>
  )
}
