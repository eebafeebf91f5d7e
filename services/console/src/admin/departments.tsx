import { REOPEN_POLICIES } from '@onus/workflows-contract/model'
import { useState } from 'react'
import { Link } from 'wouter'
import { patch, post, remove } from '../api/client.ts'
import { useDirectory, useMe } from '../api/queries.ts'
import type { Department, Hours, Strategy, Weekday } from '../api/types.ts'
import { useLanguage, useT } from '../i18n/intl.tsx'
import { Checkbox, Select, TextField } from '../ui/controls.tsx'
import { dayText, durationOf, hoursOf, linesOf, minutesOf, WEEKDAYS } from './forms.ts'
import { DataTable, EditorForm } from './parts.tsx'

const STRATEGIES: Strategy[] = ['manual', 'round_robin', 'least_loaded', 'weighted', 'skill_based']
const OCCASIONS = ['new', 'reopened', 'transferred'] as const
const THENS = ['notify', 'escalate', 'redistribute'] as const
const LIST = '/configuration/departments'

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
  const department = useDirectory().department(id)
  if (id !== 'new' && !department) return <p>{t('not_found.text')}</p>
  return <DepartmentForm department={department} />
}

const weekTexts = (hours: Hours | undefined): Record<Weekday, string> =>
  Object.fromEntries(
    WEEKDAYS.map((day) => [
      day,
      hours ? dayText(hours.days[day]) : day === 'sat' || day === 'sun' ? '' : '09:00-17:00',
    ]),
  ) as Record<Weekday, string>

