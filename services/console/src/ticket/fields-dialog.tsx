import { useState } from 'react'
import { get, patch } from '../api/client.ts'
import { useApplyTicket } from '../api/queries.ts'
import type { Ticket } from '../api/types.ts'
import { useLanguage } from '../i18n/intl.tsx'
import { Button, IconButton, Select, TextField } from '../ui/controls.tsx'
import { useFault } from '../ui/field-errors.tsx'
import { FormDialog } from '../ui/overlay.tsx'
import {
  FIELD_TYPES,
  type FieldFault,
  type FieldType,
  faultsOf,
  fieldChanges,
  MAX_FIELD_TEXT,
  type TypedField,
  textFor,
  typedField,
} from './fields.ts'

/** Changes the custom fields of a ticket; what somebody else changes in between is shown and not written over. */
export function FieldsDialog({ ticket, onClose }: { ticket: Ticket; onClose: () => void }) {
  const { t, intl } = useLanguage()
  const apply = useApplyTicket()
  const [seen, setSeen] = useState(ticket.fields)
  const [fields, setFields] = useState(() =>
    Object.entries(ticket.fields).map(([name, value]) => typedField(name, value)),
  )
  const [tried, setTried] = useState(false)
  const [lost, setLost] = useState<string[]>([])
  const set = (at: number, change: Partial<TypedField>) =>
    setFields(fields.map((each, index) => (index === at ? { ...each, ...change } : each)))
  const shown = fields.filter(({ removed }) => !removed)
  return (
    <FormDialog
      title={t('fields.edit')}
      submit={t('action.save')}
      wide
      fields={['fields']}
      onClose={onClose}
      onSubmit={async () => {
        setTried(true)
        setLost([])
        if (fields.some((each) => Object.keys(faultsOf(each, fields)).length > 0)) return false
        const now = await get<Ticket>(`/tickets/${ticket.id}`)
        const change = fieldChanges(fields, seen, now.fields)
        if (Object.keys(change.fields).length > 0)
          apply(await patch<Ticket>(`/tickets/${ticket.id}`, { fields: change.fields }))
        else apply(now)
        if (change.lost.length === 0) return true
        const after = { ...now.fields, ...change.fields }
        setSeen(after)
        setLost(change.lost)
        setFields(
          Object.entries(after)
            .filter(([, value]) => value !== null)
            .map(([name, value]) => typedField(name, value)),
        )
        return false
      }}
    >
      <p className="muted">{t('fields.note')}</p>
      {lost.length > 0 && (
        <p role="alert" className="field-error">
          {t('fields.changed', { name: intl.formatList(lost) })}
        </p>
      )}
      {shown.length === 0 && <p className="muted">{t('fields.none')}</p>}
      {fields.map((field, at) =>
        field.removed ? null : (
          <FieldRow
            key={at}
            field={field}
            faults={tried ? faultsOf(field, fields) : {}}
            onChange={(change) => set(at, change)}
          />
        ),
      )}
      <Refused />
      <Button
        icon="plus"
        onPress={() => setFields([...fields, { known: null, name: '', type: 'text', text: '' }])}
      >
        {t('fields.add')}
      </Button>
    </FormDialog>
  )
}

/** What the API refused of them. */
function Refused() {
  const fault = useFault()('fields')
  return fault ? <p className="field-error">{fault}</p> : null
}

function FieldRow(props: {
  field: TypedField
  faults: { name?: FieldFault; value?: FieldFault }
  onChange: (change: Partial<TypedField>) => void
}) {
  const { field, faults, onChange } = props
  const { t, word } = useLanguage()
  const name = field.name || t('fields.name')
  const said = (fault: FieldFault | undefined) =>
    fault && (fault === 'long' ? t('field_fault.long', { most: MAX_FIELD_TEXT }) : word('field_fault', fault))
  const fault = said(faults.value)
  return (
    <div className="field-row" role="group" aria-label={name}>
      {field.known === null ? (
        <TextField
          label={t('fields.name')}
          value={field.name}
          onChange={(value) => onChange({ name: value })}
          maxLength={64}
          autoFocus
          error={said(faults.name)}
        />
      ) : (
        <span className="field-row-name">
          <bdi>{field.known}</bdi>
        </span>
      )}
      <Select
        label={t('fields.type')}
        value={field.type}
        onChange={(type: FieldType) => onChange({ type, text: textFor(type, field.text) })}
        options={FIELD_TYPES.map((value) => ({ value, label: word('field_type', value) }))}
      />
      {field.type === 'yes_no' ? (
        <Select
          label={t('fields.value')}
          value={field.text}
          onChange={(text) => onChange({ text })}
          options={[
            { value: 'true', label: t('fields.yes') },
            { value: 'false', label: t('fields.no') },
          ]}
        />
      ) : (
        <TextField
          label={t('fields.value')}
          type={field.type === 'date' ? 'date' : 'text'}
          dir={field.type === 'text' ? 'auto' : 'ltr'}
          multiline={field.type === 'json'}
          value={field.text}
          onChange={(text) => onChange({ text })}
          error={fault}
        />
      )}
      <IconButton
        icon="close"
        label={t('fields.remove', { name })}
        onPress={() => onChange({ removed: true })}
      />
    </div>
  )
}
