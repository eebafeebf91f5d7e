import { useQuery } from '@tanstack/react-query'
import { lazy, Suspense, useCallback, useDeferredValue, useEffect, useMemo, useRef, useState } from 'react'
import { useLocation } from 'wouter'
import { ApiError } from '../api/client.ts'
import { messagesQuery, ticketQuery, timelineQuery, useDirectory, useMe } from '../api/queries.ts'
import type { Ticket, TimelineEntry } from '../api/types.ts'
import { useLanguage, useT } from '../i18n/intl.tsx'
import { ExactTime, RelativeTime } from '../i18n/time.tsx'
import { NotFound } from '../shell/not-found.tsx'
import { useShortcuts } from '../shell/shortcuts.tsx'
import { Button, IconButton, Segmented } from '../ui/controls.tsx'
import { LoadError, Spinner, StatusBadge } from '../ui/feedback.tsx'
import { ActionMenu, type MenuChoice } from '../ui/overlay.tsx'
import { type Rights, rightsOf } from './access.ts'
import { Aside } from './aside.tsx'
import { Banner, type CommandDialog, CommandDialogs, useCommand } from './commands.tsx'
import { Composer } from './composer.tsx'
import { Conversation } from './conversation.tsx'
import { ExplainDialog } from './explain.tsx'
import { LeftDraft } from './left-draft.tsx'
import { ResponsibilityBar } from './responsibility.tsx'
import { useSeenNotices } from './seen.ts'
import { lastResponsibility, type StoryFilter, storyOf, whyNobody } from './story.ts'
import { useViewers } from './viewers.ts'
import { ViewersLine } from './viewers-line.tsx'
import './ticket.css'

const NO_ENTRIES: TimelineEntry[] = []

const RuleDialog = lazy(() => import('./rule-dialog.tsx'))

/** One ticket: whose it is, what was said and what happened, and all that can be done with it. */
export default function TicketPage({ id }: { id: string }) {
  const ticket = useQuery(ticketQuery(id))
  const gone = ticket.error instanceof ApiError && ticket.error.status === 404
  if (ticket.data) return <Loaded ticket={ticket.data} gone={gone} />
  if (gone)
    return (
      <NotFound>
        <LeftDraft ticketId={id} />
      </NotFound>
    )
  if (ticket.error) return <LoadError error={ticket.error} retry={() => void ticket.refetch()} />
  return <Spinner />
}

function Loaded({ ticket, gone }: { ticket: Ticket; gone: boolean }) {
  const { t, locale } = useLanguage()
  const me = useMe()
  const directory = useDirectory()
  const [, navigate] = useLocation()
  const messages = useQuery(messagesQuery(ticket.id))
  const timeline = useQuery({ ...timelineQuery(ticket.id, locale), placeholderData: (before) => before })
  const entries = timeline.data ?? NO_ENTRIES
  const [filter, setFilter] = useState<StoryFilter>('everything')
  const [dialog, setDialog] = useState<CommandDialog | 'explain' | null>(null)
  const [wanted, setWanted] = useState<{ kind: 'public' | 'note'; at: number } | null>(null)
  const heading = useRef<HTMLHeadingElement>(null)
  const rights = useMemo<Rights>(
    () => (gone ? () => false : rightsOf(me, ticket, directory)),
    [gone, me, ticket, directory],
  )
  const { give, run, busy } = useCommand(ticket)
  const [rule, setRule] = useState<{ id: string | null } | null>(null)
  const { others, typed } = useViewers(ticket.id, me.id, !gone && me.type === 'agent')
  useSeenNotices(ticket.id, !gone)

  useEffect(() => {
    document.title = `#${ticket.number} ${ticket.subject} · Onus`
  }, [ticket.number, ticket.subject])
  useEffect(() => heading.current?.focus({ preventScroll: true }), [])

  const claim = () => void run('claim', t('claim.mine'))
  useShortcuts({
    ...(rights('claim') && { c: claim }),
    ...(rights('transfer') && { t: () => setDialog('transfer') }),
    ...(rights('answer') && { r: () => setWanted({ kind: 'public', at: Date.now() }) }),
    ...(rights('note') && { m: () => setWanted({ kind: 'note', at: Date.now() }) }),
    ...(rights('resolve') && { e: () => void run('resolve', t('resolve.done')) }),
    Escape: () => (history.length > 1 ? history.back() : navigate('/lists/mine')),
  })

  // The switch moves at once, a long story after it.
  const shown = useDeferredValue(filter)
  const items = useMemo(() => storyOf(messages.data ?? [], entries, shown), [messages.data, entries, shown])
  const askRule = useCallback((ruleId: string) => setRule({ id: ruleId }), [])
  return (
    <div className="ticket">
      <header className="ticket-head">
        <div className="ticket-title">
          <IconButton
            icon="back"
            label={t('action.back')}
            onPress={() => (history.length > 1 ? history.back() : navigate('/lists/mine'))}
          />
          <h1 ref={heading} tabIndex={-1} dir="auto">
            {ticket.subject || t('ticket.no_subject')}
          </h1>
          <span className="ticket-number">#{ticket.number}</span>
          <StatusBadge status={ticket.status} />
        </div>
        <div className="ticket-bar">
          <ResponsibilityBar ticket={ticket} onExplain={() => setDialog('explain')} />
          <ViewersLine others={others} />
          <Actions entries={entries} rights={rights} busy={busy} run={run} open={setDialog} />
        </div>
        <Warnings ticket={ticket} gone={gone} />
      </header>
      <div className="ticket-body">
        <div className="ticket-main">
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard */}
          <section className="ticket-scroll" tabIndex={0} aria-label={t('ticket.story')}>
            <div className="story-filter">
              <Segmented
                label={t('ticket.filter')}
                value={filter}
                onChange={setFilter}
                options={[
                  { value: 'everything', label: t('ticket.everything') },
                  { value: 'conversation', label: t('ticket.conversation') },
                  { value: 'changes', label: t('ticket.changes') },
                ]}
              />
            </div>
            {messages.isPending || timeline.isPending ? (
              <Spinner />
            ) : messages.error && !messages.data ? (
              <LoadError error={messages.error} retry={() => void messages.refetch()} />
            ) : (
              <>
                {timeline.error && !timeline.data && (
                  <LoadError error={timeline.error} retry={() => void timeline.refetch()} />
                )}
                <Conversation items={items} ticket={ticket} onRule={askRule} />
              </>
            )}
          </section>
          <Composer
            ticket={ticket}
            entries={entries}
            rights={rights}
            wanted={wanted}
            others={others}
            onTyped={typed}
            closed={!(rights('answer') || rights('note')) || ticket.status === 'deleted'}
          />
        </div>
        <Aside ticket={ticket} rights={rights} />
      </div>
      {dialog === 'explain' ? (
        <ExplainDialog
          ticket={ticket}
          entries={entries}
          onRule={(id) => {
            setDialog(null)
            setRule({ id })
          }}
          onClose={() => setDialog(null)}
        />
      ) : (
        dialog && <CommandDialogs open={dialog} ticket={ticket} give={give} onClose={() => setDialog(null)} />
      )}
      {rule && (
        <Suspense fallback={null}>
          <RuleDialog ticket={ticket} ruleId={rule.id} onClose={() => setRule(null)} />
        </Suspense>
      )}
    </div>
  )
}

