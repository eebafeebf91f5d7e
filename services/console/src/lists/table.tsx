import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useVirtualizer } from '@tanstack/react-virtual'
import {
  type MouseEvent,
  memo,
  type ReactNode,
  useCallback,
  useEffect,
  useLayoutEffect,
  useMemo,
  useRef,
  useState,
  useSyncExternalStore,
} from 'react'
import type { IntlShape } from 'react-intl'
import { useLocation } from 'wouter'
import { post } from '../api/client.ts'
import type { TicketFilter } from '../api/filter.ts'
import {
  type Directory,
  ticketQuery,
  useApplyTicket,
  useDirectory,
  useMe,
  useTickets,
} from '../api/queries.ts'
import type { Ticket } from '../api/types.ts'
import { type Translator, useLanguage, useT } from '../i18n/intl.tsx'
import { relativeParts } from '../i18n/relative.ts'
import { useNow } from '../i18n/time.tsx'
import { useLiveState } from '../shell/live.tsx'
import { useShortcuts } from '../shell/shortcuts.tsx'
import { isEnded } from '../ticket/ended.ts'
import { Button } from '../ui/controls.tsx'
import { Avatar, Empty, ErrorNote, explain, LoadError, Spinner, toast, winnerOf } from '../ui/feedback.tsx'
import { type Column, leads, USUAL_COLUMNS } from './columns.ts'
import { placeOf, rememberPlace } from './memory.ts'
import { columnLabel, directionOf, isSortColumn, partsOf, sortAfter } from './sort.ts'
import { anchoredTop, followed, held, type Steady } from './steady.ts'

const ROW = 44
const NARROW_ROW = 76
/** Rows beyond the edge that are there already when one scrolls. */
const OVERSCAN = 10
/** Rows that are loaded ahead of the last one in sight. */
const AHEAD = 600
/** A hand that has not moved for so long is away. */
const HAND_AWAY_MS = 3_000
const NARROW = '(max-width: 760px)'

const CELLS: Record<Column, string> = {
  number: 'cell-number',
  status: 'cell-status',
  priority: 'cell-priority',
  channel: 'cell-channel',
  tags: 'cell-tags',
  department: 'cell-department',
  agent: 'cell-agent',
  created: 'cell-time',
  since: 'cell-time cell-since',
  updated: 'cell-time cell-updated',
  due: 'cell-time',
}

/** An order in words. */
export function orderText(sort: string | null | undefined, t: Translator): string {
  const { column, down } = partsOf(sort)
  return t(down ? 'list.sort_down' : 'list.sort_up', { column: t(columnLabel(column)) })
}

const useNarrow = (): boolean =>
  useSyncExternalStore(
    (listener) => {
      const query = matchMedia(NARROW)
      query.addEventListener('change', listener)
      return () => query.removeEventListener('change', listener)
    },
    () => matchMedia(NARROW).matches,
  )

