import { useState } from 'react'
import { Link } from 'wouter'
import { patch, post } from '../api/client.ts'
import { useDirectory, useMe } from '../api/queries.ts'
import type { Agent, Membership } from '../api/types.ts'
import { useLanguage, useT, useWord } from '../i18n/intl.tsx'
import { chooseLocale, LOCALE_NAMES, LOCALES } from '../i18n/locales.ts'
import { Checkbox, Select, TextField } from '../ui/controls.tsx'
import { Avatar } from '../ui/feedback.tsx'
import { Icon } from '../ui/icons.tsx'
import { linesOf } from './forms.ts'
import { DataTable, EditorForm } from './parts.tsx'

const LIST = '/configuration/agents'
const ROLES = ['owner', 'admin', 'agent'] as const

export function AgentsPage() {
  const t = useT()
  const word = useWord()
  const directory = useDirectory()
  const agents = directory.agents.filter(({ status }) => status !== 'removed')
  return (
    <>
      <div className="toolbar">
        <Link className="button button-primary" href={`${LIST}/new`}>
          {t('admin.new_agent')}
        </Link>
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
              <bdi>
                {agent.memberships
                  .map(({ departmentId }) => directory.department(departmentId)?.name)
                  .filter(Boolean)
                  .join(', ')}
              </bdi>
            </td>
            <td>
              {agent.status === 'active' ? (
                <span className="row">
                  <span className={`presence presence-${agent.presence}`} />
                  {word('presence', agent.presence)}
                </span>
              ) : (
                word('agent_status', agent.status)
              )}
            </td>
          </tr>
        ))}
      </DataTable>
    </>
  )
}

export function AgentEditorPage({ id }: { id: string }) {
  const t = useT()
  const agent = useDirectory().agent(id)
  if (id !== 'new' && !agent) return <p>{t('not_found.text')}</p>
  return <AgentForm agent={agent} />
}

/** `Spanish 4` on a line: a skill and how well; 3 when it is not said. */
function skillsOf(text: string): Agent['skills'] {
  return linesOf(text).map((line) => {
    const [, name, level] = /^(.*?)(?:\s+([1-5]))?$/.exec(line) ?? []
    return { name: name ?? line, level: Number(level ?? 3) }
  })
}

function AgentForm({ agent }: { agent: Agent | undefined }) {
  const { t, word } = useLanguage()
  const me = useMe()
  const { departments } = useDirectory()
  const [name, setName] = useState(agent?.name ?? '')
  const [email, setEmail] = useState(agent?.email ?? '')
  const [role, setRole] = useState(agent?.role ?? 'agent')
  const [locale, setLocale] = useState(chooseLocale([agent?.locale ?? me.locale]))
  const [capacity, setCapacity] = useState(agent?.capacity == null ? '' : String(agent.capacity))
  const [skills, setSkills] = useState(
    (agent?.skills ?? []).map((skill) => `${skill.name} ${skill.level}`).join('\n'),
  )
  const [memberships, setMemberships] = useState<Membership[]>(agent?.memberships ?? [])
  const [status, setStatus] = useState<'active' | 'suspended'>(
    agent?.status === 'suspended' ? 'suspended' : 'active',
  )
  const mayBeOwner = me.role === 'owner'
  const valid = name.trim() !== '' && /^\S+@\S+$/.test(email) && (capacity === '' || Number(capacity) >= 0)
  const leaves = agent?.status === 'active' && status === 'suspended'
  const body = {
    name: name.trim(),
    email: email.trim(),
    role,
    locale,
    capacity: capacity === '' ? null : Number(capacity),
    skills: skillsOf(skills),
    memberships,
    ...(agent && status !== agent.status && { status }),
  }
  return (
    <EditorForm
      back={LIST}
      invalidate="agents"
      valid={valid}
      save={() => (agent ? patch(`/agents/${agent.id}`, body) : post('/agents', body))}
      remove={
        agent && agent.id !== me.id
          ? {
              label: t('agent.remove'),
              text: t('agent.remove_text', { name: agent.name }),
              run: () => patch(`/agents/${agent.id}`, { status: 'removed' }),
            }
          : undefined
      }
    >
      <section className="card">
        <div className="fields">
          <TextField label={t('field.name')} value={name} onChange={setName} required maxLength={200} />
          <TextField
            label={t('field.email')}
            type="email"
            value={email}
            onChange={setEmail}
            required
            dir="ltr"
          />
          <Select
            label={t('field.role')}
            value={role}
            onChange={setRole}
            options={ROLES.map((value) => ({
              value,
              label: word('role', value),
              disabled: value === 'owner' && !mayBeOwner,
            }))}
          />
          <Select
            label={t('profile.language')}
            value={locale}
            onChange={setLocale}
            options={LOCALES.map((value) => ({ value, label: LOCALE_NAMES[value] }))}
          />
          {agent && agent.id !== me.id && (
            <Select
              label={t('field.status')}
              value={status}
              onChange={setStatus}
              options={(['active', 'suspended'] as const).map((value) => ({
                value,
                label: word('agent_status', value),
              }))}
            />
          )}
        </div>
        {leaves && (
          <p className="note">
            <Icon name="alert" />
            {t('agent.suspend_note')}
          </p>
        )}
      </section>
      <section className="card">
        <fieldset className="checks">
          <legend className="field-label">{t('shell.departments')}</legend>
          {departments.map(({ id, name: label }) => (
            <Checkbox
              key={id}
              isSelected={memberships.some(({ departmentId }) => departmentId === id)}
              onChange={(yes) =>
                setMemberships(
                  yes
                    ? [...memberships, { departmentId: id }]
                    : memberships.filter(({ departmentId }) => departmentId !== id),
                )
              }
            >
              <bdi>{label}</bdi>
            </Checkbox>
          ))}
        </fieldset>
      </section>
      <section className="card">
        <h2>{t('department.distribution')}</h2>
        <TextField
          label={t('agent.capacity')}
          description={t('agent.capacity_note')}
          type="number"
          min="0"
          dir="ltr"
          value={capacity}
          onChange={setCapacity}
        />
        <TextField
          label={t('agent.skills')}
          description={t('agent.skills_note')}
          value={skills}
          onChange={setSkills}
          multiline
          rows={3}
        />
      </section>
    </EditorForm>
  )
}
