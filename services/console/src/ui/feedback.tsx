import { type ReactNode, useEffect, useSyncExternalStore } from 'react'
import { ApiError } from '../api/client.ts'
import type { Directory } from '../api/queries.ts'
import type { Translator } from '../i18n/intl.tsx'
import { useT, useWord } from '../i18n/intl.tsx'
import type { MessageId } from '../i18n/locales.ts'
import { Button, IconButton } from './controls.tsx'
import { ApiWords, rootOf } from './field-errors.tsx'
import { Icon, type IconName } from './icons.tsx'

/** Reasons that have words of their own; the API's own detail (in English) is shown for the others. */
const EXPLAINED: Record<string, MessageId> = {
  offline: 'problem.offline',
  unauthenticated: 'problem.unauthenticated',
  forbidden: 'problem.forbidden',
  'not-found': 'problem.not_found',
  'stale-revision': 'problem.stale_revision',
  'already-claimed': 'problem.already_claimed',
  'only-owner-answers': 'problem.only_owner_answers',
  'not-unassigned': 'problem.not_unassigned',
  'not-assigned': 'problem.not_assigned',
  'same-department': 'problem.same_department',
  'nothing-to-return': 'problem.nothing_to_return',
  'wrong-status': 'problem.wrong_status',
  'address-taken': 'problem.address_taken',
  'already-exists': 'problem.already_exists',
  'in-use': 'problem.in_use',
  'last-owner': 'problem.last_owner',
  'too-many-requests': 'problem.too_many_requests',
  unavailable: 'problem.unavailable',
  internal: 'problem.internal',
}

/** What went wrong, in the reader's language. */
export function explain(error: unknown, t: Translator): string {
  if (!(error instanceof ApiError)) return t('problem.internal')
  const id = EXPLAINED[error.reason]
  return id ? t(id) : (error.problem?.detail ?? t('problem.internal'))
}

const isExplained = (error: unknown): boolean =>
  !(error instanceof ApiError) || error.reason in EXPLAINED || error.problem?.detail === undefined

/** Who has the ticket now, of a refusal that says so. */
export function winnerOf(
  error: unknown,
  directory: Directory,
): { name: string | null; since: string } | null {
  const current = error instanceof ApiError ? error.problem?.current : undefined
  if (!current) return null
  return { name: directory.agent(current.agentId)?.name ?? null, since: current.since }
}

export function ErrorNote(props: {
  error: unknown
  children?: ReactNode
  /** Fields of the API that show their fault themselves. */
  shownElsewhere?: readonly string[]
}) {
  const { error, children, shownElsewhere = [] } = props
  const t = useT()
  const fields = (error instanceof ApiError ? (error.problem?.errors ?? []) : []).filter(
    ({ field }) => !shownElsewhere.includes(rootOf(field)),
  )
  return (
    <div className="note note-error" role="alert">
      <Icon name="alert" />
      <div>
        <p>{isExplained(error) ? explain(error, t) : <ApiWords>{explain(error, t)}</ApiWords>}</p>
        {fields.length > 0 && (
          <ul>
            {fields.map(({ field, message }) => (
              <li key={field}>
                <code dir="ltr">{field}</code> <ApiWords>{message}</ApiWords>
              </li>
            ))}
          </ul>
        )}
        {children}
      </div>
    </div>
  )
}

/** A page or a part of it that could not be loaded. */
export function LoadError({ error, retry }: { error: unknown; retry: () => void }) {
  const t = useT()
  return (
    <div className="empty">
      <ErrorNote error={error} />
      <Button onPress={retry}>{t('action.retry')}</Button>
    </div>
  )
}

export function Empty(props: { title: string; children?: ReactNode; icon?: IconName }) {
  const { title, children, icon = 'inbox' } = props
  return (
    <div className="empty">
      <span className="empty-icon">
        <Icon name={icon} size={24} />
      </span>
      <p className="empty-title">{title}</p>
      {children}
    </div>
  )
}