/** Tickets, the last changed first; only the rows in sight are in the page. */
export function TicketTable(props: {
  /** Of the list and what is chosen in it. */
  id: string
  filter: TicketFilter
  label: string
  empty: string
  columns?: readonly Column[]
  /** The reader wants another order; null is the usual one. */
  onSort?: (sort: string | null) => void
}) {
  const { id, filter, label, empty, columns: chosen = USUAL_COLUMNS, onSort } = props
  const t = useT()
  const tickets = useTickets(filter)
  const pages = tickets.data?.pages
  const items = useMemo(() => pages?.flatMap((page) => page.items) ?? [], [pages])
  const narrow = useNarrow()
  // On a phone a row has a place for the usual ones alone.
  const columns = useMemo(
    () => (narrow ? chosen.filter((each) => USUAL_COLUMNS.includes(each)) : chosen),
    [chosen, narrow],
  )
  const row = narrow ? NARROW_ROW : ROW
  const scroller = useRef<HTMLDivElement>(null)
  const [returned] = useState(() => placeOf(id))
  const [active, setActive] = useState<string | null>(returned?.active ?? null)
  const hand = useHand(scroller)
  const sorted = useRef(filter.sort)
  if (!tickets.isPlaceholderData) sorted.current = filter.sort
  const steady = useSteady(items, hand, sorted.current ?? '')
  const shown = steady.tickets
  // The same function for the same rows: with another one all rows are measured again.
  const getItemKey = useCallback((index: number) => shown[index]?.id ?? index, [shown])
  const rows = useVirtualizer({
    count: shown.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => row,
    overscan: OVERSCAN,
    getItemKey,
    initialOffset: returned?.top ?? 0,
  })
  useEffect(() => {
    rows.measure()
  }, [row])
  useAnchor(scroller, steady.order, row)
  usePlace({ id, scroller, active, returned, ready: shown.length > 0 })
  const claim = useClaim()
  useRowKeys({ items: shown, active, scrollTo: (index) => rows.scrollToIndex(index), claim })

  const activeShown = useMemo(
    () => active !== null && shown.some((ticket) => ticket.id === active),
    [active, shown],
  )
  const drawn = rows.getVirtualItems()
  const last = drawn.at(-1)?.index ?? -1
  const { hasNextPage, isFetchingNextPage, isFetchNextPageError, fetchNextPage } = tickets
  const live = useLiveState()
  // A page that was refused is asked for again when the reader or a healed connection says so, not on and on.
  const refused = isFetchNextPageError && !isFetchingNextPage
  useEffect(() => {
    if (hasNextPage && !isFetchingNextPage && !refused && last >= items.length - AHEAD) void fetchNextPage()
  }, [hasNextPage, isFetchingNextPage, refused, fetchNextPage, last, items.length])
  const again = useRef(false)
  again.current = refused
  useEffect(() => {
    if (live === 'live' && again.current) void fetchNextPage()
  }, [live, fetchNextPage])

  // Rows are drawn again only when something of theirs has changed, so what they get has to stay the same.
  const latest = useRef({ claim, setActive })
  latest.current = { claim, setActive }
  const [onClaim] = useState(() => (ticket: Ticket) => latest.current.claim(ticket))
  const [onFocus] = useState(() => (ticketId: string) => latest.current.setActive(ticketId))
  const now = useNow()
  const open = useOpenLink()
  const me = useMe().id
  const directory = useDirectory()
  const client = useQueryClient()
  const memberOf = useMemo(() => {
    const ids = directory.departments.map((each) => each.id)
    return new Set(ids.filter((of) => directory.activeMembers(of).some((each) => each.id === me)))
  }, [directory, me])

  if (tickets.isPending) return <Spinner />
  if (tickets.isError && items.length === 0)
    return <LoadError error={tickets.error} retry={() => void tickets.refetch()} />
  if (shown.length === 0) return <Empty title={empty} />
  const head = (column: Column | 'ticket', className: string) => (
    <Head
      key={column}
      column={column}
      className={className}
      sort={filter.sort}
      onSort={
        onSort && !narrow
          ? (sort) => {
              hand.release()
              if (scroller.current) scroller.current.scrollTop = 0
              onSort(sort)
            }
          : undefined
      }
    />
  )
  return (
    <div className="tickets">
      <div
        className={`tickets-table${columns.length > USUAL_COLUMNS.length ? ' tickets-many' : ''}`}
        role="table"
        aria-label={label}
        aria-rowcount={hasNextPage ? -1 : shown.length + 1}
      >
        <div className="tickets-head" role="rowgroup">
          <div className="ticket-row" role="row" aria-rowindex={1}>
            {columns.map((column) => leads(column) && head(column, CELLS[column]))}
            {head('ticket', 'cell-subject')}
            {columns.map((column) => !leads(column) && head(column, CELLS[column]))}
          </div>
        </div>
        {/* biome-ignore lint/a11y/useKeyWithClickEvents: what is clicked are links, which the keyboard clicks too */}
        <div className="tickets-scroll" ref={scroller} role="rowgroup" onClick={open}>
          <div style={{ height: rows.getTotalSize(), position: 'relative' }} role="presentation">
            {drawn.map(({ index, start, key }) => {
              const ticket = shown[index]
              if (!ticket) return null
              const left = steady.left.has(ticket.id)
              return (
                <Row
                  key={key}
                  ticket={left ? (client.getQueryData(ticketQuery(ticket.id).queryKey) ?? ticket) : ticket}
                  left={left}
                  claimable={!left && memberOf.has(ticket.departmentId) && !isEnded(ticket)}
                  index={index}
                  start={start}
                  tabbable={activeShown ? active === ticket.id : index === 0}
                  columns={columns}
                  me={me}
                  directory={directory}
                  now={now}
                  onFocus={onFocus}
                  onClaim={onClaim}
                />
              )
            })}
          </div>
        </div>
      </div>
      {steady.waiting > 0 && (
        <div className="tickets-waiting">
          <Button size="small" look="primary" onPress={hand.release}>
            {t('list.waiting', { count: steady.waiting })}
          </Button>
        </div>
      )}
      {refused && (
        <div className="tickets-refused">
          <ErrorNote error={tickets.error} />
          <Button onPress={() => void fetchNextPage()}>{t('action.retry')}</Button>
        </div>
      )}
      <p className="visually-hidden" role="status">
        {tickets.isPlaceholderData || (isFetchingNextPage && last >= items.length - 1)
          ? t('state.loading')
          : filter.sort
            ? t('list.sorted', { order: orderText(filter.sort, t) })
            : ''}
      </p>
    </div>
  )
}

