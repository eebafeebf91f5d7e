import { Link, useSearch } from 'wouter'
import type { TicketFilter } from '../api/filter.ts'
import { useDirectory } from '../api/queries.ts'
import { useLanguage } from '../i18n/intl.tsx'
import { TicketTable } from '../lists/table.tsx'
import { Page } from '../shell/page.tsx'
import { Icon } from '../ui/icons.tsx'
import { useDay } from './claims.tsx'
import { readFilter } from './links.ts'
import '../lists/lists.css'

/** The tickets behind a figure, and in words which they are. */
export function FiguresTicketsPage() {
  const { t } = useLanguage()
  const filter = readFilter(useSearch())
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
      <TicketTable
        key={key}
        id={key}
        filter={filter}
        label={t('insight.list_title')}
        empty={t('insight.list_empty')}
      />
    </Page>
  )
}

function useWords(filter: TicketFilter): string[] {
  const { intl, t, word } = useLanguage()
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
  if (status) words.push(status.map((each) => word('status', each)).join(', '))
  if (filter.noEligibleAgent) words.push(t('insight.nobody_eligible'))
  // Before the beginning there is nothing to say about.
  if (unclaimedFrom && !unclaimedFrom.startsWith('2000'))
    words.push(t('insight.list_unclaimed_from', { at: moment(unclaimedFrom) }))
  if (unclaimedUntil) words.push(t('insight.list_unclaimed_until', { at: moment(unclaimedUntil) }))
  if (transferredFrom && transferredTo)
    words.push(t('insight.from_to', { from: department(transferredFrom), to: department(transferredTo) }))
  else if (transferredFrom) words.push(`${t('insight.transferred_out')}: ${department(transferredFrom)}`)
  else if (transferredTo) words.push(`${t('insight.transferred_in')}: ${department(transferredTo)}`)
  if (filter.reopenedIn) words.push(`${t('insight.reopened')}: ${department(filter.reopenedIn)}`)
  if (filter.claimedOn) words.push(t('insight.list_claimed', { day: safeDay(day, filter.claimedOn) }))
  return words
}

/** Whatever stands in the address. */
const safeDay = (format: (day: string, long?: boolean) => string, day: string): string =>
  /^\d{4}-\d{2}-\d{2}$/.test(day) ? format(day, true) : day
