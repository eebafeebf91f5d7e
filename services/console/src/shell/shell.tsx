import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { type ReactNode, useEffect, useRef, useState } from 'react'
import { Link, useLocation, useRoute } from 'wouter'
import { put } from '../api/client.ts'
import type { LiveState } from '../api/live.ts'
import { meQuery, useDirectory, useMe, viewsQuery } from '../api/queries.ts'
import type { Me, Presence } from '../api/types.ts'
import { useT, useWord } from '../i18n/intl.tsx'
import { mayCreate } from '../ticket/access.ts'
import { Button, IconButton } from '../ui/controls.tsx'
import { Avatar, explain, Toasts, toast } from '../ui/feedback.tsx'
import { keepFocus } from '../ui/focus.ts'
import { Icon, type IconName } from '../ui/icons.tsx'
import { AriaMenu, MenuItem, MenuTrigger, Popover } from '../ui/overlay.tsx'
import { Brand } from './brand.tsx'
import { useLiveState } from './live.tsx'
import { ShortcutsDialog, useShortcuts } from './shortcuts.tsx'
import { signOut } from './sign-in.tsx'
import { ToSolveButton, ToSolveNews, useNextTicket } from './to-solve.tsx'
import { NoticesBell, UnreadCount } from './unread.tsx'

const NEW_TICKET = '/tickets/new'

/** The frame of every page: where one can go, what waits, who one is, and how the connection is. */
export function Shell({ children, signedOut }: { children: ReactNode; signedOut: boolean }) {
  const t = useT()
  const [location, navigate] = useLocation()
  const [open, setOpen] = useState(false)
  const [help, setHelp] = useState(false)
  const next = useNextTicket()
  const creates = mayCreate(useMe())
  useEffect(() => setOpen(false), [location])
  useEffect(() => keepFocus(), [])
  useShortcuts({
    n: () => next.mutate(),
    '/': () => navigate('/lists/search'),
    g: () => navigate('/lists/mine'),
    u: () => navigate('/lists/unassigned'),
    ...(creates && { a: () => navigate(NEW_TICKET) }),
    '?': () => setHelp(true),
    ...(open && { Escape: () => setOpen(false) }),
  })
  return (
    <div className={open ? 'shell shell-open' : 'shell'}>
      <a className="skip" href="#main">
        {t('shell.skip')}
      </a>
      <header className="topbar">
        <IconButton
          icon={open ? 'close' : 'menu'}
          label={t(open ? 'shell.close_menu' : 'shell.open_menu')}
          aria-expanded={open}
          onPress={() => setOpen(!open)}
        />
        <Brand />
        <NoticesBell />
        <ToSolveButton />
        {creates && (
          <Link href={NEW_TICKET} className="button icon-button" aria-label={t('new_ticket.title')}>
            <Icon name="plus" />
          </Link>
        )}
      </header>
      <Sidebar onHelp={() => setHelp(true)} />
      {open && (
        <button
          type="button"
          className="scrim"
          tabIndex={-1}
          aria-hidden="true"
          onClick={() => setOpen(false)}
        />
      )}
      <main id="main" className="main" tabIndex={-1}>
        <Connection signedOut={signedOut} />
        {children}
      </main>
      <Toasts />
      <ToSolveNews />
      {help && <ShortcutsDialog onClose={() => setHelp(false)} />}
    </div>
  )
}

/** Says that what is shown may be old, until it is not any more. */
function Connection({ signedOut }: { signedOut: boolean }) {
  const t = useT()
  const live = useLiveState()
  const healed = useHealed(live)
  return (
    <div role="status" className="connection-region">
      {signedOut ? (
        <p className="connection connection-bad">
          <Icon name="alert" />
          {t('connection.signed_out')}
          <a
            href={`/auth/login?returnTo=${encodeURIComponent(window.location.pathname + window.location.search)}`}
          >
            {t('sign_in.action')}
          </a>
        </p>
      ) : live === 'lost' ? (
        <p className="connection">
          <span className="connection-dot" />
          {t('connection.lost')}
        </p>
      ) : healed ? (
        <p className="visually-hidden">{t('connection.healed')}</p>
      ) : null}
    </div>
  )
}

const HEALED_MS = 8_000

/** For a moment after a break that the reader was told of. */
function useHealed(live: LiveState): boolean {
  const [healed, setHealed] = useState(false)
  const before = useRef(live)
  useEffect(() => {
    const wasLost = before.current === 'lost'
    before.current = live
    setHealed(live === 'live' && wasLost)
  }, [live])
  useEffect(() => {
    if (!healed) return
    const timer = setTimeout(() => setHealed(false), HEALED_MS)
    return () => clearTimeout(timer)
  }, [healed])
  return healed
}