/** The name of a column; pressing it puts the list in its order, where there is one. */
function Head(props: {
  column: Column | 'ticket'
  className: string
  sort: string | undefined
  onSort?: (sort: string | null) => void
}) {
  const { column, className, sort, onSort } = props
  const t = useT()
  const label = t(columnLabel(column))
  if (!onSort || !isSortColumn(column))
    return (
      <span role="columnheader" className={className}>
        {label}
      </span>
    )
  const direction = directionOf(sort, column)
  return (
    <span role="columnheader" className={className} aria-sort={direction}>
      <button type="button" className="sort-button" onClick={() => onSort(sortAfter(sort, column))}>
        {label}
        <span aria-hidden="true" className="sort-mark">
          {direction === 'ascending' ? '↑' : direction === 'descending' ? '↓' : ''}
        </span>
      </button>
    </span>
  )
}

interface Hand {
  /** Whether the reader is at work in the list now. */
  there: () => boolean
  release: () => void
  /** Told when it has gone. */
  whenAway: (listener: () => void) => () => void
}

/** Whether the reader points, scrolls or types in the list. */
function useHand(scroller: { current: HTMLElement | null }): Hand {
  const [state] = useState(() => {
    let at = Number.NEGATIVE_INFINITY
    const listeners = new Set<() => void>()
    const away = () => {
      at = Number.NEGATIVE_INFINITY
      for (const listener of listeners) listener()
    }
    const hand: Hand = {
      there: () => performance.now() - at < HAND_AWAY_MS,
      release: away,
      whenAway(listener) {
        listeners.add(listener)
        return () => listeners.delete(listener)
      },
    }
    let was = false
    return {
      hand,
      touch: () => {
        at = performance.now()
        was = true
      },
      tick: () => {
        if (was && !hand.there()) {
          was = false
          away()
        }
      },
    }
  })
  useEffect(() => {
    const timer = setInterval(state.tick, 500)
    const touch = (event: Event) => {
      if (scroller.current?.contains(event.target as Node)) state.touch()
    }
    const kinds = ['pointermove', 'pointerdown', 'wheel', 'keydown', 'touchmove'] as const
    for (const kind of kinds) document.addEventListener(kind, touch, { passive: true })
    return () => {
      clearInterval(timer)
      for (const kind of kinds) document.removeEventListener(kind, touch)
    }
  }, [scroller, state])
  return state.hand
}

/** The list as it is shown: as it is, or where the reader's hand is on it, as it was. */
function useSteady(items: Ticket[], hand: Hand, sort: string): Steady {
  const [version, setVersion] = useState(0)
  useEffect(() => hand.whenAway(() => setVersion((before) => before + 1)), [hand])
  const before = useRef<{ items: Ticket[]; version: number; sort: string; steady: Steady } | null>(null)
  const known = before.current
  if (!known || known.items !== items || known.version !== version || known.sort !== sort) {
    const same = known !== null && known.version === version && known.sort === sort
    const keeps = same && known.steady.order.length > 0 && hand.there()
    before.current = { items, version, sort, steady: keeps ? held(known.steady, items) : followed(items) }
  }
  return (before.current as { steady: Steady }).steady
}

/** What the reader sees stays where it is when rows come and go above it. */
function useAnchor(scroller: { current: HTMLElement | null }, order: string[], row: number): void {
  const before = useRef(order)
  useLayoutEffect(() => {
    const element = scroller.current
    const was = before.current
    before.current = order
    if (!element || was === order || was.length === 0) return
    const focused = element.contains(document.activeElement)
      ? document.activeElement?.closest<HTMLElement>('[data-ticket]')?.dataset.ticket
      : null
    const { scrollTop } = element
    const top = anchoredTop({ before: was, after: order, scrollTop, row, focused })
    if (top !== null && top !== scrollTop) element.scrollTop = top
  }, [scroller, order, row])
}