/** What the reader must not overlook. */
function Warnings({ ticket, gone }: { ticket: Ticket; gone: boolean }) {
  const { t, word } = useLanguage()
  const nobody = whyNobody(ticket)
  if (gone) return <Banner>{t('ticket.gone')}</Banner>
  return (
    <>
      {nobody !== undefined && (
        <Banner>{t('ticket.no_eligible', { reason: word('no_eligible', nobody) })}</Banner>
      )}
      {ticket.status === 'postponed' && ticket.postponedUntil && (
        <Banner>
          {t('ticket.postponed_until')} <ExactTime at={ticket.postponedUntil} />
        </Banner>
      )}
      {ticket.claimClock?.dueAt && !ticket.agentId && (
        <Banner>
          {t('ticket.claim_due')} <RelativeTime at={ticket.claimClock.dueAt} style="long" />
        </Banner>
      )}
    </>
  )
}

interface ActionsProps {
  entries: TimelineEntry[]
  rights: Rights
  busy: string | null
  run: (name: string, done: string) => Promise<void>
  open: (dialog: CommandDialog) => void
}

function Actions({ entries, rights, busy, run, open }: ActionsProps) {
  const t = useT()
  const transferred = entries.some(({ cause }) => cause.type === 'transfer')
  const more: (MenuChoice | false)[] = [
    rights('assign') && { id: 'assign', label: t('action.assign_to'), onAction: () => open('assign') },
    rights('take_over') && {
      id: 'take_over',
      label: t('action.take_over'),
      onAction: () => open('take_over'),
    },
    rights('release') && {
      id: 'release',
      label: t('action.release'),
      onAction: () => void run('release', t('release.done')),
    },
    transferred &&
      rights('return') &&
      lastResponsibility(entries)?.cause.type !== 'return' && {
        id: 'return',
        label: t('action.return'),
        onAction: () => open('return'),
      },
    rights('postpone') && {
      id: 'postpone',
      label: t('action.postpone_to'),
      onAction: () => open('postpone'),
    },
    rights('close') && { id: 'close', label: t('action.close'), onAction: () => open('close') },
    rights('spam') && { id: 'spam', label: t('action.spam'), onAction: () => open('spam'), danger: true },
    rights('delete') && {
      id: 'delete',
      label: t('action.delete'),
      onAction: () => open('delete'),
      danger: true,
    },
  ]
  const items = more.filter((item) => item !== false)
  return (
    <div className="ticket-actions" role="group" aria-label={t('ticket.actions')}>
      {rights('claim') && (
        <Button
          look="primary"
          icon="hand"
          aria-keyshortcuts="c"
          isPending={busy === 'claim'}
          onPress={() => void run('claim', t('claim.mine'))}
        >
          {t('action.claim')}
        </Button>
      )}
      {rights('reopen') && (
        <Button
          icon="history"
          isPending={busy === 'reopen'}
          onPress={() => void run('reopen', t('reopen.done'))}
        >
          {t('action.reopen')}
        </Button>
      )}
      {rights('transfer') && (
        <Button icon="arrow" aria-keyshortcuts="t" onPress={() => open('transfer')}>
          {t('action.transfer')}
        </Button>
      )}
      {rights('resolve') && (
        <Button
          icon="check"
          aria-keyshortcuts="e"
          isPending={busy === 'resolve'}
          onPress={() => void run('resolve', t('resolve.done'))}
        >
          {t('action.resolve')}
        </Button>
      )}
      {items.length > 0 && (
        <ActionMenu
          label={t('action.more')}
          trigger={<IconButton icon="more" look="plain" label={t('action.more')} />}
          items={items}
        />
      )}
    </div>
  )
}
