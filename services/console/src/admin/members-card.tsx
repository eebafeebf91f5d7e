import { useQueryClient } from '@tanstack/react-query'
import { useRef, useState } from 'react'
import { Link } from 'wouter'
import { get, patch } from '../api/client.ts'
import { useDirectory, useMe } from '../api/queries.ts'
import type { Agent, Department } from '../api/types.ts'
import { useT } from '../i18n/intl.tsx'
import { isolated } from '../i18n/isolated.ts'
import { Button, Select } from '../ui/controls.tsx'
import { Avatar, explain, toast } from '../ui/feedback.tsx'
import { FormDialog } from '../ui/overlay.tsx'
import { isMember, mayChange, membershipsAfter } from './agent-model.ts'
import { AgentState } from './agents.tsx'
import { useFocusWhenLost } from './parts.tsx'

/** Who is a member of a department; they come and go at once, since it is the agents that are changed. */
export function MembersCard({ department }: { department: Department }) {
  const t = useT()
  const me = useMe()
  const { agents, activeMembers } = useDirectory()
  const change = useMembership(department.id)
  const [leaving, setLeaving] = useState<Agent | null>(null)
  const active = agents.filter(({ status }) => status === 'active')
  const members = activeMembers(department.id)
  const isSolo = active.length === 1
  const others = active.filter((agent) => !members.includes(agent) && mayChange(me.role, agent.role))
  const heading = useFocusWhenLost(members.length)
  return (
    <section className="card form-page" aria-label={t('department.members')}>
      <h2 ref={heading} tabIndex={-1}>
        {t('department.members')}
      </h2>
      <p className="muted">{t(isSolo ? 'department.members_solo' : 'department.members_note')}</p>
      {members.length === 0 ? (
        <p className="muted">{t('department.members_none')}</p>
      ) : (
        <ul className="entries">
          {members.map((agent) => (
            <MemberRow
              key={agent.id}
              agent={agent}
              department={department}
              onRemove={isSolo || !mayChange(me.role, agent.role) ? undefined : () => setLeaving(agent)}
            />
          ))}
        </ul>
      )}
      {others.length > 0 && <AddMember agents={others} onAdd={(agent) => change(agent, true)} />}
      {leaving && (
        <FormDialog
          title={t('department.member_remove_named', { name: isolated(leaving.name) })}
          submit={t('department.member_remove')}
          danger
          onClose={() => setLeaving(null)}
          onSubmit={() => change(leaving, false)}
        >
          <p>
            {t('department.member_remove_text', {
              name: isolated(leaving.name),
              department: isolated(department.name),
            })}
          </p>
        </FormDialog>
      )}
    </section>
  )
}

/**
 * Makes somebody a member, or no member any more. What is written starts from the agent as they are now, so that
 * nothing is written over that somebody else changed; what they changed to the same end is told.
 */
function useMembership(departmentId: string) {
  const t = useT()
  const client = useQueryClient()
  return async (agent: Agent, joins: boolean) => {
    const name = isolated(agent.name)
    const path = `/agents/${agent.id}`
    const now = await get<Agent>(path)
    const isStale = now.status !== 'active' || isMember(now, departmentId) === joins
    if (!isStale) await patch(path, { memberships: membershipsAfter(now, departmentId, joins) })
    await Promise.all([['agents'], ['me']].map((queryKey) => client.invalidateQueries({ queryKey })))
    if (isStale) toast(t('department.member_stale', { name }), { tone: 'error' })
    else toast(t(joins ? 'department.member_added' : 'department.member_removed', { name }))
  }
}

function MemberRow(props: { agent: Agent; department: Department; onRemove: (() => void) | undefined }) {
  const { agent, department, onRemove } = props
  const t = useT()
  const membership = agent.memberships.find(({ departmentId }) => departmentId === department.id)
  return (
    <li>
      <span className="row">
        <Avatar name={agent.name} id={agent.id} />
        <Link href={`/configuration/agents/${agent.id}`}>
          <bdi>{agent.name}</bdi>
        </Link>
      </span>
      <span className="row-actions">
        <AgentState agent={agent} />
        {department.distribution.strategy === 'weighted' && (
          <span className="muted">{t('department.member_weight', { weight: membership?.weight ?? 1 })}</span>
        )}
        {onRemove && (
          <Button
            size="small"
            aria-label={t('department.member_remove_named', { name: isolated(agent.name) })}
            onPress={onRemove}
          >
            {t('department.member_remove')}
          </Button>
        )}
      </span>
    </li>
  )
}

function AddMember(props: { agents: Agent[]; onAdd: (agent: Agent) => Promise<void> }) {
  const { agents, onAdd } = props
  const t = useT()
  const [wanted, setWanted] = useState('')
  const [busy, setBusy] = useState(false)
  const row = useRef<HTMLDivElement>(null)
  const chosen = agents.find(({ id }) => id === wanted)
  const add = async (agent: Agent) => {
    setBusy(true)
    try {
      await onAdd(agent)
      setWanted('')
      // The next one is chosen here; the button has nobody to add any more.
      row.current?.querySelector('select')?.focus()
    } catch (error) {
      toast(explain(error, t), { tone: 'error' })
    } finally {
      setBusy(false)
    }
  }
  return (
    <div className="add-row add-member" ref={row}>
      <Select
        label={t('department.member_add')}
        value={chosen?.id ?? ''}
        onChange={setWanted}
        options={[
          { value: '', label: t('assign.choose'), disabled: true },
          ...agents.map(({ id, name }) => ({ value: id, label: name })),
        ]}
      />
      <Button
        icon="plus"
        isDisabled={!chosen}
        isPending={busy}
        onPress={() => {
          if (chosen && !busy) void add(chosen)
        }}
      >
        {t('action.add')}
      </Button>
    </div>
  )
}
