import { useQuery } from '@tanstack/react-query'
import { lazy, Suspense, useEffect, useState } from 'react'
import { useLocation, useSearch } from 'wouter'
import { useDirectory, useMe, viewsQuery } from '../api/queries.ts'
import { useLanguage, useT } from '../i18n/intl.tsx'
import type { MessageId } from '../i18n/locales.ts'
import { NotFound } from '../shell/not-found.tsx'
import { Page } from '../shell/page.tsx'
import { Button, Select } from '../ui/controls.tsx'
import { Empty, LoadError, Spinner } from '../ui/feedback.tsx'
import { Icon } from '../ui/icons.tsx'
import { columnsOf } from './columns.ts'
import { placeOf } from './memory.ts'
import { SORTS, sortOf } from './sort.ts'
import {
  baseState,
  CHOICES,
  filterOf,
  isSameState,
  type ListState,
  NOBODY_ELIGIBLE,
  readState,
  STATUSES,
  statusText,
  type View,
  withChoice,
} from './state.ts'
import { orderText, TicketTable } from './table.tsx'
import type { KnownView } from './views.tsx'
import './lists.css'

const ViewDialog = lazy(() => import('./views.tsx').then((module) => ({ default: module.ViewDialog })))
const ViewMenu = lazy(() => import('./views.tsx').then((module) => ({ default: module.ViewMenu })))

const VIEWS = ['mine', 'unassigned', 'postponed', 'all', 'search'] as const

const EMPTY: Record<View, MessageId> = {
  mine: 'list.empty_mine',
  unassigned: 'list.empty_unassigned',
  postponed: 'list.empty',
  all: 'list.empty',
  search: 'list.empty_search',
  department: 'list.empty',
  view: 'list.empty',
}

/** One of the lists of tickets. */
export function TicketListPage({ view, departmentId }: { view: string; departmentId?: string }) {
  const t = useT()
  const directory = useDirectory()
  if (departmentId !== undefined) {
    const department = directory.department(departmentId)
    if (!department) return <NotFound />
    return <List view="department" title={department.name} departmentId={departmentId} />
  }
  const known = VIEWS.find((each) => each === view)
  return known ? <List view={known} title={t(`list.${known}`)} /> : <NotFound />
}

/** A list that the reader has put together. */
export function SavedViewPage({ id }: { id: string }) {
  const views = useQuery(viewsQuery)
  if (views.isPending) return <Spinner />
  if (!views.data) return <LoadError error={views.error} retry={() => void views.refetch()} />
  const saved: KnownView | undefined = [...views.data.items, ...(views.data.shared ?? [])].find(
    (each) => each.id === id,
  )
  return saved ? <List view="view" title={saved.name} saved={saved} /> : <NotFound />
}

function List(props: { view: View; title: string; departmentId?: string; saved?: KnownView }) {
  const { view, title, departmentId, saved } = props
  const t = useT()
  const me = useMe()
  const directory = useDirectory()
  const search = useSearch()
  const [location, navigate] = useLocation()
  const [dialog, setDialog] = useState(false)
  const choices = CHOICES[view]
  const base = baseState(view, departmentId, saved)
  const state = readState(base, choices, search)
  const changed = !isSameState(base, state)
  const filter = filterOf(state, me.id)
  const { sort: _, ...which } = filter
  const key = JSON.stringify(filter)
  // The table gives the focus back to the row that the reader comes from.
  const [returned] = useState(() => placeOf(key) !== null)
  const columns = columnsOf(saved?.columns ?? []).filter(
    (each) => view !== 'department' || each !== 'department',
  )
  const set = (name: keyof ListState, value: string | null, replace = false) => {
    const query = withChoice(window.location.search, name, value)
    navigate(query ? `${location}?${query}` : location, { replace })
  }
  const mayChange = saved !== undefined && (saved.departmentId === undefined || me.role !== 'agent')
  const sharedIn = saved?.departmentId && directory.department(saved.departmentId)?.name
  const asks = view !== 'search' || state.q !== ''
  return (
    <Page
      title={title}
      focus={view !== 'search' && !returned}
      actions={
        <Suspense fallback={null}>
          {(changed || (view === 'search' && state.q !== '')) && (
            <Button icon="plus" onPress={() => setDialog(true)}>
              {t(mayChange ? 'views.save_changes' : saved ? 'views.save_own' : 'views.save')}
            </Button>
          )}
          {saved && mayChange && <ViewMenu view={saved} onEdit={() => setDialog(true)} />}
        </Suspense>
      }
    >
      {sharedIn && <p className="muted view-shared">{t('views.shared_in', { department: sharedIn })}</p>}
      {view === 'search' && <SearchBox value={state.q} onChange={(value) => set('q', value || null, true)} />}
      <Filters
        state={state}
        base={base}
        choices={choices.filter((each) => each !== 'q')}
        search={view === 'view'}
        changed={changed && view !== 'search'}
        set={set}
        reset={() => navigate(location)}
      />
      {asks ? (
        <TicketTable
          key={JSON.stringify(which)}
          id={key}
          filter={filter}
          label={title}
          empty={t(EMPTY[view])}
          columns={columns}
          onSort={(sort) => set('sort', orderIn(base, sort), true)}
        />
      ) : (
        <Empty icon="search" title={t('list.search_hint')} />
      )}
      {dialog && (
        <Suspense fallback={null}>
          <ViewDialog view={saved} state={state} onClose={() => setDialog(false)} />
        </Suspense>
      )}
    </Page>
  )
}

