import { useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { Link } from 'wouter'
import { get, patch, post } from '../api/client.ts'
import { useDirectory, useMe } from '../api/queries.ts'
import type { Agent } from '../api/types.ts'
import { useLanguage, useT, useWord } from '../i18n/intl.tsx'
import { isolated } from '../i18n/isolated.ts'
import { chooseLocale, LOCALE_NAMES, LOCALES, type MessageId } from '../i18n/locales.ts'
import { Checkbox, Select, TextField } from '../ui/controls.tsx'
import { Avatar } from '../ui/feedback.tsx'
import { At, useFault } from '../ui/field-errors.tsx'
import { Icon } from '../ui/icons.tsx'
import { timeZoneChoices } from '../ui/time-zones.ts'
import {
  type AgentDraft,
  agentBody,
  agentDraft,
  agentFaults,
  isLastOwner,
  leftDepartments,
  mayChange,
  mayGive,
  ROLES,
  weightFault,
} from './agent-model.ts'
import { AwayCards } from './away.tsx'
import { HoursEditor } from './hours.tsx'
import { LeavingCard } from './leaving-card.tsx'
import { NotificationsCard } from './notifications-card.tsx'
import { DataTable, EditorForm } from './parts.tsx'
import { Skills } from './skills.tsx'
import { changesOf, conflictsOf } from './stale.ts'

const LIST = '/configuration/agents'

/** The API's fields, as the form calls them. */
const FIELD_LABELS: Record<keyof ReturnType<typeof agentBody>, MessageId> = {
  name: 'field.name',
  email: 'field.email',
  role: 'field.role',
  locale: 'profile.language',
  timeZone: 'profile.time_zone',
  capacity: 'agent.capacity',
  skills: 'agent.skills',
  memberships: 'shell.departments',
  schedule: 'agent.schedule',
}

export function AgentsPage() {
  const { t, word, listed } = useLanguage()
  const directory = useDirectory()
  const [withFormer, setWithFormer] = useState(false)
  const former = directory.agents.filter(({ status }) => status === 'removed')
  const agents = withFormer ? directory.agents : directory.agents.filter(({ status }) => status !== 'removed')
  return (
    <>
      <div className="toolbar">
        <Link className="button button-primary" href={`${LIST}/new`}>
          {t('admin.new_agent')}
        </Link>
        {former.length > 0 && (
          <Checkbox isSelected={withFormer} onChange={setWithFormer}>
            {t('agent.show_former')}
          </Checkbox>
        )}
      </div>
      <DataTable
        caption={t('admin.agents')}
        head={[t('field.name'), t('field.email'), t('field.role'), t('shell.departments'), t('field.status')]}
      >
        {agents.map((agent) => (
          <tr key={agent.id}>
            <th scope="row">
              <span className="row">
                <Avatar name={agent.name} id={agent.id} />
                <Link href={`${LIST}/${agent.id}`}>
                  <bdi>{agent.name}</bdi>
                </Link>
              </span>
            </th>
            <td dir="ltr" className="muted">
              {agent.email}
            </td>
            <td>{word('role', agent.role)}</td>
            <td className="muted">
              {listed(
                agent.memberships
                  .map(({ departmentId }) => directory.department(departmentId)?.name)
                  .filter((name) => name !== undefined)
                  .map(isolated),
              )}
            </td>
            <td>
              <AgentState agent={agent} />
            </td>
          </tr>
        ))}
      </DataTable>
    </>
  )
}

/** Whether they are here, in words. */
export function AgentState({ agent }: { agent: Agent }) {
  const t = useT()
  const word = useWord()
  if (agent.status !== 'active') return word('agent_status', agent.status)
  const now = new Date().toISOString()
  const away = agent.leave.some(({ from, until }) => from <= now && now < until)
  return (
    <span className="row">
      <span className={`presence presence-${away ? 'away' : agent.presence}`} />
      {away ? t('away.on_leave') : word('presence', agent.presence)}
    </span>
  )
}

export function AgentEditorPage({ id }: { id: string }) {
  const t = useT()
  const me = useMe()
  const client = useQueryClient()
  const [version, setVersion] = useState(0)
  const agent = useDirectory().agent(id)
  if (id !== 'new' && !agent) return <p>{t('not_found.text')}</p>
  const reload = async () => {
    await client.invalidateQueries({ queryKey: ['agents'] })
    setVersion(version + 1)
  }
  return (
    <div className="stack">
      {agent && agent.status !== 'active' && <LeavingCard agent={agent} />}
      {agent?.status !== 'removed' && (
        <AgentForm key={version} agent={agent} onReload={() => void reload()} />
      )}
      {agent?.status === 'active' && (
        <>
          {mayChange(me.role, agent.role) && <NotificationsCard agent={agent} />}
          <AwayCards agent={agent} may={agent.id === me.id || mayChange(me.role, agent.role)} />
          <LeavingCard agent={agent} />
        </>
      )}
    </div>
  )
}

function AgentForm({ agent, onReload }: { agent: Agent | undefined; onReload: () => void }) {
  const { t, word, intl } = useLanguage()
  const me = useMe()
  const directory = useDirectory()
  // As they were when the form was opened; what others save since is looked for before saving.
  const [base] = useState(() =>
    agentDraft(agent, { locale: chooseLocale([me.locale]), timeZone: me.timeZone || 'UTC' }),
  )
  const [draft, setDraft] = useState(base)
  const change = (next: Partial<AgentDraft>) => setDraft({ ...draft, ...next })
  const faults = agentFaults(draft)
  const body = agentBody(draft)
  const may = !agent || mayChange(me.role, agent.role)
  const lastOwner = isLastOwner(agent, directory.agents)
  const left = leftDepartments(base, draft).map((id) => directory.department(id)?.name ?? '')
  return (
    <EditorForm
      back={LIST}
      invalidate="agents"
      valid={faults.length === 0 && may}
      fields={Object.keys(body)}
      reasons={{ 'address-taken': 'email', 'already-exists': 'email', 'last-owner': 'role' }}
      stale={
        agent && {
          conflicts: async () => {
            const theirs = agentDraft(await get<Agent>(`/agents/${agent.id}`), base)
            return conflictsOf(agentBody(base), body, agentBody(theirs)).map((key) => t(FIELD_LABELS[key]))
          },
          takeTheirs: onReload,
        }
      }
      save={() =>
        agent ? patch(`/agents/${agent.id}`, changesOf(agentBody(base), body)) : post('/agents', body)
      }
    >
      {!may && (
        <p className="note">
          <Icon name="alert" />
          {t('agent.above_you')}
        </p>
      )}
      <section className="card">
        <div className="fields">
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
          <At field="email">
            {(fault) => (
              <TextField
                label={t('field.email')}
                type="email"
                value={draft.email}
                onChange={(email) => change({ email })}
                required
                dir="ltr"
                error={fault}
              />
            )}
          </At>
          <At field="role">
            {(fault) => (
              <Select
                label={t('field.role')}
                value={draft.role}
                onChange={(role) => change({ role })}
                disabled={lastOwner}
                description={lastOwner ? t('agent.last_owner') : word('role_note', draft.role)}
                error={fault}
                options={ROLES.map((value) => ({
                  value,
                  label: word('role', value),
                  disabled: !mayGive(me.role, value),
                }))}
              />
            )}
          </At>
          <Select
            label={t('profile.language')}
            value={draft.locale}
            onChange={(locale) => change({ locale })}
            options={LOCALES.map((value) => ({ value, label: LOCALE_NAMES[value] }))}
          />
          <At field="timeZone">
            {(fault) => (
              <Select
                label={t('profile.time_zone')}
                value={draft.timeZone}
                onChange={(timeZone) => change({ timeZone })}
                options={() => timeZoneChoices(draft.timeZone)}
                error={fault}
              />
            )}
          </At>
        </div>
      </section>
      <section className="card">
        <h2>{t('agent.memberships')}</h2>
        <Memberships value={draft.weights} onChange={(weights) => change({ weights })} />
        {left.length > 0 && (
          <p className="note">
            <Icon name="alert" />
            {t('agent.leaves_departments', { names: intl.formatList(left) })}
          </p>
        )}
      </section>
      <section className="card">
        <h2>{t('department.distribution')}</h2>
        <At field="capacity">
          {(fault) => (
            <TextField
              label={t('agent.capacity')}
              description={t('agent.capacity_note')}
              type="number"
              min="0"
              dir="ltr"
              value={draft.capacity}
              onChange={(capacity) => change({ capacity })}
              error={faults.includes('capacity') ? t('agent.capacity_wrong') : fault}
            />
          )}
        </At>
        <Skills
          note={t('agent.skills_note')}
          field="skills"
          level={3}
          value={draft.skills}
          onChange={(skills) => change({ skills })}
        />
      </section>
      <section className="card">
        <h2>{t('agent.schedule')}</h2>
        <p className="field-note">{t('agent.schedule_note')}</p>
        <HoursEditor
          label={t('agent.schedule_on')}
          field="schedule"
          value={draft.schedule}
          onChange={(schedule) => change({ schedule })}
        />
      </section>
    </EditorForm>
  )
}

/** Which departments, and how much of what is given by weight. */
function Memberships(props: {
  value: Record<string, string>
  onChange: (next: Record<string, string>) => void
}) {
  const { value, onChange } = props
  const t = useT()
  const fault = useFault()('memberships')
  const { departments } = useDirectory()
  const toggle = (id: string, yes: boolean) => {
    const { [id]: _, ...rest } = value
    onChange(yes ? { ...rest, [id]: '' } : rest)
  }
  return (
    <fieldset className="memberships">
      <legend className="visually-hidden">{t('agent.memberships')}</legend>
      {departments.map(({ id, name, distribution }) => {
        const weight = value[id]
        return (
          <div className="membership" key={id}>
            <Checkbox isSelected={weight !== undefined} onChange={(yes) => toggle(id, yes)}>
              <bdi>{name}</bdi>
            </Checkbox>
            {weight !== undefined && (distribution.strategy === 'weighted' || weight !== '') && (
              <TextField
                label={t('agent.weight_in', { department: name })}
                type="number"
                min="1"
                max="100"
                dir="ltr"
                value={weight}
                onChange={(next) => onChange({ ...value, [id]: next })}
                description={t('agent.weight_note')}
                error={weightFault(weight) ? t('agent.weight_wrong') : undefined}
              />
            )}
          </div>
        )
      })}
      {fault && <span className="field-error">{fault}</span>}
    </fieldset>
  )
}
