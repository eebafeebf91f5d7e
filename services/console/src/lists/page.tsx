import { useEffect, useState } from 'react'
import { useLocation, useSearch } from 'wouter'
import { LIVE_STATUSES, type TicketFilter } from '../api/filter.ts'
import { useDirectory, useMe } from '../api/queries.ts'
import type { Status } from '../api/types.ts'
import { useT, useWord } from '../i18n/intl.tsx'
import type { MessageId } from '../i18n/locales.ts'
import { NotFound } from '../shell/not-found.tsx'
import { Page } from '../shell/page.tsx'
import { Select } from '../ui/controls.tsx'
import { Empty } from '../ui/feedback.tsx'
import { Icon } from '../ui/icons.tsx'
import { TicketTable } from './table.tsx'
import './lists.css'

const VIEWS = ['mine', 'unassigned', 'postponed', 'all', 'search', 'department'] as const
type View = (typeof VIEWS)[number]

const EMPTY: Record<View, MessageId> = {
  mine: 'list.empty_mine',
  unassigned: 'list.empty_unassigned',
  postponed: 'list.empty',
  all: 'list.empty',
  search: 'list.empty_search',
  department: 'list.empty',
}

type StatusChoice = 'active' | 'any' | Status
const STATUS_CHOICES: StatusChoice[] = [
  'active',
  'any',
  'new',
  'open',
  'answered',
  'postponed',
  'resolved',
  'closed',
  'spam',
  'deleted',
]

/** One of the lists of tickets. */
export function TicketListPage({ view, departmentId }: { view: string; departmentId?: string }) {
  const known = VIEWS.find((each) => each === view)
  if (!known || (known === 'department') !== (departmentId !== undefined)) return <NotFound />
  return <List view={known} departmentId={departmentId} />
}

function List({ view, departmentId }: { view: View; departmentId?: string }) {
  const t = useT()
  const me = useMe()
  const directory = useDirectory()
  const search = new URLSearchParams(useSearch())
  const [location, navigate] = useLocation()
  const choice =
    STATUS_CHOICES.find((each) => each === search.get('status')) ?? (view === 'search' ? 'any' : 'active')
  const q = search.get('q') ?? ''
  const department = directory.department(departmentId)
  if (departmentId && !department) return <NotFound />

  const filter = filterOf(view, { choice, q, departmentId, me: me.id })
  const set = (name: string, value: string, replace = false) => {
    const next = new URLSearchParams(window.location.search)
    if (value) next.set(name, value)
    else next.delete(name)
    const query = next.toString()
    navigate(query ? `${location}?${query}` : location, { replace })
  }
  const title = department?.name ?? t(`list.${view as Exclude<View, 'department'>}`)
  const filterable = view === 'all' || view === 'department' || view === 'search' || view === 'mine'
  return (
    <Page
      title={title}
      focus={view !== 'search'}
      actions={filterable && <StatusFilter value={choice} onChange={(value) => set('status', value)} />}
    >
      {view === 'search' && <SearchBox value={q} onChange={(value) => set('q', value, true)} />}
      {view === 'search' && !q ? (
        <Empty title={t('list.search_hint')} />
      ) : (
        <TicketTable
          key={JSON.stringify(filter)}
          filter={filter}
          label={title}
          empty={t(EMPTY[view])}
          showDepartment={view !== 'department'}
        />
      )}
    </Page>
  )
}

function filterOf(
  view: View,
  given: { choice: StatusChoice; q: string; departmentId?: string; me: string },
): TicketFilter {
  const { choice, q, departmentId, me } = given
  const status = choice === 'any' ? undefined : choice === 'active' ? LIVE_STATUSES : [choice]
  switch (view) {
    case 'mine':
      return { agentId: me, status }
    case 'unassigned':
      return { unassigned: true, status: LIVE_STATUSES }
    case 'postponed':
      return { status: ['postponed'] }
    case 'department':
      return { departmentId, status }
    case 'search':
      return { q, status }
    case 'all':
      return { status }
  }
}

function StatusFilter({ value, onChange }: { value: StatusChoice; onChange: (value: StatusChoice) => void }) {
  const t = useT()
  const word = useWord()
  const label = (choice: StatusChoice) =>
    choice === 'active' ? t('filter.active') : choice === 'any' ? t('filter.any') : word('status', choice)
  return (
    <Select
      label={t('filter.status')}
      hideLabel
      value={value}
      onChange={onChange}
      options={STATUS_CHOICES.map((choice) => ({ value: choice, label: label(choice) }))}
    />
  )
}

const SEARCH_AFTER_MS = 250

function SearchBox({ value, onChange }: { value: string; onChange: (value: string) => void }) {
  const t = useT()
  const [text, setText] = useState(value)
  useEffect(() => {
    if (text.trim() === value) return
    const timer = setTimeout(() => onChange(text.trim().slice(0, 200)), SEARCH_AFTER_MS)
    return () => clearTimeout(timer)
  })
  return (
    <search className="search-box">
      <Icon name="search" />
      <input
        className="input"
        type="search"
        dir={text ? 'auto' : undefined}
        // biome-ignore lint/a11y/noAutofocus: the page is the search, and is come to for it
        autoFocus
        value={text}
        aria-label={t('list.search')}
        placeholder={t('list.search_placeholder')}
        onChange={(event) => setText(event.target.value)}
      />
    </search>
  )
}
