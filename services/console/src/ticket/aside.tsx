import { useMutation, useQuery } from '@tanstack/react-query'
import { lazy, memo, Suspense, useState } from 'react'
import { Link } from 'wouter'
import { get, patch } from '../api/client.ts'
import { noticesQuery, useApplyTicket } from '../api/queries.ts'
import type { Notice, Priority, Ticket } from '../api/types.ts'
import { useLanguage, useT, useWord } from '../i18n/intl.tsx'
import { ExactTime, RelativeTime } from '../i18n/time.tsx'
import { NoticeError, NoticeState, ResendButton, useRecipientName } from '../notices/delivery.tsx'
import { Button, IconButton, Select } from '../ui/controls.tsx'
import { explain, LoadError, Spinner, toast } from '../ui/feedback.tsx'
import type { Rights } from './access.ts'
import { type Edit, editOf } from './edit.ts'
import { typeOf } from './fields.ts'

const DueDialog = lazy(() => import('./due-dialog.tsx').then((module) => ({ default: module.DueDialog })))
const FieldsDialog = lazy(() =>
  import('./fields-dialog.tsx').then((module) => ({ default: module.FieldsDialog })),
)

const PRIORITIES: Priority[] = ['low', 'normal', 'high', 'urgent']

/** What one knows of the ticket beside its story. */
export const Aside = memo(function Aside({ ticket, rights }: { ticket: Ticket; rights: Rights }) {
  const { t, word, intl } = useLanguage()
  const apply = useApplyTicket()
  const change = useMutation({
    // Made of the ticket as it is now: what somebody else did in between is kept, and shown.
    mutationFn: async (edit: Edit) => {
      const now = await get<Ticket>(`/tickets/${ticket.id}`)
      apply(now)
      const body = editOf(edit, ticket, now)
      if (body) return patch<Ticket>(`/tickets/${ticket.id}`, body)
      toast(t('aside.meanwhile', { value: word('priority', now.priority) }), { tone: 'error' })
      return now
    },
    onSuccess: apply,
    onError: (error) => toast(explain(error, t), { tone: 'error' }),
  })
  const editable = rights('update')
  const fields = Object.entries(ticket.fields)
  const [editing, setEditing] = useState(false)
  const [dating, setDating] = useState(false)
  const shownField = (value: unknown): string => {
    switch (typeOf(value)) {
      case 'number':
        return intl.formatNumber(value as number)
      case 'yes_no':
        return t(value ? 'fields.yes' : 'fields.no')
      case 'date':
        return intl.formatDate(`${value}T12:00:00Z`, { dateStyle: 'medium', timeZone: 'UTC' })
      default:
        return typeof value === 'string' ? value : JSON.stringify(value)
    }
  }
  return (
    <aside className="ticket-aside" aria-label={t('ticket.details')}>
      <section>
        <h2>{t('aside.contact')}</h2>
        <p>
          <bdi>{ticket.contact.name ?? t('name.contact')}</bdi>
          {ticket.contact.email && (
            <a className="truncate block" href={`mailto:${ticket.contact.email}`} dir="ltr">
              {ticket.contact.email}
            </a>
          )}
        </p>
        {ticket.contact.email && (
          <Link href={`/lists/search?q=${encodeURIComponent(ticket.contact.email)}`}>
            {t('aside.others')}
          </Link>
        )}
      </section>
      <section>
        <h2>{t('aside.properties')}</h2>
        <Select
          label={t('field.priority')}
          value={ticket.priority}
          disabled={!editable}
          onChange={(priority) => change.mutate({ priority })}
          options={PRIORITIES.map((value) => ({ value, label: word('priority', value) }))}
        />
        <Tags tags={ticket.tags} editable={editable} onChange={change.mutate} />
        <dl className="facts facts-narrow">
          <dt>{t('aside.channel')}</dt>
          <dd>{word('channel', ticket.channel)}</dd>
          <dt>{t('aside.created')}</dt>
          <dd>
            <ExactTime at={ticket.createdAt} />
          </dd>
          {(ticket.dueAt || editable) && (
            <>
              <dt>{t('aside.due')}</dt>
              <dd className="due">
                {ticket.dueAt ? (
                  <RelativeTime at={ticket.dueAt} style="long" />
                ) : (
                  <span className="muted">{t('due.none')}</span>
                )}
                {editable && (
                  <Button size="small" look="quiet" onPress={() => setDating(true)}>
                    {t('due.edit')}
                  </Button>
                )}
              </dd>
            </>
          )}
        </dl>
      </section>
      <section>
        <div className="aside-head">
          <h2>{t('fields.title')}</h2>
          {editable && (
            <Button size="small" look="quiet" onPress={() => setEditing(true)}>
              {t('fields.edit')}
            </Button>
          )}
        </div>
        {fields.length === 0 && <p className="muted">{t('state.none')}</p>}
        <dl className="facts facts-narrow">
          {fields.map(([name, value]) => (
            <div key={name} className="contents">
              <dt>
                <bdi>{name}</bdi>
              </dt>
              <dd dir="auto">{shownField(value)}</dd>
            </div>
          ))}
        </dl>
      </section>
      <Notices ticketId={ticket.id} />
      {dating && (
        <Suspense fallback={null}>
          <DueDialog ticket={ticket} onClose={() => setDating(false)} />
        </Suspense>
      )}
      {editing && (
        <Suspense fallback={null}>
          <FieldsDialog ticket={ticket} onClose={() => setEditing(false)} />
        </Suspense>
      )}
    </aside>
  )
})

