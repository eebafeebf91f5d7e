import { REOPEN_POLICIES } from '@onus/workflows-contract/model'
import { useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { Link } from 'wouter'
import { get, patch, post, remove } from '../api/client.ts'
import { useDirectory, useMe } from '../api/queries.ts'
import type { Department } from '../api/types.ts'
import { useLanguage, useT } from '../i18n/intl.tsx'
import type { MessageId } from '../i18n/locales.ts'
import { Checkbox, Select, TextField } from '../ui/controls.tsx'
import { At } from '../ui/field-errors.tsx'
import { Icon } from '../ui/icons.tsx'
import {
  type DepartmentDraft,
  departmentBody,
  departmentDraft,
  departmentFaults,
  OCCASIONS,
  STRATEGIES,
  THENS,
} from './department-model.ts'
import { HoursEditor } from './hours.tsx'
import { MembersCard } from './members-card.tsx'
import { DataTable, EditorForm } from './parts.tsx'
import { changesOf, conflictsOf } from './stale.ts'

const LIST = '/configuration/departments'

/** The API's fields, as the form calls them. */
const FIELD_LABELS: Record<keyof ReturnType<typeof departmentBody>, MessageId> = {
  name: 'field.name',
  addresses: 'department.addresses',
  reopenPolicy: 'department.reopen_policy',
  onlyOwnerAnswers: 'department.only_owner_answers',
  membersMayTakeOver: 'department.members_take_over',
  distribution: 'department.distribution',
  claimTimeout: 'department.claim_timeout',
  hours: 'department.hours',
}

export function DepartmentsPage() {
  const { t, word, intl } = useLanguage()
  const directory = useDirectory()
  return (
    <>
      <div className="toolbar">
        <Link className="button button-primary" href={`${LIST}/new`}>
          {t('admin.new_department')}
        </Link>
      </div>
      <DataTable
        caption={t('shell.departments')}
        head={[
          t('field.name'),
          t('department.members'),
          t('department.distribution'),
          t('department.addresses'),
        ]}
      >
        {directory.departments.map((department) => (
          <tr key={department.id}>
            <th scope="row">
              <Link href={`${LIST}/${department.id}`}>
                <bdi>{department.name}</bdi>
              </Link>
            </th>
            <td>{intl.formatNumber(directory.activeMembers(department.id).length)}</td>
            <td>{word('strategy', department.distribution.strategy)}</td>
            <td dir="ltr" className="muted">
              {department.addresses.join(', ')}
            </td>
          </tr>
        ))}
      </DataTable>
    </>
  )
}

export function DepartmentEditorPage({ id }: { id: string }) {
  const t = useT()
  const client = useQueryClient()
  const [version, setVersion] = useState(0)
  const department = useDirectory().department(id)
  if (id !== 'new' && !department) return <p>{t('not_found.text')}</p>
  const reload = async () => {
    await client.invalidateQueries({ queryKey: ['departments'] })
    setVersion(version + 1)
  }
  return (
    <div className="stack">
      <DepartmentForm key={version} department={department} onReload={() => void reload()} />
      {department && <MembersCard department={department} />}
    </div>
  )
}

function DepartmentForm(props: { department: Department | undefined; onReload: () => void }) {
  const { t, word } = useLanguage()
  const me = useMe()
  const directory = useDirectory()
  // As it was when the form was opened; what others save since is looked for before saving.
  const [base] = useState(() => departmentDraft(props.department, me.timeZone ?? 'UTC'))
  const [draft, setDraft] = useState(base)
  const id = props.department?.id
  const others = directory.departments.filter((each) => each.id !== id)
  const change = (next: Partial<DepartmentDraft>) => setDraft({ ...draft, ...next })
  const faults = departmentFaults(draft)
  const body = departmentBody(draft)
  const choices = [
    { value: '', label: t('state.none') },
    ...others.map((each) => ({ value: each.id, label: each.name })),
  ]
  const { strategy, on } = draft
  return (
    <EditorForm
      back={LIST}
      invalidate="departments"
      valid={faults.length === 0}
      fields={Object.keys(body)}
      reasons={{ 'address-taken': 'addresses', 'already-exists': 'name' }}
      stale={
        id === undefined
          ? undefined
          : {
              conflicts: async () => {
                const now = await get<Department>(`/departments/${id}`)
                const theirs = departmentBody(departmentDraft(now, base.hours.timeZone))
                return conflictsOf(departmentBody(base), body, theirs).map((key) => t(FIELD_LABELS[key]))
              },
              takeTheirs: props.onReload,
            }
      }
      save={() =>
        id === undefined
          ? post('/departments', body)
          : patch(`/departments/${id}`, changesOf(departmentBody(base), body))
      }
      remove={
        id === undefined
          ? undefined
          : {
              label: t('department.delete'),
              text: t('department.delete_text'),
              run: () => remove(`/departments/${id}`),
            }
      }
    >
      <section className="card">
        <At field="name">
          {(fault) => (
            <TextField
              label={t('field.name')}
              value={draft.name}
              onChange={(name) => change({ name })}
              required
              maxLength={200}
              error={fault}
            />
          )}
        </At>
        <At field="addresses">
          {(fault) => (
            <TextField
              label={t('department.addresses')}
              description={t('department.addresses_note')}
              value={draft.addresses}
              onChange={(addresses) => change({ addresses })}
              multiline
              rows={2}
              dir="ltr"
              error={fault}
            />
          )}
        </At>
      </section>
      <section className="card">
        <h2>{t('responsibility.title')}</h2>
        <Select
          label={t('department.reopen_policy')}
          value={draft.reopenPolicy}
          onChange={(reopenPolicy) => change({ reopenPolicy })}
          options={REOPEN_POLICIES.map((value) => ({ value, label: word('reopen_policy', value) }))}
          description={word('reopen_policy_note', draft.reopenPolicy)}
        />
        <Switch
          label={t('department.only_owner_answers')}
          note={t('department.only_owner_answers_note')}
          value={draft.onlyOwnerAnswers}
          onChange={(onlyOwnerAnswers) => change({ onlyOwnerAnswers })}
        />
        <Switch
          label={t('department.members_take_over')}
          note={t('department.members_take_over_note')}
          value={draft.membersMayTakeOver}
          onChange={(membersMayTakeOver) => change({ membersMayTakeOver })}
        />
      </section>
      <section className="card">
        <h2>{t('department.distribution')}</h2>
        <At field="distribution.strategy">
          {(fault) => (
            <Select
              label={t('department.strategy')}
              value={strategy}
              onChange={(next) => change({ strategy: next })}
              options={STRATEGIES.map((value) => ({ value, label: word('strategy', value) }))}
              description={word('strategy_note', strategy)}
              error={fault}
            />
          )}
        </At>
        {strategy !== 'manual' && (
          <>
            <fieldset className="checks">
              <legend className="field-label">{t('department.on')}</legend>
              {OCCASIONS.map((occasion) => (
                <Checkbox
                  key={occasion}
                  isSelected={on.includes(occasion)}
                  onChange={(yes) =>
                    change({ on: yes ? [...on, occasion] : on.filter((each) => each !== occasion) })
                  }
                >
                  {word('occasion', occasion)}
                </Checkbox>
              ))}
            </fieldset>
            {faults.includes('on') && <p className="field-error">{t('department.on_wrong')}</p>}
            {!on.includes('transferred') && <p className="field-note">{t('department.transferred_note')}</p>}
            <At field="distribution.fallbackDepartmentId">
              {(fault) => (
                <Select
                  label={t('department.fallback')}
                  description={t('department.fallback_note')}
                  value={draft.fallback}
                  onChange={(fallback) => change({ fallback })}
                  options={choices}
                  error={fault}
                />
              )}
            </At>
            {(strategy === 'weighted' || strategy === 'skill_based') && (
              <p className="note">
                <Icon name="help" />
                <span>
                  {t(strategy === 'weighted' ? 'department.weights_at' : 'department.skills_at')}{' '}
                  <Link href="/configuration/agents">{t('admin.agents')}</Link>
                </span>
              </p>
            )}
          </>
        )}
      </section>
      <section className="card">
        <h2>{t('department.claim_timeout')}</h2>
        <Checkbox isSelected={draft.hasClock} onChange={(hasClock) => change({ hasClock })}>
          {t('department.claim_timeout_on')}
        </Checkbox>
        {draft.hasClock && (
          <>
            <p className="field-note">
              {t(draft.hours.on ? 'department.clock_in_hours' : 'department.clock_always')}
            </p>
            <div className="fields">
              <At field="claimTimeout.warnAfter">
                {(fault) => (
                  <TextField
                    label={t('department.warn_after')}
                    type="number"
                    value={draft.warn}
                    onChange={(warn) => change({ warn })}
                    min="1"
                    dir="ltr"
                    error={faults.includes('warn') ? t('department.clock_wrong') : fault}
                  />
                )}
              </At>
              <At field="claimTimeout.after">
                {(fault) => (
                  <TextField
                    label={t('department.due_after')}
                    type="number"
                    value={draft.after}
                    onChange={(after) => change({ after })}
                    min="1"
                    dir="ltr"
                    required
                    error={faults.includes('after') ? t('department.after_wrong') : fault}
                  />
                )}
              </At>
              <Select
                label={t('department.then')}
                value={draft.then}
                onChange={(then) => change({ then })}
                options={THENS.map((value) => ({ value, label: word('then', value) }))}
              />
              {draft.then === 'escalate' && (
                <At field="claimTimeout.toDepartmentId">
                  {(fault) => (
                    <Select
                      label={t('department.escalate_to')}
                      value={draft.toDepartmentId}
                      onChange={(toDepartmentId) => change({ toDepartmentId })}
                      options={choices}
                      error={faults.includes('escalate') ? t('department.escalate_wrong') : fault}
                    />
                  )}
                </At>
              )}
            </div>
          </>
        )}
      </section>
      <section className="card">
        <h2>{t('department.hours')}</h2>
        <p className="field-note">{t('department.hours_note')}</p>
        <HoursEditor
          label={t('department.hours_on')}
          field="hours"
          value={draft.hours}
          onChange={(hours) => change({ hours })}
        />
      </section>
    </EditorForm>
  )
}

/** A yes or no that needs a word about what it means. */
function Switch(props: { label: string; note: string; value: boolean; onChange: (next: boolean) => void }) {
  return (
    <div className="field">
      <Checkbox isSelected={props.value} onChange={props.onChange}>
        {props.label}
      </Checkbox>
      <p className="field-note indented">{props.note}</p>
    </div>
  )
}