export function Spinner() {
  const t = useT()
  return (
    <div className="spinner" role="status">
      <span className="visually-hidden">{t('state.loading')}</span>
    </div>
  )
}

export function StatusBadge({ status }: { status: string }) {
  const word = useWord()
  return <span className={`badge status-${status}`}>{word('status', status)}</span>
}

const HUES = 8

/** The person's initials on a colour of their own. */
export function Avatar({ name, id, size = 20 }: { name: string; id: string; size?: 20 | 28 }) {
  const hue = [...id].reduce((sum, char) => sum + char.charCodeAt(0), 0) % HUES
  const initials = name
    .split(/\s+/)
    .map((part) => [...part][0] ?? '')
    .filter((_, at, all) => at === 0 || at === all.length - 1)
    .join('')
  return (
    <span className={`avatar avatar-${size} hue-${hue}`} aria-hidden="true">
      {initials.toLocaleUpperCase()}
    </span>
  )
}

interface Toast {
  id: number
  text: string
  tone: 'info' | 'error'
  action?: { label: string; onPress: () => void }
}

let toasts: readonly Toast[] = []
let nextToast = 1
const listeners = new Set<() => void>()
/** How long a message is there; what went wrong is longer to read. */
const TOAST_MS = { info: 8_000, error: 20_000 }
/** It stays for so long again where somebody is at the messages. */
const TOAST_HELD_MS = 3_000
const MOST_TOASTS = 3

/** Whether somebody points at the messages, or has come to them by the keyboard: none goes while they read or reach. */
function areToastsHeld(): boolean {
  const region = document.querySelector('.toasts')
  const points = matchMedia('(hover: hover)').matches && region?.matches(':hover')
  return Boolean(points || region?.querySelector(':focus-visible'))
}

function changeToasts(next: readonly Toast[]): void {
  toasts = next
  for (const listener of listeners) listener()
}

/** What a dialog covers is out of reach, for the ear too; most close as soon as their work is done. */
const AFTER_DIALOG_MS = 100

/** Says something for a moment, to the eye and by the live region to the ear. */
export function toast(text: string, options: Partial<Omit<Toast, 'id' | 'text'>> = {}): void {
  if (document.querySelector('dialog[open]')) setTimeout(() => show(text, options), AFTER_DIALOG_MS)
  else show(text, options)
}

function show(text: string, options: Partial<Omit<Toast, 'id' | 'text'>>): void {
  const id = nextToast++
  const kept = areToastsHeld() ? toasts : toasts.slice(1 - MOST_TOASTS)
  changeToasts([...kept, { id, text, tone: 'info', ...options }])
}

const dismissToast = (id: number): void => changeToasts(toasts.filter((each) => each.id !== id))

/** Always in the page, so that screen readers notice what is put into it. */
export function Toasts() {
  const t = useT()
  const shown = useSyncExternalStore(
    (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    () => toasts,
  )
  return (
    <section className="toasts" aria-label={t('region.messages')}>
      <div aria-live="polite" aria-relevant="additions">
        {shown.map((each) => (
          <ToastLine key={each.id} toast={each} />
        ))}
      </div>
    </section>
  )
}

function ToastLine({ toast: { id, text, tone, action } }: { toast: Toast }) {
  const t = useT()
  useEffect(() => {
    const end = () => {
      if (areToastsHeld()) timer = setTimeout(end, TOAST_HELD_MS)
      else dismissToast(id)
    }
    let timer = setTimeout(end, TOAST_MS[tone])
    return () => clearTimeout(timer)
  }, [id, tone])
  return (
    <div className={`toast toast-${tone}`}>
      <span className="toast-text">{text}</span>
      {action && (
        <Button size="small" look="quiet" onPress={action.onPress}>
          {action.label}
        </Button>
      )}
      <IconButton icon="close" size="small" label={t('action.dismiss')} onPress={() => dismissToast(id)} />
    </div>
  )
}