function Tags(props: {
  tags: string[]
  editable: boolean
  onChange: (edit: Edit, options?: { onError: () => void }) => void
}) {
  const { tags, editable, onChange } = props
  const t = useT()
  const [text, setText] = useState('')
  const add = () => {
    const tag = text.trim()
    setText('')
    // What was refused comes back, unless something else is being written.
    if (tag && !tags.includes(tag)) onChange({ addTag: tag }, { onError: () => setText((now) => now || tag) })
  }
  return (
    <div className="field">
      <span className="field-label">{t('field.tags')}</span>
      {tags.length > 0 && (
        <ul className="tags">
          {tags.map((tag) => (
            <li key={tag} className="tag">
              <bdi>{tag}</bdi>
              {editable && (
                <IconButton
                  icon="close"
                  size="small"
                  label={t('action.remove_tag', { tag })}
                  onPress={() => onChange({ removeTag: tag })}
                />
              )}
            </li>
          ))}
        </ul>
      )}
      {editable && (
        <form
          onSubmit={(event) => {
            event.preventDefault()
            add()
          }}
        >
          <input
            className="input"
            value={text}
            dir={text ? 'auto' : undefined}
            maxLength={64}
            aria-label={t('action.add_tag')}
            placeholder={t('action.add_tag')}
            onChange={(event) => setText(event.target.value)}
          />
        </form>
      )}
      {!editable && tags.length === 0 && <span className="muted">{t('state.none')}</span>}
    </div>
  )
}

const NOTICES_SHOWN = 6

/** Who was told of this ticket, on which channel, and what became of it. */
function Notices({ ticketId }: { ticketId: string }) {
  const t = useT()
  const [all, setAll] = useState(false)
  const { data, error, isPending, refetch } = useQuery(noticesQuery(ticketId))
  const notices = (data ?? []).toSorted((a, b) => b.createdAt.localeCompare(a.createdAt))
  return (
    <section>
      <h2>{t('aside.notices')}</h2>
      {isPending ? (
        <Spinner />
      ) : data === undefined ? (
        <LoadError error={error} retry={() => void refetch()} />
      ) : (
        data.length === 0 && <p className="muted">{t('aside.no_notices')}</p>
      )}
      <ul className="notices">
        {notices.slice(0, all ? undefined : NOTICES_SHOWN).map((notice) => (
          <NoticeLine key={notice.id} notice={notice} onChange={refetch} />
        ))}
      </ul>
      {notices.length > NOTICES_SHOWN && !all && (
        <Button size="small" look="quiet" onPress={() => setAll(true)}>
          {t('aside.all_notices', { count: notices.length })}
        </Button>
      )}
    </section>
  )
}

function NoticeLine({ notice, onChange }: { notice: Notice; onChange: () => Promise<unknown> }) {
  const word = useWord()
  const name = useRecipientName(notice.recipient)
  return (
    <li>
      <span className={`notice-dot notice-${notice.state}`} />
      <span className="notice-text">
        <bdi>{name}</bdi> · {word('notice_channel', notice.channel)}
        <small className="muted">
          {word('event', notice.event)} · <NoticeState notice={notice} />
        </small>
        <NoticeError error={notice.error} />
      </span>
      <ResendButton notice={notice} onSent={onChange} />
    </li>
  )
}