/** Remembers where the reader is, and gives the focus back to the ticket that they come back from. */
function usePlace(options: {
  id: string
  scroller: { current: HTMLElement | null }
  active: string | null
  returned: { top: number; active: string | null } | null
  ready: boolean
}): void {
  const { id, scroller, active, returned, ready } = options
  const latest = useRef(active)
  latest.current = active
  const top = useRef(returned?.top ?? 0)
  useEffect(() => {
    const element = scroller.current
    if (!ready || !element) return
    if (returned) element.scrollTop = returned.top
    const note = () => {
      top.current = element.scrollTop
    }
    element.addEventListener('scroll', note, { passive: true })
    let frame = requestAnimationFrame(() => {
      frame = requestAnimationFrame(() => {
        if (returned?.active) focusRow(returned.active)
      })
    })
    return () => {
      cancelAnimationFrame(frame)
      element.removeEventListener('scroll', note)
      rememberPlace(id, { top: top.current, active: latest.current })
    }
  }, [id, ready, returned, scroller])
}

const focusRow = (id: string): void =>
  document
    .querySelector<HTMLElement>(`[data-ticket="${CSS.escape(id)}"] .ticket-link`)
    ?.focus({ preventScroll: true })

interface RowProps {
  ticket: Ticket
  /** It belongs here no more, and goes when the hand is away. */
  left: boolean
  /** The reader could take it if nobody has it. */
  claimable: boolean
  index: number
  start: number
  tabbable: boolean
  columns: readonly Column[]
  me: string
  directory: Directory
  /** Milliseconds; one clock for all rows. */
  now: number
  onFocus: (ticketId: string) => void
  onClaim: (ticket: Ticket) => void
}

const Row = memo(function Row(props: RowProps) {
  const { ticket, left, index, start, tabbable, columns, me, onFocus } = props
  const language = useLanguage()
  const { t, word } = language
  const mine = ticket.agentId === me ? ' ticket-mine' : ''
  const cell = (column: Column) => (
    <span key={column} role="cell" className={CELLS[column]}>
      {inCell(column, props, language)}
    </span>
  )
  return (
    <div
      className={`ticket-row${mine}${left ? ' ticket-left' : ''}`}
      role="row"
      aria-rowindex={index + 2}
      data-ticket={ticket.id}
      style={{ transform: `translateY(${start}px)` }}
    >
      {columns.map((column) => leads(column) && cell(column))}
      <span role="cell" className="cell-subject">
        {/* Opened by the table: a link of the router in every row would listen to every change of address. */}
        <a
          href={`/tickets/${ticket.id}`}
          className="ticket-link"
          dir="auto"
          tabIndex={tabbable ? 0 : -1}
          onFocus={() => onFocus(ticket.id)}
        >
          {ticket.subject || t('ticket.no_subject')}
        </a>
        {isPressing(ticket) && !columns.includes('priority') && <PriorityMark ticket={ticket} word={word} />}
        {!columns.includes('number') && (
          <bdi className="subject-number" dir="ltr">
            #{ticket.number}
          </bdi>
        )}
        <span className="cell-contact" dir="auto">
          {ticket.contact.name ?? ticket.contact.email ?? t('name.contact')}
        </span>
      </span>
      {columns.map((column) => !leads(column) && cell(column))}
    </div>
  )
})

const isPressing = ({ priority }: Ticket): boolean => priority === 'urgent' || priority === 'high'

function PriorityMark({ ticket, word }: { ticket: Ticket; word: Language['word'] }) {
  return <span className={`priority priority-${ticket.priority}`}>{word('priority', ticket.priority)}</span>
}

type Language = ReturnType<typeof useLanguage>

/** What stands in a cell of a row. */
function inCell(column: Column, props: RowProps, { t, word, intl }: Language): ReactNode {
  const { ticket, claimable, directory, now, onClaim } = props
  switch (column) {
    case 'number':
      return <bdi dir="ltr">#{ticket.number}</bdi>
    case 'status':
      return <span className={`badge status-${ticket.status}`}>{word('status', ticket.status)}</span>
    case 'priority':
      return isPressing(ticket) ? (
        <PriorityMark ticket={ticket} word={word} />
      ) : (
        word('priority', ticket.priority)
      )
    case 'channel':
      return word('channel', ticket.channel)
    case 'tags':
      return ticket.tags.map((tag) => <bdi key={tag}>{tag}</bdi>)
    case 'department':
      return <bdi>{directory.department(ticket.departmentId)?.name ?? t('name.unknown_department')}</bdi>
    case 'agent':
      return <Holder ticket={ticket} directory={directory} t={t} onClaim={claimable ? onClaim : undefined} />
    case 'created':
      return <Since at={ticket.createdAt} now={now} intl={intl} />
    case 'since':
      return <Since at={ticket.responsibility.since} now={now} intl={intl} />
    case 'updated':
      return <Since at={ticket.updatedAt} now={now} intl={intl} />
    case 'due':
      return ticket.dueAt && <Since at={ticket.dueAt} now={now} intl={intl} />
  }
}

