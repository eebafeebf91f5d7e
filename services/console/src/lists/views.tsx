import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useLocation } from 'wouter'
import { ApiError, get, put } from '../api/client.ts'
import { viewsQuery } from '../api/queries.ts'
import type { SavedView, SavedViews } from '../api/types.ts'
import { useT } from '../i18n/intl.tsx'
import { Checkbox, IconButton, TextField } from '../ui/controls.tsx'
import { explain, toast } from '../ui/feedback.tsx'
import { ActionMenu, FormDialog } from '../ui/overlay.tsx'
import { COLUMNS } from './columns.ts'
import type { ListState } from './state.ts'
import { savedFilter } from './state.ts'

export const MAX_VIEWS = 50
const TRIES = 3

/** The reader's saved views; none while they are not known. */
export const useViews = (): SavedView[] => useQuery(viewsQuery).data?.items ?? []

/** Changes them as they are now, also when another browser has changed them in between. */
export function useChangeViews() {
  const client = useQueryClient()
  return useMutation({
    mutationFn: async (change: (items: SavedView[]) => SavedView[]): Promise<SavedViews> => {
      for (let left = TRIES; ; left--) {
        const now = await get<SavedViews>('/me/views')
        try {
          return await put<SavedViews>('/me/views', { items: change(now.items), version: now.version })
        } catch (error) {
          if (left <= 1 || !(error instanceof ApiError) || error.reason !== 'stale-revision') throw error
        }
      }
    },
    onSuccess: (views) => client.setQueryData(viewsQuery.queryKey, views),
  })
}

/** Gives what is shown a name, or changes what a view is. */
export function ViewDialog(props: { view?: SavedView; state: ListState; onClose: () => void }) {
  const { view, state, onClose } = props
  const t = useT()
  const change = useChangeViews()
  const [, navigate] = useLocation()
  const [name, setName] = useState(view?.name ?? '')
  const [columns, setColumns] = useState<string[]>(
    view && view.columns.length > 0 ? view.columns : [...COLUMNS],
  )
  const views = useViews()
  const full = !view && views.length >= MAX_VIEWS
  return (
    <FormDialog
      title={t(view ? 'views.edit' : 'views.save')}
      submit={t('action.save')}
      disabled={name.trim() === '' || full}
      onClose={onClose}
      onSubmit={async () => {
        const saved: SavedView = {
          id: view?.id ?? crypto.randomUUID(),
          name: name.trim(),
          filter: savedFilter(state),
          columns: columns.length === COLUMNS.length ? [] : COLUMNS.filter((each) => columns.includes(each)),
        }
        await change.mutateAsync((items) =>
          items.some(({ id }) => id === saved.id)
            ? items.map((each) => (each.id === saved.id ? saved : each))
            : [...items, saved],
        )
        toast(t('views.saved'))
        navigate(`/lists/view/${saved.id}`)
      }}
    >
      {full && <p className="note">{t('views.full', { count: MAX_VIEWS })}</p>}
      <TextField label={t('field.name')} value={name} onChange={setName} required maxLength={100} autoFocus />
      <fieldset className="view-columns">
        <legend className="field-label">{t('views.columns')}</legend>
        {COLUMNS.map((column) => (
          <Checkbox
            key={column}
            isSelected={columns.includes(column)}
            onChange={(yes) =>
              setColumns(yes ? [...columns, column] : columns.filter((each) => each !== column))
            }
          >
            {t(`column.${column}`)}
          </Checkbox>
        ))}
      </fieldset>
      <p className="muted">{t('views.follow')}</p>
    </FormDialog>
  )
}

/** What can be done with a saved view. */
export function ViewMenu({ view, onEdit }: { view: SavedView; onEdit: () => void }) {
  const t = useT()
  const views = useViews()
  const change = useChangeViews()
  const [, navigate] = useLocation()
  const [deleting, setDeleting] = useState(false)
  const at = views.findIndex(({ id }) => id === view.id)
  const move = (step: -1 | 1) =>
    change.mutate(
      (items) => {
        const from = items.findIndex(({ id }) => id === view.id)
        const to = from + step
        if (from < 0 || to < 0 || to >= items.length) return items
        return items.toSpliced(from, 1).toSpliced(to, 0, items[from] as SavedView)
      },
      { onError: (error) => toast(explain(error, t), { tone: 'error' }) },
    )
  return (
    <>
      <ActionMenu
        label={t('views.actions')}
        trigger={<IconButton icon="more" look="plain" label={t('views.actions')} />}
        items={[
          { id: 'edit', label: t('views.edit'), onAction: onEdit },
          { id: 'up', label: t('rule.up'), disabled: at <= 0, onAction: () => move(-1) },
          {
            id: 'down',
            label: t('rule.down'),
            disabled: at < 0 || at === views.length - 1,
            onAction: () => move(1),
          },
          { id: 'delete', label: t('views.delete'), danger: true, onAction: () => setDeleting(true) },
        ]}
      />
      {deleting && (
        <FormDialog
          title={t('views.delete')}
          submit={t('action.delete')}
          danger
          onClose={() => setDeleting(false)}
          onSubmit={async () => {
            await change.mutateAsync((items) => items.filter(({ id }) => id !== view.id))
            toast(t('views.deleted'))
            navigate('/lists/all')
          }}
        >
          <p>{t('views.delete_text', { name: view.name })}</p>
        </FormDialog>
      )}
    </>
  )
}
