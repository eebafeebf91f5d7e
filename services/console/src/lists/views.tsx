import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useLocation } from 'wouter'
import { ApiError, get, put } from '../api/client.ts'
import { useDirectory, useMe, viewsQuery } from '../api/queries.ts'
import type { SavedView, SavedViews } from '../api/types.ts'
import { useT } from '../i18n/intl.tsx'
import { Checkbox, IconButton, Select, TextField } from '../ui/controls.tsx'
import { explain, toast } from '../ui/feedback.tsx'
import { ActionMenu, FormDialog } from '../ui/overlay.tsx'
import { COLUMNS, columnsOf, keptColumns } from './columns.ts'
import type { ListState } from './state.ts'
import { savedFilter } from './state.ts'

export const MAX_VIEWS = 50
const TRIES = 3

/** A view, and of which department it is; absent: the reader's own. */
export interface KnownView extends SavedView {
  departmentId?: string
}

/** The reader's own views, or those of a department; none while they are not known. */
export function useViews(departmentId?: string): KnownView[] {
  const { data } = useQuery(viewsQuery)
  if (departmentId === undefined) return data?.items ?? []
  return (data?.shared ?? []).filter((each) => each.departmentId === departmentId)
}

interface ViewsChange {
  departmentId?: string
  change: (items: SavedView[]) => SavedView[]
}

/** Changes them as they are now, also when another browser has changed them in between. */
export function useChangeViews() {
  const client = useQueryClient()
  return useMutation({
    mutationFn: async ({ departmentId, change }: ViewsChange): Promise<unknown> => {
      const path = departmentId === undefined ? '/me/views' : `/departments/${departmentId}/views`
      for (let left = TRIES; ; left--) {
        const now = await get<Pick<SavedViews, 'items' | 'version'>>(path)
        try {
          return await put(path, { items: change(now.items), version: now.version })
        } catch (error) {
          if (left <= 1 || !(error instanceof ApiError) || error.reason !== 'stale-revision') throw error
        }
      }
    },
    onSuccess: () => client.invalidateQueries(viewsQuery),
  })
}

/** Gives what is shown a name, or changes what a view is. */
export function ViewDialog(props: { view?: KnownView; state: ListState; onClose: () => void }) {
  const { view, state, onClose } = props
  const t = useT()
  const change = useChangeViews()
  const [, navigate] = useLocation()
  const [name, setName] = useState(view?.name ?? '')
  const [columns, setColumns] = useState<readonly string[]>(columnsOf(view?.columns ?? []))
  const me = useMe()
  const { departments } = useDirectory()
  const sets = me.role !== 'agent'
  // What is shared only they change who set up departments: for others a change is a view of their own.
  const known = view && (view.departmentId === undefined || sets) ? view : undefined
  const [departmentId, setDepartmentId] = useState(known?.departmentId)
  const moves = known !== undefined && departmentId !== known.departmentId
  const views = useViews(departmentId)
  const full = (!known || moves) && views.length >= MAX_VIEWS
  return (
    <FormDialog
      title={t(known ? 'views.edit' : view ? 'views.save_own' : 'views.save')}
      submit={t('action.save')}
      disabled={name.trim() === '' || full}
      onClose={onClose}
      onSubmit={async () => {
        const saved: SavedView = {
          id: known?.id ?? crypto.randomUUID(),
          name: name.trim(),
          filter: savedFilter(state),
          columns: keptColumns(columns),
        }
        await change.mutateAsync({
          departmentId,
          change: (items) =>
            items.some(({ id }) => id === saved.id)
              ? items.map((each) => (each.id === saved.id ? saved : each))
              : [...items, saved],
        })
        if (moves)
          await change.mutateAsync({
            departmentId: known.departmentId,
            change: (items) => items.filter(({ id }) => id !== saved.id),
          })
        toast(t('views.saved'))
        navigate(`/lists/view/${saved.id}`)
      }}
    >
      {full && (
        <p className="note">
          {t(departmentId === undefined ? 'views.full' : 'views.full_department', { count: MAX_VIEWS })}
        </p>
      )}
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
      {sets && (
        <Select
          label={t('views.for')}
          value={departmentId ?? ''}
          onChange={(value) => setDepartmentId(value || undefined)}
          options={[
            { value: '', label: t('views.for_me') },
            ...departments.map(({ id, name }) => ({
              value: id,
              label: t('views.for_department', { department: name }),
            })),
          ]}
        />
      )}
      <p className="muted">{t(departmentId === undefined ? 'views.follow' : 'views.shared_note')}</p>
    </FormDialog>
  )
}

/** What can be done with a saved view. */
export function ViewMenu({ view, onEdit }: { view: KnownView; onEdit: () => void }) {
  const t = useT()
  const { departmentId } = view
  const { department } = useDirectory()
  const views = useViews(departmentId)
  const change = useChangeViews()
  const [, navigate] = useLocation()
  const [deleting, setDeleting] = useState(false)
  const at = views.findIndex(({ id }) => id === view.id)
  const move = (step: -1 | 1) =>
    change.mutate(
      {
        departmentId,
        change: (items) => {
          const from = items.findIndex(({ id }) => id === view.id)
          const to = from + step
          if (from < 0 || to < 0 || to >= items.length) return items
          return items.toSpliced(from, 1).toSpliced(to, 0, items[from] as SavedView)
        },
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
            await change.mutateAsync({
              departmentId,
              change: (items) => items.filter(({ id }) => id !== view.id),
            })
            toast(t('views.deleted'))
            navigate('/lists/all')
          }}
        >
          <p>
            {departmentId === undefined
              ? t('views.delete_text', { name: view.name })
              : t('views.shared_delete', {
                  name: view.name,
                  department: department(departmentId)?.name ?? t('name.unknown_department'),
                })}
          </p>
        </FormDialog>
      )}
    </>
  )
}
