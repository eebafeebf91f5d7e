import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { PagedList } from '../admin/paged.tsx'
import { acknowledge, inAppOf, isUnread } from '../api/feed.ts'
import { feedQuery, noticeQuery } from '../api/queries.ts'
import type { Notice } from '../api/types.ts'
import { useT, useWord } from '../i18n/intl.tsx'
import { RelativeTime } from '../i18n/time.tsx'
import { Page } from '../shell/page.tsx'
import { Button } from '../ui/controls.tsx'
import { explain, toast } from '../ui/feedback.tsx'
import { TicketLink } from './ticket-link.tsx'
import './notices.css'

/** What came in the app, newest first, until it is read and after. */
export default function NoticesPage() {
  const t = useT()
  const client = useQueryClient()
  const list = useInfiniteQuery({ ...feedQuery, select: inAppOf, refetchOnMount: 'always' })
  const unread = (list.data?.pages ?? []).flatMap(({ items }) => items.filter(isUnread))
  const markAll = useMutation({
    mutationFn: () =>
      acknowledge(
        client,
        unread.map(({ id }) => id),
      ),
    onSuccess: () => toast(t('notices.marked')),
    onError: (error) => toast(explain(error, t), { tone: 'error' }),
  })
  return (
    <Page
      title={t('notices.title')}
      actions={
        unread.length > 0 && (
          <Button icon="check" onPress={() => markAll.mutate()}>
            {t('notices.mark_all')}
          </Button>
        )
      }
    >
      <div className="page-scroll">
        <PagedList list={list} empty={t('notices.none')}>
          {(notices) => (
            <ul className="feed" aria-label={t('notices.title')}>
              {notices.map((notice) => (
                <NoticeRow key={notice.id} notice={notice} />
              ))}
            </ul>
          )}
        </PagedList>
      </div>
    </Page>
  )
}

function NoticeRow({ notice }: { notice: Notice }) {
  const t = useT()
  const word = useWord()
  const client = useQueryClient()
  const unread = isUnread(notice)
  // What a rule has to say is all there is to it, and an event does not carry it.
  const missing = notice.event === 'rule' && notice.text === undefined
  const whole = useQuery({ ...noticeQuery(notice.id), enabled: missing })
  const text = notice.text ?? whole.data?.text
  const read = () => {
    // Should it fail, the ticket's own page says it again.
    if (unread) acknowledge(client, [notice.id]).catch(() => {})
  }
  return (
    <li className={unread ? 'feed-item feed-unread' : 'feed-item'}>
      <div className="feed-text">
        <p className="feed-what">
          {word('event', notice.event)} {unread && <span className="feed-mark">{t('notices.new')}</span>}
        </p>
        <p>
          <TicketLink ticketId={notice.ticketId} onOpen={read} />
        </p>
        {text && (
          <p className="muted" dir="auto">
            {text}
          </p>
        )}
      </div>
      <small className="muted">
        <RelativeTime at={notice.sentAt ?? notice.createdAt} />
      </small>
    </li>
  )
}
