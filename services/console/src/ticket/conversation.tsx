import { memo, useEffect, useRef } from 'react'
import { useDirectory } from '../api/queries.ts'
import type { Attachment, Message, Ticket, TimelineEntry } from '../api/types.ts'
import { useT } from '../i18n/intl.tsx'
import { ExactTime } from '../i18n/time.tsx'
import { Button } from '../ui/controls.tsx'
import { Avatar } from '../ui/feedback.tsx'
import { Icon, type IconName } from '../ui/icons.tsx'
import { actorName } from './actor.ts'
import { FileSize } from './file-size.tsx'
import { LinkedText } from './linked-text.tsx'
import { MailBody } from './mail-body.tsx'
import { ruleOf, type StoryItem } from './story.ts'

/** What was said and what happened, in one column. */
export const Conversation = memo(function Conversation(props: {
  items: StoryItem[]
  ticket: Ticket
  onRule: (ruleId: string) => void
}) {
  const { items, ticket, onRule } = props
  const t = useT()
  const end = useRef<HTMLDivElement>(null)
  const last = items.at(-1)?.key
  const wasAtEnd = useRef(true)
  useEffect(() => {
    const scroller = end.current?.closest('.ticket-scroll')
    if (!scroller) return
    const note = () => {
      wasAtEnd.current = scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < 80
    }
    scroller.addEventListener('scroll', note, { passive: true })
    return () => scroller.removeEventListener('scroll', note)
  }, [])
  // What is new comes into sight for who reads the end, and pulls nobody away from where they read.
  useEffect(() => {
    const scroller = end.current?.closest('.ticket-scroll')
    if (wasAtEnd.current && scroller) scroller.scrollTop = scroller.scrollHeight
  }, [last])
  return (
    <>
      <ol className="story" aria-label={t('ticket.story')}>
        {items.map((item) => (
          <li key={item.key}>
            {item.kind === 'message' ? (
              <MessageCard message={item.message} ticket={ticket} />
            ) : (
              <EntryLine entry={item.entry} onRule={onRule} />
            )}
          </li>
        ))}
      </ol>
      <div ref={end} />
    </>
  )
})

/** A ticket that has changed leaves what was said in it as it is. */
const MessageCard = memo(
  MessageCardOf,
  (before, after) =>
    before.message === after.message &&
    before.ticket.contact.name === after.ticket.contact.name &&
    before.ticket.contact.email === after.ticket.contact.email,
)

function MessageCardOf({ message, ticket }: { message: Message; ticket: Ticket }) {
  const t = useT()
  const directory = useDirectory()
  const { author, kind } = message
  const name =
    author.type === 'contact' && !author.name
      ? (ticket.contact.name ?? ticket.contact.email ?? t('name.contact'))
      : actorName(author, directory, t)
  const look =
    kind === 'note' ? 'message-note' : author.type === 'contact' ? 'message-contact' : 'message-agent'
  return (
    <article
      className={`message ${look}`}
      aria-label={t(kind === 'note' ? 'message.note_by' : 'message.by', { name })}
    >
      <header className="message-head">
        <Avatar name={name} id={author.id ?? name} />
        <bdi className="message-author">{name}</bdi>
        {kind === 'note' && <span className="badge badge-note">{t('message.note')}</span>}
        <span className="message-time">
          <ExactTime at={message.createdAt} />
        </span>
      </header>
      {message.html && kind === 'public' && author.type === 'contact' ? (
        <MailBody html={message.html} title={t('message.by', { name })} />
      ) : (
        <div className="message-text" dir="auto">
          <LinkedText>{message.body}</LinkedText>
        </div>
      )}
      {message.attachments.length > 0 && <Files files={message.attachments} />}
      {message.delivery && <Delivery delivery={message.delivery} />}
    </article>
  )
}

function Delivery({ delivery }: { delivery: NonNullable<Message['delivery']> }) {
  const t = useT()
  if (delivery.state === 'sent') return null
  const bad = delivery.state === 'failed'
  return (
    <p className={bad ? 'message-delivery message-delivery-bad' : 'message-delivery'}>
      <Icon name={bad ? 'alert' : 'clock'} size={14} />
      {t(`delivery.${delivery.state}`)}
      {delivery.error && <span dir="auto"> {delivery.error}</span>}
    </p>
  )
}

function Files({ files }: { files: Attachment[] }) {
  const t = useT()
  return (
    <ul className="files" aria-label={t('message.attachments')}>
      {files.map((file) => (
        <li key={file.id}>
          <a
            href={`/api/v1/attachments/${encodeURIComponent(file.id)}`}
            download={file.name}
            className="file"
          >
            <Icon name="clip" size={14} />
            <bdi>{file.name}</bdi>
            <FileSize bytes={file.size} />
          </a>
        </li>
      ))}
    </ul>
  )
}

const ENTRY_ICONS: Partial<Record<string, IconName>> = {
  created: 'plus',
  'responsibility.changed': 'user',
  'status.changed': 'check',
  reopened: 'history',
  'claim.overdue': 'alert',
  'distribution.no_eligible_agent': 'alert',
  'rule.applied': 'bolt',
  'rule.loop_stopped': 'alert',
}

const EntryLine = memo(EntryLineOf)

function EntryLineOf({ entry, onRule }: { entry: TimelineEntry; onRule: (ruleId: string) => void }) {
  const t = useT()
  const ruleId = ruleOf(entry)
  return (
    <div className={`entry entry-${entry.type.split('.')[0]}`} data-sequence={entry.sequence}>
      <span className="entry-icon">
        <Icon name={ENTRY_ICONS[entry.type] ?? 'more'} size={14} />
      </span>
      <span className="entry-text" dir="auto">
        {entry.text}
      </span>
      {ruleId && (
        <Button
          size="small"
          look="quiet"
          className="entry-why"
          aria-label={t('rule.why_entry')}
          onPress={() => onRule(ruleId)}
        >
          {t('responsibility.why')}
        </Button>
      )}
      <span className="message-time">
        <ExactTime at={entry.at} />
      </span>
    </div>
  )
}
