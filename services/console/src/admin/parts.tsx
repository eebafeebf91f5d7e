import { useQueryClient } from '@tanstack/react-query'
import { type ReactNode, useState } from 'react'
import { Link, useLocation } from 'wouter'
import { useT } from '../i18n/intl.tsx'
import { Button } from '../ui/controls.tsx'
import { ErrorNote, toast } from '../ui/feedback.tsx'
import { FormDialog } from '../ui/overlay.tsx'

/** A form of its own page: it saves, says so, and goes back to its list. */
export function EditorForm(props: {
  back: string
  invalidate: string
  save: () => Promise<unknown>
  valid: boolean
  children: ReactNode
  remove?: { label: string; text: string; run: () => Promise<unknown> }
}) {
  const t = useT()
  const client = useQueryClient()
  const [, navigate] = useLocation()
  const [error, setError] = useState<unknown>(null)
  const [busy, setBusy] = useState(false)
  const [asking, setAsking] = useState(false)
  const finish = async () => {
    await client.invalidateQueries({ queryKey: [props.invalidate] })
    toast(t('profile.saved'))
    navigate(props.back)
  }
  const submit = async () => {
    setBusy(true)
    setError(null)
    try {
      await props.save()
      await finish()
    } catch (reason) {
      setError(reason)
    } finally {
      setBusy(false)
    }
  }
  return (
    <form
      className="form-page"
      noValidate
      onSubmit={(event) => {
        event.preventDefault()
        if (props.valid && !busy) void submit()
      }}
    >
      {props.children}
      {error !== null && <ErrorNote error={error} />}
      <div className="save-bar">
        <Button type="submit" look="primary" isDisabled={!props.valid} isPending={busy}>
          {t('action.save')}
        </Button>
        <Link className="button" href={props.back}>
          {t('action.cancel')}
        </Link>
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
            await finish()
          }}
        >
          <p>{props.remove.text}</p>
        </FormDialog>
      )}
    </form>
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