function Sidebar({ onHelp }: { onHelp: () => void }) {
  const t = useT()
  const me = useMe()
  const { departments } = useDirectory()
  const all = me.role !== 'agent'
  const mine = departments.filter(({ id }) => all || me.memberships.some((each) => each.departmentId === id))
  return (
    <div className="sidebar">
      <header className="sidebar-top">
        <Brand />
        <ToSolveButton />
        {mayCreate(me) && (
          <Link href={NEW_TICKET} className="button" aria-keyshortcuts="a">
            <Icon name="plus" />
            {t('new_ticket.title')}
          </Link>
        )}
      </header>
      <nav className="sidebar-nav" aria-label={t('shell.navigation')}>
        <NavItem href="/lists/mine" icon="user" label={t('list.mine')} />
        <NavItem href="/lists/unassigned" icon="inbox" label={t('list.unassigned')} />
        <NavItem href="/lists/postponed" icon="clock" label={t('list.postponed')} />
        <NavItem href="/lists/all" icon="list" label={t('list.all')} />
        <NavItem href="/lists/search" icon="search" label={t('list.search')} />
        <SavedViews />
        <h2 className="sidebar-heading">{t('shell.departments')}</h2>
        {mine.map(({ id, name }) => (
          <NavItem key={id} href={`/lists/department/${id}`} icon="folder" label={<bdi>{name}</bdi>} />
        ))}
        <div className="sidebar-rule" />
        <NavItem href="/insight" icon="chart" label={t('insight.title')} nested />
        {all && <NavItem href="/configuration" icon="gear" label={t('admin.title')} nested />}
      </nav>
      <div className="sidebar-foot">
        <NavItem href="/notifications" icon="bell" label={t('notices.title')} after={<UnreadCount />} />
        <PersonMenu me={me} />
        <IconButton icon="help" label={t('shortcuts.title')} onPress={onHelp} />
      </div>
    </div>
  )
}

/** The lists that the reader has put together; they follow them to every browser. */
function SavedViews() {
  const t = useT()
  const { data } = useQuery(viewsQuery)
  const { department } = useDirectory()
  const shared = data?.shared ?? []
  if (!data || data.items.length + shared.length === 0) return null
  return (
    <>
      <h2 className="sidebar-heading">{t('views.title')}</h2>
      {data.items.map(({ id, name }) => (
        <NavItem key={id} href={`/lists/view/${id}`} icon="list" label={<bdi>{name}</bdi>} />
      ))}
      {shared.map(({ id, name, departmentId }) => (
        <NavItem
          key={id}
          href={`/lists/view/${id}`}
          icon="folder"
          label={
            <>
              <bdi>{name}</bdi>{' '}
              <small className="muted">
                <bdi>{department(departmentId)?.name}</bdi>
              </small>
            </>
          }
        />
      ))}
    </>
  )
}

function NavItem(props: {
  href: string
  icon: IconName
  label: ReactNode
  nested?: boolean
  after?: ReactNode
}) {
  const { href, icon, label, nested, after } = props
  const [exact] = useRoute(href)
  const [below] = useRoute(`${href}/*`)
  const current = exact || (nested === true && below)
  return (
    <Link href={href} className="nav-item" aria-current={current ? 'page' : undefined}>
      <Icon name={icon} />
      <span>{label}</span> {after}
    </Link>
  )
}

const PRESENCES: Presence[] = ['online', 'away', 'offline']

function PersonMenu({ me }: { me: Me }) {
  const t = useT()
  const word = useWord()
  const [, navigate] = useLocation()
  const presence = usePresence()
  return (
    <MenuTrigger>
      <Button look="quiet" className="person">
        <span className="person-avatar">
          <Avatar name={me.name} id={me.id} size={28} />
          <span className={`presence presence-${me.presence}`} />
        </span>
        <span className="person-text">
          <bdi>{me.name}</bdi>
          <small>{word('presence', me.presence)}</small>
        </span>
      </Button>
      <Popover className="popover" placement="top start">
        <AriaMenu
          className="menu"
          aria-label={t('shell.me')}
          onAction={(key) => {
            if (key === 'profile') navigate('/profile')
            else if (key === 'out') signOut().catch((error) => toast(explain(error, t), { tone: 'error' }))
            else presence.mutate(key as Presence)
          }}
        >
          {PRESENCES.map((each) => (
            <MenuItem key={each} id={each} className="menu-item" textValue={word('presence', each)}>
              <span className={`presence presence-${each}`} />
              {word('presence', each)}
              {each === me.presence && <Icon name="check" />}
            </MenuItem>
          ))}
          <MenuItem id="profile" className="menu-item menu-item-ruled" textValue={t('profile.title')}>
            {t('profile.title')}
          </MenuItem>
          <MenuItem id="out" className="menu-item" textValue={t('sign_out.action')}>
            {t('sign_out.action')}
          </MenuItem>
        </AriaMenu>
      </Popover>
    </MenuTrigger>
  )
}

/** Changes whether the agent is here. */
export function usePresence() {
  const t = useT()
  const client = useQueryClient()
  return useMutation({
    mutationFn: (presence: Presence) => put('/me/presence', { presence }),
    onSuccess: (_, presence) => {
      client.setQueryData(meQuery.queryKey, (me) => me && { ...me, presence })
      void client.invalidateQueries({ queryKey: ['agents'] })
    },
    onError: (error) => toast(explain(error, t), { tone: 'error' }),
  })
}
