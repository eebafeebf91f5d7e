import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { getAll, patch, post, remove } from '../api/client.ts'
import { useT } from '../i18n/intl.tsx'
import type { Template } from '../ticket/templates.ts'
import { Button, TextField } from '../ui/controls.tsx'
import { Empty, LoadError, Spinner } from '../ui/feedback.tsx'
import { FormDialog } from '../ui/overlay.tsx'
import { DataTable } from './parts.tsx'

/** Texts for replies, by agents and by rules. */
export function TemplatesPage() {
  const t = useT()
  const client = useQueryClient()
  const templates = useQuery({ queryKey: ['/templates'], queryFn: () => getAll<Template>('/templates') })
  const [editing, setEditing] = useState<Template | 'new' | null>(null)
  const [deleting, setDeleting] = useState<Template | null>(null)
  const reload = () => client.invalidateQueries({ queryKey: ['/templates'] })
  if (templates.isPending) return <Spinner />
  if (!templates.data) return <LoadError error={templates.error} retry={() => void templates.refetch()} />
  return (
    <>
      <div className="toolbar">
        <Button look="primary" onPress={() => setEditing('new')}>
          {t('template.new')}
        </Button>
      </div>
      {templates.data.length === 0 ? (
        <Empty icon="mail" title={t('template.none')} />
      ) : (
        <DataTable caption={t('template.title')} head={[t('field.name'), t('rule.text'), '']}>
          {templates.data.map((template) => (
            <tr key={template.id}>
              <th scope="row">
                <bdi>{template.name}</bdi>
              </th>
              <td className="muted template-text" dir="auto">
                {template.body}
              </td>
              <td>
                <span className="row">
                  <Button
                    size="small"
                    aria-label={t('template.edit_named', { name: template.name })}
                    onPress={() => setEditing(template)}
                  >
                    {t('action.edit')}
                  </Button>
                  <Button
                    size="small"
                    aria-label={t('template.delete_named', { name: template.name })}
                    onPress={() => setDeleting(template)}
                  >
                    {t('action.delete')}
                  </Button>
                </span>
              </td>
            </tr>
          ))}
        </DataTable>
      )}
      {editing && (
        <TemplateDialog
          template={editing === 'new' ? null : editing}
          onClose={() => setEditing(null)}
          onSaved={reload}
        />
      )}
      {deleting && (
        <FormDialog
          title={t('template.delete_named', { name: deleting.name })}
          submit={t('action.delete')}
          danger
          onClose={() => setDeleting(null)}
          onSubmit={async () => {
            await remove(`/templates/${deleting.id}`)
            await reload()
          }}
        >
          <p>{t('template.delete_text')}</p>
        </FormDialog>
      )}
    </>
  )
}

function TemplateDialog(props: {
  template: Template | null
  onClose: () => void
  onSaved: () => Promise<void>
}) {
  const { template, onClose, onSaved } = props
  const t = useT()
  const [name, setName] = useState(template?.name ?? '')
  const [body, setBody] = useState(template?.body ?? '')
  return (
    <FormDialog
      title={template ? t('template.edit_named', { name: template.name }) : t('template.new')}
      submit={t('action.save')}
      disabled={name.trim() === '' || body.trim() === ''}
      onClose={onClose}
      onSubmit={async () => {
        const values = { name: name.trim(), body }
        await (template ? patch(`/templates/${template.id}`, values) : post('/templates', values))
        await onSaved()
      }}
      wide
    >
      <TextField label={t('field.name')} value={name} onChange={setName} required maxLength={200} autoFocus />
      <TextField
        label={t('rule.text')}
        description={`${t('template.placeholders')} {{contact.name}} {{ticket.number}} {{ticket.subject}} {{agent.name}} {{department.name}}`}
        value={body}
        onChange={setBody}
        multiline
        rows={8}
        required
      />
    </FormDialog>
  )
}
