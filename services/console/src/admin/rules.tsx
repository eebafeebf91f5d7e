import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { GridList, GridListItem } from 'react-aria-components/GridList'
import { useDragAndDrop } from 'react-aria-components/useDragAndDrop'
import { Link, useLocation } from 'wouter'
import { patch, put } from '../api/client.ts'
import { rulesQuery } from '../api/queries.ts'
import type { Rule } from '../api/types.ts'
import { useLanguage, useT } from '../i18n/intl.tsx'
import { Button, IconButton } from '../ui/controls.tsx'
import { Empty, explain, LoadError, Spinner, toast } from '../ui/feedback.tsx'
import { ActionMenu } from '../ui/overlay.tsx'
import { moved } from './rule-order.ts'

const LIST = '/configuration/rules'

/** The account's rules in the order in which they act. */
export function RulesPage() {
  const t = useT()
  const rules = useQuery(rulesQuery)
  return (
    <>
      <div className="toolbar">
        <Link className="button button-primary" href={`${LIST}/new`}>
          {t('admin.new_rule')}
        </Link>
        <Link className="button" href={`${LIST}/dry-run`}>
          {t('dry_run.title')}
        </Link>
      </div>
      {rules.isPending ? (
        <Spinner />
      ) : !rules.data ? (
        <LoadError error={rules.error} retry={() => void rules.refetch()} />
      ) : rules.data.length === 0 ? (
        <Empty icon="bolt" title={t('rule.none')} />
      ) : (
        <RuleList rules={rules.data.toSorted((a, b) => a.position - b.position)} />
      )}
    </>
  )
}

function RuleList({ rules }: { rules: Rule[] }) {
  const { t, word, intl } = useLanguage()
  const client = useQueryClient()
  const [, navigate] = useLocation()
  const fail = (error: unknown) => toast(explain(error, t), { tone: 'error' })
  const order = useMutation({
    mutationFn: (ids: string[]) => put('/rules/order', { ids }),
    onMutate: (ids) => {
      const byId = new Map(rules.map((rule) => [rule.id, rule]))
      client.setQueryData(
        rulesQuery.queryKey,
        ids.flatMap((id, index) => {
          const rule = byId.get(id)
          return rule ? [{ ...rule, position: index + 1 }] : []
        }),
      )
    },
    onError: fail,
    onSettled: () => client.invalidateQueries(rulesQuery),
  })
  const activate = useMutation({
    mutationFn: ({ id, active }: Rule) => patch(`/rules/${id}`, { active: !active }),
    onError: fail,
    onSettled: () => client.invalidateQueries(rulesQuery),
  })
  const ids = rules.map(({ id }) => id)
  const { dragAndDropHooks } = useDragAndDrop({
    getItems: (keys) => [...keys].map((key) => ({ 'text/plain': String(key) })),
    onReorder: ({ keys, target }) => {
      const rest = ids.filter((id) => !keys.has(id))
      const at = rest.indexOf(String(target.key)) + (target.dropPosition === 'after' ? 1 : 0)
      order.mutate(rest.toSpliced(at, 0, ...[...keys].map(String)))
    },
  })
  return (
    <>
      <p className="muted">{t('rule.order_note')}</p>
      <GridList
        className="rules"
        aria-label={t('admin.rules')}
        items={rules}
        dragAndDropHooks={dragAndDropHooks}
        onAction={(key) => navigate(`${LIST}/${key}`)}
      >
        {(rule) => {
          const at = ids.indexOf(rule.id)
          return (
            <GridListItem className="rule" textValue={rule.name}>
              <Button
                slot="drag"
                look="quiet"
                className="icon-button"
                icon="grip"
                aria-label={t('rule.drag', { name: rule.name })}
              />
              <span className="rule-number">{intl.formatNumber(rule.position)}</span>
              <span className="rule-text">
                <bdi className="rule-name">{rule.name}</bdi>
                <small className="muted">
                  {word('trigger', rule.trigger.type)}
                  {' · '}
                  {t('rule.counts', {
                    conditions: rule.conditions.flat().length,
                    actions: rule.actions.length,
                  })}
                </small>
                {rule.broken && (
                  <small className="field-error" dir="auto">
                    {t('rule.broken')} {rule.broken}
                  </small>
                )}
              </span>
              <span className={rule.active ? 'badge status-answered' : 'badge'}>
                {t(rule.active ? 'rule.active' : 'rule.inactive')}
              </span>
              <ActionMenu
                label={t('rule.actions_of', { name: rule.name })}
                trigger={<IconButton icon="more" label={t('rule.actions_of', { name: rule.name })} />}
                items={[
                  { id: 'edit', label: t('action.edit'), onAction: () => navigate(`${LIST}/${rule.id}`) },
                  {
                    id: 'active',
                    label: t(rule.active ? 'rule.deactivate' : 'rule.activate'),
                    onAction: () => activate.mutate(rule),
                  },
                  {
                    id: 'up',
                    label: t('rule.up'),
                    disabled: at === 0,
                    onAction: () => order.mutate(moved(ids, rule.id, -1)),
                  },
                  {
                    id: 'down',
                    label: t('rule.down'),
                    disabled: at === ids.length - 1,
                    onAction: () => order.mutate(moved(ids, rule.id, 1)),
                  },
                ]}
              />
            </GridListItem>
          )
        }}
      </GridList>
    </>
  )
}