function DepartmentForm({ department }: { department: Department | undefined }) {
  const { t, word } = useLanguage()
  const me = useMe()
  const directory = useDirectory()
  const others = directory.departments.filter(({ id }) => id !== department?.id)
  const [name, setName] = useState(department?.name ?? '')
  const [addresses, setAddresses] = useState((department?.addresses ?? []).join('\n'))
  const [reopenPolicy, setReopenPolicy] = useState(department?.reopenPolicy ?? 'keep_if_available')
  const [onlyOwnerAnswers, setOnlyOwnerAnswers] = useState(department?.onlyOwnerAnswers ?? false)
  const [membersMayTakeOver, setMembersMayTakeOver] = useState(department?.membersMayTakeOver ?? false)
  const [strategy, setStrategy] = useState<Strategy>(department?.distribution.strategy ?? 'manual')
  const [on, setOn] = useState<readonly string[]>(department?.distribution.on ?? ['new', 'reopened'])
  const [fallback, setFallback] = useState(department?.distribution.fallbackDepartmentId ?? '')
  const clock = department?.claimTimeout
  const [hasClock, setHasClock] = useState(clock !== undefined)
  const [warn, setWarn] = useState(String(minutesOf(clock?.warnAfter) ?? ''))
  const [after, setAfter] = useState(String(minutesOf(clock?.after) ?? 30))
  const [then, setThen] = useState(clock?.then ?? 'notify')
  const [toDepartmentId, setToDepartmentId] = useState(clock?.toDepartmentId ?? '')
  const [hasHours, setHasHours] = useState(department?.hours !== undefined)
  const [zone, setZone] = useState(department?.hours?.timeZone ?? me.timeZone ?? 'UTC')
  const [days, setDays] = useState(weekTexts(department?.hours))
  const [holidays, setHolidays] = useState((department?.hours?.holidays ?? []).join('\n'))

  const hours = hoursOf(zone, days, holidays)
  const clockValid = !hasClock || (Number(after) > 0 && (warn === '' || Number(warn) < Number(after)))
  const valid = name.trim() !== '' && clockValid && (!hasHours || hours !== null)
  const body = {
    name: name.trim(),
    addresses: linesOf(addresses),
    reopenPolicy,
    onlyOwnerAnswers,
    membersMayTakeOver,
    distribution: {
      strategy,
      ...(strategy !== 'manual' && { on, ...(fallback && { fallbackDepartmentId: fallback }) }),
    },
    claimTimeout: hasClock
      ? {
          after: durationOf(Number(after)),
          ...(warn !== '' && { warnAfter: durationOf(Number(warn)) }),
          then,
          ...(then === 'escalate' && toDepartmentId && { toDepartmentId }),
        }
      : null,
    hours: hasHours ? hours : null,
  }
  const choices = [
    { value: '', label: t('state.none') },
    ...others.map(({ id, name: label }) => ({ value: id, label })),
  ]
  return (
    <EditorForm
      back={LIST}
      invalidate="departments"
      valid={valid}
      save={() => (department ? patch(`/departments/${department.id}`, body) : post('/departments', body))}
      remove={
        department && {
          label: t('department.delete'),
          text: t('department.delete_text'),
          run: () => remove(`/departments/${department.id}`),
        }
      }
    >
      <section className="card">
        <TextField label={t('field.name')} value={name} onChange={setName} required maxLength={200} />
        <TextField
          label={t('department.addresses')}
          description={t('department.addresses_note')}
          value={addresses}
          onChange={setAddresses}
          multiline
          rows={2}
          dir="ltr"
        />
      </section>
      <section className="card">
        <h2>{t('responsibility.title')}</h2>
        <Select
          label={t('department.reopen_policy')}
          value={reopenPolicy}
          onChange={setReopenPolicy}
          options={REOPEN_POLICIES.map((value) => ({ value, label: word('reopen_policy', value) }))}
        />
        <Checkbox isSelected={onlyOwnerAnswers} onChange={setOnlyOwnerAnswers}>
          {t('department.only_owner_answers')}
        </Checkbox>
        <Checkbox isSelected={membersMayTakeOver} onChange={setMembersMayTakeOver}>
          {t('department.members_take_over')}
        </Checkbox>
      </section>
      <section className="card">
        <h2>{t('department.distribution')}</h2>
        <Select
          label={t('department.strategy')}
          value={strategy}
          onChange={setStrategy}
          options={STRATEGIES.map((value) => ({ value, label: word('strategy', value) }))}
          description={word('strategy_note', strategy)}
        />
        {strategy !== 'manual' && (
          <>
            <fieldset className="checks">
              <legend className="field-label">{t('department.on')}</legend>
              {OCCASIONS.map((occasion) => (
                <Checkbox
                  key={occasion}
                  isSelected={on.includes(occasion)}
                  onChange={(yes) => setOn(yes ? [...on, occasion] : on.filter((each) => each !== occasion))}
                >
                  {word('occasion', occasion)}
                </Checkbox>
              ))}
            </fieldset>
            <Select
              label={t('department.fallback')}
              value={fallback}
              onChange={setFallback}
              options={choices}
            />
          </>
        )}
      </section>
      <section className="card">
        <h2>{t('department.claim_timeout')}</h2>
        <Checkbox isSelected={hasClock} onChange={setHasClock}>
          {t('department.claim_timeout_on')}
        </Checkbox>
        {hasClock && (
          <div className="fields">
            <TextField
              label={t('department.warn_after')}
              type="number"
              value={warn}
              onChange={setWarn}
              min="1"
              dir="ltr"
            />
            <TextField
              label={t('department.due_after')}
              type="number"
              value={after}
              onChange={setAfter}
              min="1"
              dir="ltr"
              required
              error={clockValid ? undefined : t('department.clock_wrong')}
            />
            <Select
              label={t('department.then')}
              value={then}
              onChange={setThen}
              options={THENS.map((value) => ({ value, label: word('then', value) }))}
            />
            {then === 'escalate' && (
              <Select
                label={t('department.escalate_to')}
                value={toDepartmentId}
                onChange={setToDepartmentId}
                options={choices}
              />
            )}
          </div>
        )}
      </section>
      <section className="card">
        <h2>{t('department.hours')}</h2>
        <Checkbox isSelected={hasHours} onChange={setHasHours}>
          {t('department.hours_on')}
        </Checkbox>
        {hasHours && (
          <>
            <Select
              label={t('profile.time_zone')}
              value={zone}
              onChange={setZone}
              options={[...new Set([zone, 'UTC', ...Intl.supportedValuesOf('timeZone')])].map((value) => ({
                value,
                label: value.replaceAll('_', ' '),
              }))}
            />
            <div className="fields">
              {WEEKDAYS.map((day) => (
                <TextField
                  key={day}
                  label={word('weekday', day)}
                  value={days[day]}
                  dir="ltr"
                  onChange={(text) => setDays({ ...days, [day]: text })}
                />
              ))}
            </div>
            <TextField
              label={t('department.holidays')}
              description={t('department.holidays_note')}
              value={holidays}
              onChange={setHolidays}
              multiline
              rows={2}
              dir="ltr"
            />
            {hours === null && <p className="field-error">{t('department.hours_wrong')}</p>}
          </>
        )}
      </section>
    </EditorForm>
  )
}
