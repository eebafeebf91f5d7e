import { useMutation } from '@tanstack/react-query'
import { useVirtualizer } from '@tanstack/react-virtual'
import { useEffect, useRef, useState, useSyncExternalStore } from 'react'
import { Link, useLocation } from 'wouter'
import { post } from '../api/client.ts'
import type { TicketFilter } from '../api/filter.ts'
import { type Directory, useApplyTicket, useDirectory, useMe, useTickets } from '../api/queries.ts'
import type { Ticket } from '../api/types.ts'
import { useT, useWord } from '../i18n/intl.tsx'
import { RelativeTime } from '../i18n/time.tsx'
import { useShortcuts } from '../shell/shortcuts.tsx'
import { Button } from '../ui/controls.tsx'
import { Avatar, Empty, explain, LoadError, Spinner, StatusBadge, toast, winnerOf } from '../ui/feedback.tsx'

const ROW = 44
const NARROW_ROW = 76
/** Rows beyond the edge that are there already when one scrolls. */
const OVERSCAN = 12
const NARROW = '(max-width: 760px)'

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
  filter: TicketFilter
  label: string
  empty: string
  showDepartment: boolean
}) {
  const { filter, label, empty, showDepartment } = props
  const t = useT()
  const tickets = useTickets(filter)
  const items = tickets.data?.pages.flatMap((page) => page.items) ?? []
  const narrow = useNarrow()
  const scroller = useRef<HTMLDivElement>(null)
  const [active, setActive] = useState<string | null>(null)
  const rows = useVirtualizer({
    count: items.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => (narrow ? NARROW_ROW : ROW),
    overscan: OVERSCAN,
    getItemKey: (index) => items[index]?.id ?? index,
  })
  useEffect(() => {
    rows.measure()
  }, [narrow])
  const claim = useClaim()
  useRowKeys({ items, active, scrollTo: (index) => rows.scrollToIndex(index), claim })

  const shown = rows.getVirtualItems()
  const last = shown.at(-1)?.index ?? -1
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = tickets
  useEffect(() => {
    if (hasNextPage && !isFetchingNextPage && last >= items.length - OVERSCAN * 3) void fetchNextPage()
  }, [hasNextPage, isFetchingNextPage, fetchNextPage, last, items.length])

  if (tickets.isPending) return <Spinner />
  if (tickets.isError && items.length === 0)
    return <LoadError error={tickets.error} retry={() => void tickets.refetch()} />
  if (items.length === 0) return <Empty title={empty} />
  return (
    <>
      <div
        className={showDepartment ? 'tickets' : 'tickets tickets-narrower'}
        role="table"
        aria-label={label}
        aria-rowcount={hasNextPage ? -1 : items.length + 1}
      >
        <div className="tickets-head" role="rowgroup">
          <div className="ticket-row" role="row" aria-rowindex={1}>
            <span role="columnheader">{t('column.status')}</span>
            <span role="columnheader">{t('column.ticket')}</span>
            {showDepartment && <span role="columnheader">{t('column.department')}</span>}
            <span role="columnheader">{t('column.agent')}</span>
            <span role="columnheader">{t('column.since')}</span>
            <span role="columnheader">{t('column.updated')}</span>
          </div>
        </div>
        <div className="tickets-scroll" ref={scroller} role="rowgroup">
          <div style={{ height: rows.getTotalSize(), position: 'relative' }} role="presentation">
            {shown.map(({ index, start, key }) => {
              const ticket = items[index]
              if (!ticket) return null
              return (
                <Row
                  key={key}
                  ticket={ticket}
                  index={index}
                  start={start}
                  tabbable={active ? active === ticket.id : index === 0}
                  showDepartment={showDepartment}
                  onFocus={() => setActive(ticket.id)}
                  onClaim={() => claim(ticket)}
                />
              )
            })}
          </div>
        </div>
      </div>
      <p className="visually-hidden" role="status">
        {isFetchingNextPage ? t('state.loading') : ''}
      </p>
    </>
  )
}

interface RowProps {
  ticket: Ticket
  index: number
  start: number
  tabbable: boolean
  showDepartment: boolean
  onFocus: () => void
  onClaim: () => void
}

function Row({ ticket, index, start, tabbable, showDepartment, onFocus, onClaim }: RowProps) {
  const t = useT()
  const word = useWord()
  const me = useMe()
  const directory = useDirectory()
  const department = directory.department(ticket.departmentId)?.name ?? t('name.unknown_department')
  const urgent = ticket.priority === 'urgent' || ticket.priority === 'high'
  return (
    <div
      className={ticket.agentId === me.id ? 'ticket-row ticket-mine' : 'ticket-row'}
      role="row"
      aria-rowindex={index + 2}
      data-ticket={ticket.id}
      style={{ transform: `translateY(${start}px)` }}
    >
      <span role="cell" className="cell-status">
        <StatusBadge status={ticket.status} />
      </span>
      <span role="cell" className="cell-subject">
        <Link
          href={`/tickets/${ticket.id}`}
          className="ticket-link"
          dir="auto"
          tabIndex={tabbable ? 0 : -1}
          onFocus={onFocus}
        >
          {ticket.subject || t('ticket.no_subject')}
        </Link>
        {urgent && (
          <span className={`priority priority-${ticket.priority}`}>{word('priority', ticket.priority)}</span>
        )}
        <span className="cell-contact" dir="auto">
          {ticket.contact.name ?? ticket.contact.email ?? t('name.contact')}
        </span>
      </span>
      {showDepartment && (
        <span role="cell" className="cell-department">
          <bdi>{department}</bdi>
        </span>
      )}
      <span role="cell" className="cell-agent">
        <Holder ticket={ticket} directory={directory} onClaim={onClaim} />
      </span>
      <span role="cell" className="cell-time cell-since">
        <RelativeTime at={ticket.responsibility.since} />
      </span>
      <span role="cell" className="cell-time cell-updated">
        <RelativeTime at={ticket.updatedAt} />
      </span>
    </div>
  )
}

function Holder(props: { ticket: Ticket; directory: Directory; onClaim: () => void }) {
  const { ticket, directory, onClaim } = props
  const t = useT()
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
      <Button
        size="small"
        className="row-claim"
        excludeFromTabOrder
        aria-label={t('action.claim_ticket', { number: ticket.number })}
        onPress={onClaim}
      >
        {t('action.claim')}
      </Button>
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
    requestAnimationFrame(() =>
      requestAnimationFrame(() =>
        document.querySelector<HTMLElement>(`[data-ticket="${CSS.escape(ticket.id)}"] .ticket-link`)?.focus(),
      ),
    )
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
