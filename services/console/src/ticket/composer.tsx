import { useQueryClient } from '@tanstack/react-query'
import { memo, useEffect, useRef, useState } from 'react'
import { ApiError, get, post, request } from '../api/client.ts'
import { applyTicket, refreshTicketParts, toSolveQuery, useDirectory, useMe } from '../api/queries.ts'
import type { Attachment, Message, Ticket, TimelineEntry, Viewer } from '../api/types.ts'
import { useT } from '../i18n/intl.tsx'
import { Button, IconButton, Segmented } from '../ui/controls.tsx'
import { explain, toast, winnerOf } from '../ui/feedback.tsx'
import { leaveField } from '../ui/focus.ts'
import { Icon } from '../ui/icons.tsx'
import { type ReplyEffect, type Rights, replyEffect } from './access.ts'
import { EMPTY_DRAFT, useDraft } from './drafts.ts'
import { FileSize } from './file-size.tsx'
import { changesSince } from './story.ts'
import { TemplateMenu } from './template-menu.tsx'
import { inserted } from './templates.ts'
import { WritersWarning } from './viewers-line.tsx'

const MAX_FILE_BYTES = 26_214_400

interface ComposerProps {
  ticket: Ticket
  entries: TimelineEntry[]
  rights: Rights
  /** Counted up when a key asks for the field, with what to write. */
  wanted: { kind: 'public' | 'note'; at: number } | null
  /** Who else has the ticket open. */
  others: Viewer[]
  /** Told while somebody writes here, and when they stop. */
  onTyped: (still: boolean) => void
  /** Nothing can be written here any more; what was written stays in sight. */
  closed: boolean
}

