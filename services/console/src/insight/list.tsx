import { Link, useLocation, useSearch } from 'wouter'
import type { TicketFilter } from '../api/filter.ts'
import { useDirectory } from '../api/queries.ts'
import { useLanguage } from '../i18n/intl.tsx'
import type { MessageId } from '../i18n/locales.ts'
import { withChoice } from '../lists/state.ts'
import { TicketTable } from '../lists/table.tsx'
import { Page } from '../shell/page.tsx'
import { Icon } from '../ui/icons.tsx'
import { useDay } from './claims.tsx'
import { readFilter } from './links.ts'
import '../lists/lists.css'

/** The tickets behind a figure, and in words which they are. */
export function FiguresTicketsPage() {
  const { t } = useLanguage()
  const search = useSearch()
  const [location, navigate] = useLocation()
  const filter = readFilter(search)
  const words = useWords(filter)
  const key = JSON.stringify(filter)
  return (
    <Page title={t('insight.list_title')}>
      <p className="insight-list-words">
        <Link href="/insight">
          <Icon name="back" /> {t('insight.title')}
        </Link>
        {words.map((each) => (
          <span key={each} className="badge">
            <bdi>{each}</bdi>
          </span>
        ))}
      </p>
      {(filter.since || filter.claimedOn) && <p className="muted">{t('insight.list_once')}</p>}
      <TicketTable
        key={JSON.stringify({ ...filter, sort: undefined })}
        id={key}
        filter={filter}
        label={t('insight.list_title')}
        empty={t('insight.list_empty')}
        onSort={(sort) => navigate(`${location}?${withChoice(search, 'sort', sort)}`, { replace: true })}
      />
    </Page>
  )
}

function useWords(filter: TicketFilter): string[] {
  const { intl, t, word, listed } = useLanguage()
  const day = useDay()
  const directory = useDirectory()
  const department = (id: string) => directory.department(id)?.name ?? t('name.unknown_department')
  const moment = (at: string) => {
    const date = new Date(at)
    return Number.isNaN(date.getTime())
      ? at
      : intl.formatDate(date, { dateStyle: 'medium', timeStyle: 'short' })
  }
  const { transferredFrom, transferredTo, unclaimedFrom, unclaimedUntil, status } = filter
  const words: string[] = []
  if (filter.departmentId) words.push(department(filter.departmentId))
  if (filter.agentId) words.push(directory.agent(filter.agentId)?.name ?? t('name.unknown_agent'))
  if (filter.unassigned) words.push(t('name.nobody'))
  if (status) words.push(listed(status.map((each) => word('status', each))))
  if (filter.noEligibleAgent) words.push(t('insight.nobody_eligible'))
  // Before the beginning there is nothing to say about.
  if (unclaimedFrom && !unclaimedFrom.startsWith('2000'))
    words.push(t('insight.list_unclaimed_from', { at: moment(unclaimedFrom) }))
  if (unclaimedUntil) words.push(t('insight.list_unclaimed_until', { at: moment(unclaimedUntil) }))
  if (transferredFrom && transferredTo)
    words.push(t('insight.from_to', { from: department(transferredFrom), to: department(transferredTo) }))
  else if (transferredFrom) words.push(`${t('insight.transferred_out')}: ${department(transferredFrom)}`)
  else if (transferredTo) words.push(`${t('insight.transferred_in')}: ${department(transferredTo)}`)
  const { reopenedIn, reopenedTo, resolvedIn, claimedIn, claimedOn, happened, since, until } = filter
  const said = (what: MessageId, id: string) => words.push(`${t(what)}: ${department(id)}`)
  if (reopenedIn && reopenedTo && reopenedIn !== reopenedTo) {
    words.push(t('insight.reopened'))
    words.push(t('insight.from_to', { from: department(reopenedIn), to: department(reopenedTo) }))
  } else if (reopenedIn || reopenedTo) said('insight.reopened', reopenedIn ?? reopenedTo ?? '')
  if (resolvedIn) said('insight.resolved', resolvedIn)
  if (claimedIn) said('insight.claims_count', claimedIn)
  if (claimedOn) words.push(t('insight.list_claimed', { day: safeDay(day, claimedOn) }))
  if (happened) words.push(t(HAPPENED[happened] ?? 'insight.tickets'))
  if (since && until)
    words.push(
      since === until
        ? safeDay(day, since)
        : t('away.days', { from: safeDay(day, since), until: safeDay(day, until) }),
    )
  return words
}

const HAPPENED: Record<string, MessageId> = {
  claimed: 'insight.claims_count',
  transferred: 'insight.transfers',
  reopened: 'insight.reopened',
  resolved: 'insight.resolved',
}

/** Whatever stands in the address. */
const safeDay = (format: (day: string, long?: boolean) => string, day: string): string =>
  /^\d{4}-\d{2}-\d{2}$/.test(day) ? format(day, true) : day