const USUAL_SORT = '-updatedAt'

/** An order in the address: nothing for the one that the list has by itself. */
const orderIn = (base: ListState, sort: string | null): string | null =>
  sort === base.sort ? null : (sort ?? USUAL_SORT)

interface FiltersProps {
  state: ListState
  base: ListState
  choices: readonly (keyof ListState)[]
  /** Words can be looked for as well. */
  search: boolean
  changed: boolean
  set: (name: keyof ListState, value: string | null, replace?: boolean) => void
  reset: () => void
}

function Filters({ state, base, choices, search, changed, set, reset }: FiltersProps) {
  const { t, word, listed } = useLanguage()
  const me = useMe()
  const { departments, agents, activeMembers } = useDirectory()
  const mine = departments.filter(
    ({ id }) => me.role !== 'agent' || activeMembers(id).some((each) => each.id === me.id),
  )
  // What is as it is without a choice stays out of the address.
  const choose = (name: 'departmentId' | 'agentId', value: string) => {
    const of = value === 'any' ? null : value
    set(name, of === base[name] ? null : value)
  }
  const statuses = [...new Set(['active', 'any', ...STATUSES, statusText(state.status)])]
  const statusLabel = (text: string) =>
    text === 'active'
      ? t('filter.active')
      : text === 'any'
        ? t('filter.any')
        : listed(text.split(',').map((each) => word('status', each)))
  return (
    <div className="filters" role="group" aria-label={t('filter.title')}>
      {choices.includes('departmentId') && (
        <Select
          label={t('column.department')}
          hideLabel
          value={state.departmentId ?? 'any'}
          onChange={(value) => choose('departmentId', value)}
          options={[
            { value: 'any', label: t('filter.any_department') },
            ...mine.map(({ id, name }) => ({ value: id, label: name })),
          ]}
        />
      )}
      {choices.includes('agentId') && (
        <Select
          label={t('column.agent')}
          hideLabel
          value={state.agentId ?? 'any'}
          onChange={(value) => choose('agentId', value)}
          options={[
            { value: 'any', label: t('filter.any_agent') },
            { value: 'me', label: t('filter.me') },
            { value: 'nobody', label: t('name.nobody') },
            { value: NOBODY_ELIGIBLE, label: t('insight.nobody_eligible') },
            ...agents
              .filter(({ id, status }) => status === 'active' && id !== me.id)
              .map(({ id, name }) => ({ value: id, label: name })),
          ]}
        />
      )}
      {choices.includes('status') && (
        <Select
          label={t('filter.status')}
          hideLabel
          value={statusText(state.status)}
          onChange={(value) => set('status', value === statusText(base.status) ? null : value)}
          options={statuses.map((value) => ({ value, label: statusLabel(value) }))}
        />
      )}
      <div className="filter-sort">
        <Select
          label={t('list.sort')}
          hideLabel
          value={state.sort ?? USUAL_SORT}
          onChange={(value) => set('sort', orderIn(base, sortOf(value)), true)}
          options={SORTS.map((value) => ({ value, label: orderText(value, t) }))}
        />
      </div>
      {search && (
        <SearchBox
          compact
          value={state.q}
          onChange={(value) => set('q', value === base.q ? null : value, true)}
        />
      )}
      {changed && (
        <Button look="quiet" onPress={reset}>
          {t('filter.reset')}
        </Button>
      )}
    </div>
  )
}

const SEARCH_AFTER_MS = 250

function SearchBox(props: { value: string; onChange: (value: string) => void; compact?: boolean }) {
  const { value, onChange, compact = false } = props
  const t = useT()
  const [text, setText] = useState(value)
  useEffect(() => {
    if (text.trim() === value) return
    const timer = setTimeout(() => onChange(text.trim().slice(0, 200)), SEARCH_AFTER_MS)
    return () => clearTimeout(timer)
  })
  return (
    <search className={compact ? 'search-box search-compact' : 'search-box'}>
      <Icon name="search" />
      <input
        className="input"
        type="search"
        // biome-ignore lint/a11y/noAutofocus: the page is the search, and is come to for it
        autoFocus={!compact}
        value={text}
        aria-label={t('list.search')}
        placeholder={t('list.search_placeholder')}
        onChange={(event) => setText(event.target.value)}
      />
    </search>
  )
}