/** Where an agent answers or leaves a note. Nothing that is written here is lost before it is sent. */
export const Composer = memo(function Composer(props: ComposerProps) {
  const { ticket, entries, rights, wanted, others, onTyped, closed } = props
  const t = useT()
  const me = useMe()
  const directory = useDirectory()
  const client = useQueryClient()
  const { draft, change, restored, kept } = useDraft(me.id, ticket.id)
  const [busy, setBusy] = useState(false)
  const [uploading, setUploading] = useState(0)
  /** Files are held over it. */
  const [dropping, setDropping] = useState(false)
  const [refusal, setRefusal] = useState<unknown>(null)
  const section = useRef<HTMLElement>(null)
  const field = useRef<HTMLTextAreaElement>(null)
  const picker = useRef<HTMLInputElement>(null)
  const note = draft.kind === 'note'
  const effect = replyEffect(me, ticket, directory)
  const allowed = closed
    ? false
    : note
      ? rights('note')
      : rights('answer') && (effect !== 'refused' || me.role !== 'agent')
  const empty = draft.text.trim() === '' && draft.attachments.length === 0
  const news = !empty && draft.since !== null ? changesSince(entries, draft.since, me.id) : []

  useEffect(() => {
    if (!wanted) return
    change({ kind: wanted.kind })
    field.current?.focus()
  }, [wanted])

  const attempt = useRef<{ of: string; json: unknown; key: string } | null>(null)
  const attemptOf = (anyway: boolean) => {
    const attachmentIds = draft.attachments.map(({ id }) => id)
    const of = JSON.stringify([draft.kind, draft.text, attachmentIds, anyway])
    if (attempt.current?.of !== of)
      attempt.current = {
        of,
        key: crypto.randomUUID(),
        json: {
          author: 'agent',
          kind: draft.kind,
          body: draft.text.trim() || t('message.see_attachment'),
          attachmentIds,
          ...(!note && !anyway && { expectedRevision: ticket.responsibility.revision }),
        },
      }
    return attempt.current
  }

  const send = async (options: { resolve?: boolean; anyway?: boolean } = {}) => {
    if (empty || busy || uploading > 0 || !allowed) return
    setBusy(true)
    setRefusal(null)
    const wasMine = ticket.agentId === me.id
    try {
      await request<Message>('POST', `/tickets/${ticket.id}/messages`, attemptOf(options.anyway === true))
      attempt.current = null
    } catch (error) {
      // Nobody answered: it may be there already, and is sent again as the same message.
      if (!(error instanceof ApiError) || error.status !== 0) attempt.current = null
      setRefusal(error)
      done()
      return
    }
    change({ ...EMPTY_DRAFT, kind: draft.kind })
    onTyped(false)
    // The button that was pressed is switched off with nothing to send.
    if (section.current?.contains(document.activeElement)) field.current?.focus()
    let said = t(note ? 'note.saved' : 'reply.sent')
    try {
      const now = options.resolve
        ? await post<Ticket>(`/tickets/${ticket.id}/resolve`)
        : await get<Ticket>(`/tickets/${ticket.id}`)
      applyTicket(client, now)
      if (!note && !wasMine && now.agentId === me.id) said = t('reply.taken')
    } catch (error) {
      // The message is out: only what follows it has failed.
      if (options.resolve) toast(explain(error, t), { tone: 'error' })
    }
    toast(said)
    done()
  }

  const done = () => {
    setBusy(false)
    refreshTicketParts(client, ticket.id)
    void client.invalidateQueries(toSolveQuery)
  }

  const insert = (piece: string) => {
    const at = field.current?.selectionStart ?? draft.text.length
    const next = inserted(draft.text, at, piece)
    change({ text: next.text, since: draft.since ?? ticket.sequence })
    field.current?.focus()
    // Once the field has its new text.
    requestAnimationFrame(() => field.current?.setSelectionRange(next.cursor, next.cursor))
  }

  const upload = async (files: Iterable<File>) => {
    for (const file of files) {
      if (file.size > MAX_FILE_BYTES) {
        toast(t('reply.too_large', { name: file.name }), { tone: 'error' })
        continue
      }
      setUploading((count) => count + 1)
      try {
        const form = new FormData()
        form.append('file', file)
        const stored = await request<Attachment>('POST', '/attachments', { form })
        attached.current = [...attached.current, stored]
        change({ attachments: attached.current })
      } catch (error) {
        toast(explain(error, t), { tone: 'error' })
      } finally {
        setUploading((count) => count - 1)
      }
    }
  }
  const attached = useRef(draft.attachments)
  attached.current = draft.attachments

  if (closed && empty) return null
  return (
    <section
      ref={section}
      className={`composer ${note ? 'composer-note' : ''} ${dropping ? 'composer-dropping' : ''}`}
      aria-label={t('reply.region')}
      onDragOver={(event) => {
        if (!event.dataTransfer.types.includes('Files')) return
        // Also where nothing is taken: the browser would leave the page for the file.
        event.preventDefault()
        event.dataTransfer.dropEffect = closed ? 'none' : 'copy'
        setDropping(!closed)
      }}
      onDragLeave={({ currentTarget, relatedTarget }) => {
        if (!currentTarget.contains(relatedTarget as Node | null)) setDropping(false)
      }}
      onDrop={(event) => {
        setDropping(false)
        const files = [...event.dataTransfer.files]
        if (files.length === 0) return
        event.preventDefault()
        if (!closed) void upload(files)
      }}
    >
      {refusal !== null && (
        <Refusal error={refusal} ticket={ticket} onAnyway={() => void send({ anyway: true })} />
      )}
      {/* Always there, so that what comes into it is said. */}
      <div role="status" aria-atomic="false">
        {news.length > 0 && refusal === null && (
          <div className="note composer-news">
            <Icon name="alert" />
            <div>
              <p>{t('reply.changed')}</p>
              <ul>
                {news.slice(-3).map((entry) => (
                  <li key={entry.sequence} dir="auto">
                    {entry.text}
                  </li>
                ))}
              </ul>
            </div>
          </div>
        )}
      </div>
      <WritersWarning others={others} />
      <div className="composer-head">
        <Segmented
          label={t('reply.kind')}
          value={draft.kind}
          onChange={(kind) => change({ kind })}
          options={[
            { value: 'public', label: t('action.reply') },
            { value: 'note', label: t('action.note') },
          ]}
        />
        <p className="composer-effect">
          {closed ? (
            t('reply.draft_kept')
          ) : note ? (
            t('note.effect')
          ) : (
            <EffectText effect={effect} ticket={ticket} />
          )}
        </p>
      </div>
      <textarea
        ref={field}
        className="composer-text"
        // An empty field shows its placeholder, which is in the page’s direction.
        dir={draft.text ? 'auto' : undefined}
        rows={3}
        value={draft.text}
        disabled={!restored}
        // What is written while it is being sent would go with what was sent.
        readOnly={busy || closed}
        aria-label={t(note ? 'note.label' : 'reply.label')}
        placeholder={t(note ? 'note.placeholder' : 'reply.placeholder')}
        onChange={({ target: { value } }) => {
          change({ text: value, since: value === '' ? null : (draft.since ?? ticket.sequence) })
          onTyped(value.trim() !== '')
        }}
        onKeyDown={(event) => {
          if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) {
            event.preventDefault()
            void send()
          }
          if (event.key === 'Escape') leaveField()
        }}
        onPaste={(event) => {
          const files = [...event.clipboardData.files]
          if (files.length === 0) return
          event.preventDefault()
          void upload(files)
        }}
      />
      {draft.attachments.length > 0 && (
        <ul className="files" aria-label={t('message.attachments')}>
          {draft.attachments.map((file) => (
            <li key={file.id} className="file">
              <Icon name="clip" size={14} />
              <bdi>{file.name}</bdi>
              <FileSize bytes={file.size} />
              <IconButton
                icon="close"
                size="small"
                label={t('action.remove_file', { name: file.name })}
                onPress={() => change({ attachments: draft.attachments.filter(({ id }) => id !== file.id) })}
              />
            </li>
          ))}
        </ul>
      )}
      <div className="composer-foot">
        <input
          ref={picker}
          type="file"
          multiple
          hidden
          aria-label={t('action.attach')}
          onChange={(event) => {
            void upload([...(event.target.files ?? [])])
            event.target.value = ''
          }}
        />
        {!closed && <TemplateMenu ticket={ticket} onChoose={insert} />}
        {!closed && (
          <IconButton icon="clip" label={t('action.attach')} onPress={() => picker.current?.click()} />
        )}
        <span className="composer-state">
          <span role="status">{uploading > 0 && t('reply.uploading')}</span>
          {/* Said with every pause in writing it would only disturb. */}
          {uploading === 0 && (dropping ? t('reply.drop') : !empty && kept && t('reply.kept'))}
        </span>
        {!note && rights('resolve') && (
          <Button
            isDisabled={empty || uploading > 0 || !allowed}
            isPending={busy}
            onPress={() => void send({ resolve: true })}
          >
            {t('action.send_resolve')}
          </Button>
        )}
        <Button
          look="primary"
          isDisabled={empty || uploading > 0 || !allowed}
          isPending={busy}
          onPress={() => void send()}
        >
          {t(note ? 'action.save_note' : 'action.send')}
        </Button>
      </div>
    </section>
  )
})

function EffectText({ effect, ticket }: { effect: ReplyEffect; ticket: Ticket }) {
  const t = useT()
  const directory = useDirectory()
  const name = directory.agent(ticket.agentId)?.name ?? t('name.unknown_agent')
  switch (effect) {
    case 'takes':
      return t('reply.effect_takes')
    case 'others':
      return t('reply.effect_others', { name })
    case 'refused':
      return t('reply.effect_refused', { name })
    default:
      return null
  }
}

/** Why the message was not taken; it stands in the field as it was. */
function Refusal({ error, ticket, onAnyway }: { error: unknown; ticket: Ticket; onAnyway: () => void }) {
  const t = useT()
  const directory = useDirectory()
  const winner = winnerOf(error, directory)
  const stale = error instanceof ApiError && error.reason === 'stale-revision'
  return (
    <div className="note note-error" role="alert">
      <Icon name="alert" />
      <div>
        <p>{winner?.name ? t('reply.lost', { name: winner.name }) : explain(error, t)}</p>
        <p>{t('reply.draft_kept')}</p>
        {stale && ticket.status !== 'deleted' && (
          <Button size="small" onPress={onAnyway}>
            {t('reply.anyway')}
          </Button>
        )}
      </div>
    </div>
  )
}