/** How long ago, or until then; the exact moment is worked out when somebody points at it. */
function Since({ at, now, intl }: { at: string; now: number; intl: IntlShape }) {
  const [value, unit] = relativeParts((Date.parse(at) - Math.max(now, Date.now())) / 1000)
  return (
    <time
      dateTime={at}
      onPointerEnter={({ currentTarget }) => {
        currentTarget.title = intl.formatDate(at, { dateStyle: 'full', timeStyle: 'medium' })
      }}
    >
      {intl.formatRelativeTime(value, unit, { style: 'narrow', numeric: 'auto' })}
    </time>
  )
}

/** Follows a link of the table within the page, as the router's links do. */
function useOpenLink(): (event: MouseEvent<HTMLElement>) => void {
  const [, navigate] = useLocation()
  return (event) => {
    const link = (event.target as Element).closest<HTMLAnchorElement>('a.ticket-link')
    const href = link?.getAttribute('href')
    const aside = event.ctrlKey || event.metaKey || event.altKey || event.shiftKey || event.button !== 0
    if (!href || aside || event.defaultPrevented) return
    event.preventDefault()
    navigate(href)
  }
}

function Holder(props: {
  ticket: Ticket
  directory: Directory
  t: Translator
  onClaim?: (ticket: Ticket) => void
}) {
  const { ticket, directory, t, onClaim } = props
  const agent = directory.agent(ticket.agentId)
  if (ticket.agentId)
    return (
      <>
        <Avatar name={agent?.name ?? '?'} id={ticket.agentId} />
        <bdi className="truncate">{agent?.name ?? t('name.unknown_agent')}</bdi>
      </>
    )
  return (
    <>
      <span className="nobody">{t('name.nobody')}</span>
      {onClaim && (
        // A plain button: hundreds of these pass by while one scrolls. The keyboard has `c`.
        <button
          type="button"
          className="button button-plain button-small row-claim"
          tabIndex={-1}
          aria-label={t('action.claim_ticket', { number: ticket.number })}
          onClick={() => onClaim(ticket)}
        >
          {t('action.claim')}
        </button>
      )}
    </>
  )
}

/** Takes a ticket; who comes too late is told who was first. */
function useClaim(): (ticket: Ticket) => void {
  const t = useT()
  const directory = useDirectory()
  const apply = useApplyTicket()
  const [, navigate] = useLocation()
  const claim = useMutation({
    mutationFn: ({ id }: Ticket) => post<Ticket>(`/tickets/${id}/claim`),
    onSuccess: (ticket) => {
      apply(ticket)
      toast(t('claim.done', { number: ticket.number }), {
        action: { label: t('action.open'), onPress: () => navigate(`/tickets/${ticket.id}`) },
      })
    },
    onError: (error) => {
      const winner = winnerOf(error, directory)
      toast(winner?.name ? t('claim.lost', { name: winner.name }) : explain(error, t), { tone: 'error' })
    },
  })
  return (ticket) => claim.mutate(ticket)
}

/** j and k walk, Enter opens (it is a link), c claims. */
function useRowKeys(options: {
  items: Ticket[]
  active: string | null
  scrollTo: (index: number) => void
  claim: (ticket: Ticket) => void
}): void {
  const { items, active, scrollTo, claim } = options
  const walk = (step: number) => {
    const at = items.findIndex(({ id }) => id === active)
    const next = Math.min(items.length - 1, Math.max(0, at < 0 ? 0 : at + step))
    const ticket = items[next]
    if (!ticket) return
    scrollTo(next)
    // The row may have to be drawn first.
    requestAnimationFrame(() => requestAnimationFrame(() => focusRow(ticket.id)))
  }
  useShortcuts({
    j: () => walk(1),
    k: () => walk(-1),
    c: () => {
      const ticket = items.find(({ id }) => id === active)
      if (ticket && !ticket.agentId) claim(ticket)
    },
  })
}
