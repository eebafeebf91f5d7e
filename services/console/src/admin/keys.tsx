import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { getAll, post, remove } from '../api/client.ts'
import { useDirectory } from '../api/queries.ts'
import type { ApiKey } from '../api/types.ts'
import { useLanguage, useT, useWord } from '../i18n/intl.tsx'
import { ExactTime } from '../i18n/time.tsx'
import { Button, Checkbox, Select, TextField } from '../ui/controls.tsx'
import { Empty, LoadError, Spinner } from '../ui/feedback.tsx'
import { Dialog, FormDialog } from '../ui/overlay.tsx'
import { DataTable, SecretText } from './parts.tsx'

const SCOPES = ['tickets:read', 'tickets:write', 'contact:write', 'setup:read', 'setup:write']

/** Keys of integrations; a secret is shown once, when it is made. */
export function ApiKeysPage() {
  const { t, word, intl } = useLanguage()
  const client = useQueryClient()
  const directory = useDirectory()
  const keys = useQuery({ queryKey: ['api-keys'], queryFn: () => getAll<ApiKey>('/api-keys') })
  const [making, setMaking] = useState(false)
  const [made, setMade] = useState<string | null>(null)
  const [deleting, setDeleting] = useState<ApiKey | null>(null)
  const reload = () => client.invalidateQueries({ queryKey: ['api-keys'] })
  if (keys.isPending) return <Spinner />
  if (!keys.data) return <LoadError error={keys.error} retry={() => void keys.refetch()} />
  return (
    <>
      <div className="toolbar">
        <Button look="primary" onPress={() => setMaking(true)}>
          {t('admin.new_key')}
        </Button>
      </div>
      {keys.data.length === 0 ? (
        <Empty icon="key" title={t('key.none')} />
      ) : (
        <DataTable
          caption={t('admin.keys')}
          head={[t('field.name'), t('key.acts_as'), t('key.hint'), t('aside.created'), '']}
        >
          {keys.data.map((key) => (
            <tr key={key.id}>
              <th scope="row">
                <bdi>{key.name}</bdi>
              </th>
              <td>
                {key.agentId ? (
                  <bdi>{directory.agent(key.agentId)?.name ?? t('name.unknown_agent')}</bdi>
                ) : (
                  intl.formatList(key.scopes.map((scope) => word('scope', scope.replace(':', '_'))))
                )}
              </td>
              <td dir="ltr">
                <code>{key.hint}</code>
              </td>
              <td className="muted">
                <ExactTime at={key.createdAt} />
              </td>
              <td>
                <Button
                  size="small"
                  aria-label={t('key.delete_named', { name: key.name })}
                  onPress={() => setDeleting(key)}
                >
                  {t('action.delete')}
                </Button>
              </td>
            </tr>
          ))}
        </DataTable>
      )}
      {making && (
        <NewKeyDialog
          onClose={() => setMaking(false)}
          onMade={(key) => {
            setMade(key)
            void reload()
          }}
        />
      )}
      {made !== null && (
        <Dialog title={t('key.made')} onClose={() => setMade(null)}>
          <div className="dialog-body">
            <p>{t('key.once')}</p>
            <SecretText secret={made} label={t('key.made')} />
          </div>
          <footer className="dialog-foot">
            <Button look="primary" onPress={() => setMade(null)}>
              {t('webhook.secret_kept')}
            </Button>
          </footer>
        </Dialog>
      )}
      {deleting && (
        <FormDialog
          title={t('key.delete_named', { name: deleting.name })}
          submit={t('action.delete')}
          danger
          onClose={() => setDeleting(null)}
          onSubmit={async () => {
            await remove(`/api-keys/${deleting.id}`)
            await reload()
          }}
        >
          <p>{t('key.delete_text')}</p>
        </FormDialog>
      )}
    </>
  )
}

function NewKeyDialog({ onClose, onMade }: { onClose: () => void; onMade: (key: string) => void }) {
  const t = useT()
  const word = useWord()
  const { agents } = useDirectory()
  const [name, setName] = useState('')
  const [agentId, setAgentId] = useState('')
  const [scopes, setScopes] = useState<string[]>(['tickets:read'])
  return (
    <FormDialog
      title={t('admin.new_key')}
      submit={t('action.create')}
      disabled={name.trim() === '' || (!agentId && scopes.length === 0)}
      onClose={onClose}
      onSubmit={async () => {
        const body = { name: name.trim(), ...(agentId ? { agentId } : { scopes }) }
        const { key } = await post<{ key: string }>('/api-keys', body)
        onMade(key)
      }}
    >
      <TextField label={t('field.name')} value={name} onChange={setName} required maxLength={200} autoFocus />
      <Select
        label={t('key.acts_as')}
        value={agentId}
        onChange={setAgentId}
        options={[
          { value: '', label: t('key.itself') },
          ...agents
            .filter(({ status }) => status === 'active')
            .map(({ id, name: label }) => ({ value: id, label })),
        ]}
      />
      {!agentId && (
        <fieldset className="checks">
          <legend className="field-label">{t('key.scopes')}</legend>
          {SCOPES.map((scope) => (
            <Checkbox
              key={scope}
              isSelected={scopes.includes(scope)}
              onChange={(yes) =>
                setScopes(yes ? [...scopes, scope] : scopes.filter((each) => each !== scope))
              }
            >
              {word('scope', scope.replace(':', '_'))}
            </Checkbox>
          ))}
        </fieldset>
      )}
    </FormDialog>
  )
}
