import { useState } from 'react'
import { get, patch } from '../api/client.ts'
import { useApplyTicket } from '../api/queries.ts'
import type { Ticket } from '../api/types.ts'
import { useLanguage } from '../i18n/intl.tsx'
import { Checkbox, TextField } from '../ui/controls.tsx'
import { FormDialog } from '../ui/overlay.tsx'
import { dueEditOf } from './edit.ts'
import { fromLocalInput, toLocalInput } from './postpone.ts'

/** Sets when a ticket has to be done; what somebody else has set in between is shown and not written over. */
export function DueDialog({ ticket, onClose }: { ticket: Ticket; onClose: () => void }) {
  const { t, intl, timeZone } = useLanguage()
  const apply = useApplyTicket()
  const textOf = ({ dueAt }: Ticket) => (dueAt ? toLocalInput(new Date(dueAt), timeZone) : '')
  const [seen, setSeen] = useState(ticket)
  const [text, setText] = useState(() => textOf(ticket))
  // Of its own: a field that is half filled in is empty for the browser, and must not take the date away.
  const [none, setNone] = useState(false)
  const [lost, setLost] = useState(false)
  const at = fromLocalInput(text, timeZone)
  const moment = (date: Date | string) => intl.formatDate(date, { dateStyle: 'full', timeStyle: 'short' })
  return (
    <FormDialog
      title={t('due.edit')}
      submit={t('action.save')}
      disabled={!none && at === null}
      onClose={onClose}
      onSubmit={async () => {
        setLost(false)
        // The field knows minutes: what was not touched keeps its seconds.
        if (!none && text === textOf(seen)) return true
        const now = await get<Ticket>(`/tickets/${ticket.id}`)
        const body = dueEditOf(none || at === null ? null : at.toISOString(), seen, now)
        apply(body ? await patch<Ticket>(`/tickets/${ticket.id}`, body) : now)
        if (body) return true
        setSeen(now)
        setText(textOf(now))
        setNone(false)
        setLost(true)
        return false
      }}
    >
      {lost && (
        <p role="alert" className="field-error">
          {seen.dueAt ? t('due.meanwhile', { value: moment(seen.dueAt) }) : t('due.meanwhile_none')}
        </p>
      )}
      <TextField
        label={t('aside.due')}
        type="datetime-local"
        dir="ltr"
        value={text}
        onChange={setText}
        disabled={none}
        autoFocus
        description={at && !none ? moment(at) : undefined}
      />
      {seen.dueAt && (
        <Checkbox isSelected={none} onChange={setNone}>
          {t('due.none')}
        </Checkbox>
      )}
    </FormDialog>
  )
}
