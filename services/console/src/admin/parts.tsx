import { useQueryClient } from '@tanstack/react-query'
import { type ReactNode, useEffect, useRef, useState } from 'react'
import { Link, useLocation } from 'wouter'
import { ApiError } from '../api/client.ts'
import { useLanguage, useT } from '../i18n/intl.tsx'
import { Button } from '../ui/controls.tsx'
import { CopyButton } from '../ui/copy.tsx'
import { ErrorNote, explain, toast } from '../ui/feedback.tsx'
import { FieldErrors } from '../ui/field-errors.tsx'
import { Icon } from '../ui/icons.tsx'
import { FormDialog } from '../ui/overlay.tsx'
import { useUnsaved } from '../ui/unsaved.ts'

/** Guards a form against what somebody else saved since it was opened. */
export interface StaleGuard {
  /** Names of the fields that both changed, in the reader's language. */
  conflicts: () => Promise<string[]>
  /** Shows what the other saved, in place of what was typed. */
  takeTheirs: () => void
}

/** A form of its own page: it saves, says so, and goes back to its list. */
export function EditorForm(props: {
  back: string
  invalidate: string
  save: () => Promise<unknown>
  valid: boolean
  children: ReactNode
  remove?: { label: string; text: string; run: () => Promise<unknown> }
  /** Fields of the API that show their fault themselves, by `At`. */
  fields?: readonly string[]
  /** Refusals that name no field, and the field that they are about. */
  reasons?: Readonly<Record<string, string>>
  stale?: StaleGuard
  /** In place of going back to the list. */
  onSaved?: (saved: unknown) => void
  submit?: string
  /** Takes back what was typed, for a form that has no list to go back to. */
  onDiscard?: () => void
}) {
  const t = useT()
  const client = useQueryClient()
  const [, navigate] = useLocation()
  const [error, setError] = useState<unknown>(null)
  const [busy, setBusy] = useState(false)
  const [asking, setAsking] = useState(false)
  const [conflicts, setConflicts] = useState<string[]>([])
  const form = useRef<HTMLFormElement>(null)
  const typed = useRef(false)
  useUnsaved(() => typed.current)
  useEffect(() => {
    if (error !== null) form.current?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus()
  }, [error])
  /** What was typed is not to be kept. */
  const settle = () => {
    typed.current = false
  }
  const finish = async () => {
    await client.invalidateQueries({ queryKey: [props.invalidate] })
    toast(t('profile.saved'))
    navigate(props.back)
  }
  const submit = async (knowing: boolean) => {
    setBusy(true)
    setError(null)
    try {
      const found = knowing || !props.stale ? [] : await props.stale.conflicts()
      setConflicts(found)
      if (found.length > 0) return
      const saved = await props.save()
      settle()
      if (props.onSaved) props.onSaved(saved)
      else await finish()
    } catch (reason) {
      setError(reason)
    } finally {
      setBusy(false)
    }
  }
  const shown = props.fields ?? []
  const about = error instanceof ApiError ? props.reasons?.[error.reason] : undefined
  const atField = error instanceof ApiError && fieldsOf(error, about).some((field) => shown.includes(field))
  return (
    <form
      ref={form}
      className="form-page"
      noValidate
      onInput={() => {
        typed.current = true
      }}
      onSubmit={(event) => {
        event.preventDefault()
        if (props.valid && !busy) void submit(false)
      }}
    >
      <FieldErrors error={error} reasons={props.reasons} explain={(reason) => explain(reason, t)}>
        {props.children}
      </FieldErrors>
      {error !== null && (
        <ErrorNote error={error} shownElsewhere={shown}>
          {atField && <p>{t('form.see_fields')}</p>}
        </ErrorNote>
      )}
      {conflicts.length > 0 && (
        <Conflict
          fields={conflicts}
          onKeepMine={() => void submit(true)}
          onTakeTheirs={() => {
            setConflicts([])
            settle()
            props.stale?.takeTheirs()
          }}
        />
      )}
      <div className="save-bar">
        <Button type="submit" look="primary" isDisabled={!props.valid} isPending={busy}>
          {props.submit ?? t('action.save')}
        </Button>
        {props.onDiscard ? (
          <Button
            onPress={() => {
              settle()
              props.onDiscard?.()
            }}
          >
            {t('action.discard')}
          </Button>
        ) : (
          <Link className="button" href={props.back} onClick={settle}>
            {t('action.cancel')}
          </Link>
        )}
        {props.remove && (
          <Button look="quiet" className="push-end danger-text" onPress={() => setAsking(true)}>
            {props.remove.label}
          </Button>
        )}
      </div>
      {asking && props.remove && (
        <FormDialog
          title={props.remove.label}
          submit={props.remove.label}
          danger
          onClose={() => setAsking(false)}
          onSubmit={async () => {
            await props.remove?.run()
            settle()
            await finish()
          }}
        >
          <p>{props.remove.text}</p>
        </FormDialog>
      )}
    </form>
  )
}

const fieldsOf = (error: ApiError, about: string | undefined): string[] => [
  ...(about ? [about] : []),
  ...(error.problem?.errors ?? []).map(({ field }) => field.split(/[.[]/, 1)[0] ?? field),
]

const AFTER_RENDER_MS = 100

/**
 * A heading that takes the focus when what had it is gone after a change, so that a reader by keyboard or ear
 * is where they were. Not when the page opens, unless it says so.
 */
export function useFocusWhenLost(change: unknown, alsoAtFirst = false) {
  const heading = useRef<HTMLHeadingElement>(null)
  const before = useRef(alsoAtFirst ? {} : change)
  useEffect(() => {
    if (before.current === change) return
    before.current = change
    const timer = setTimeout(() => {
      if (document.activeElement === document.body) heading.current?.focus()
    }, AFTER_RENDER_MS)
    return () => clearTimeout(timer)
  }, [change])
  return heading
}

/** Somebody else saved the same fields: nothing is written over before the reader says whose stays. */
function Conflict(props: { fields: string[]; onKeepMine: () => void; onTakeTheirs: () => void }) {
  const { t, intl } = useLanguage()
  return (
    <div className="note" role="alert">
      <Icon name="alert" />
      <div className="note-body">
        <p>{t('form.conflict', { fields: intl.formatList(props.fields) })}</p>
        <div className="row-actions">
          <Button size="small" onPress={props.onTakeTheirs}>
            {t('form.take_theirs')}
          </Button>
          <Button size="small" onPress={props.onKeepMine}>
            {t('form.keep_mine')}
          </Button>
        </div>
      </div>
    </div>
  )
}

/** A secret that is shown this once, and copied by a press. */
export function SecretText({ secret, label }: { secret: string; label: string }) {
  const text = useRef<HTMLInputElement>(null)
  return (
    <div className="secret-row">
      <input
        ref={text}
        className="input secret"
        dir="ltr"
        readOnly
        aria-label={label}
        value={secret}
        onFocus={(event) => event.target.select()}
      />
      <CopyButton from={text} />
    </div>
  )
}

/** A table whose rows lead somewhere. */
export function DataTable(props: { caption: string; head: ReactNode[]; children: ReactNode }) {
  return (
    <div className="table-scroll">
      <table className="data">
        <caption className="visually-hidden">{props.caption}</caption>
        <thead>
          <tr>
            {props.head.map((cell, index) => (
              <th key={index} scope="col">
                {cell}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>{props.children}</tbody>
      </table>
    </div>
  )
}
