import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { Link } from 'wouter'
import { ApiError, get, post } from '../api/client.ts'
import { useDirectory } from '../api/queries.ts'
import type { Agent, Department, Offboarding } from '../api/types.ts'
import { useLanguage, useT } from '../i18n/intl.tsx'
import { ExactTime } from '../i18n/time.tsx'
import { actorName } from '../ticket/actor.ts'
import { Button, Segmented, Select } from '../ui/controls.tsx'
import { ErrorNote, LoadError, Spinner } from '../ui/feedback.tsx'
import { At } from '../ui/field-errors.tsx'
import { Icon } from '../ui/icons.tsx'
import { FormDialog } from '../ui/overlay.tsx'
import {
  type Control,
  controlsOf,
  doneOf,
  type Heir,
  heirOf,
  pollMs,
  quarterOf,
  successorsOf,
} from './leaving-model.ts'
import { DataTable, useFocusWhenLost } from './parts.tsx'

/** An agent leaves: what they hold, where it goes, and how far it is. */
export function LeavingPage({ id }: { id: string }) {
  const t = useT()
  const client = useQueryClient()
  const agent = useDirectory().agent(id)
  const path = `/agents/${encodeURIComponent(id)}/offboarding`
  const [again, setAgain] = useState(false)
  const [begun, setBegun] = useState(false)
  const latest = useQuery({
    queryKey: ['offboarding', id],
    queryFn: async ({ signal }) => {
      try {
        return await get<Offboarding>(path, { signal })
      } catch (error) {
        if (error instanceof ApiError && error.status === 404) return null
        throw error
      }
    },
    refetchInterval: (query) => pollMs(query.state.data?.state),
    staleTime: 0,
  })
  const state = latest.data?.state
  // Its begin and its end change who is active.
  useEffect(() => {
    if (state) void client.invalidateQueries({ queryKey: ['agents'] })
  }, [client, state])
  if (!agent) return <p>{t('not_found.text')}</p>
  if (latest.isPending) return <Spinner />
  if (latest.error && !latest.data)
    return <LoadError error={latest.error} retry={() => void latest.refetch()} />
  const over = state === 'undone' || state === 'stopped' || state === 'completed'
  const planning = !latest.data || (agent.status === 'active' && over && again)
  const show = (next: Offboarding) => {
    client.setQueryData(['offboarding', id], next)
    setAgain(false)
    setBegun(true)
  }
  return (
    <div className="form-page">
      <p>
        <Link href={`/configuration/agents/${id}`} className="back-link">
          <Icon name="back" /> <bdi>{agent.name}</bdi>
        </Link>
      </p>
      {planning ? (
        <Plan agent={agent} path={path} onStarted={show} />
      ) : (
        latest.data && (
          <Progress
            agent={agent}
            path={path}
            offboarding={latest.data}
            error={latest.error}
            begun={begun}
            onChanged={show}
            onAgain={agent.status === 'active' && over ? () => setAgain(true) : undefined}
          />
        )
      )}
    </div>
  )
}

/** What would happen, before it does. */
function Plan(props: { agent: Agent; path: string; onStarted: (begun: Offboarding) => void }) {
  const { agent, path, onStarted } = props
  const { t, word, intl } = useLanguage()
  const directory = useDirectory()
  const preview = useQuery({
    queryKey: ['offboarding-preview', agent.id],
    queryFn: () => post<Offboarding>(path, { dryRun: true }),
    staleTime: 0,
    gcTime: 0,
  })
  const [heirs, setHeirs] = useState<Record<string, Heir>>({})
  const [status, setStatus] = useState<'removed' | 'suspended'>('removed')
  const [asking, setAsking] = useState(false)
  if (preview.isPending) return <Spinner />
  if (!preview.data) return <LoadError error={preview.error} retry={() => void preview.refetch()} />
  const { byDepartment, tickets } = preview.data
  const held = byDepartment.filter((each) => each.tickets > 0)
  const successors = successorsOf(
    held.map(({ departmentId }) => departmentId),
    heirs,
  )
  const standsInFor = directory.agents.filter(
    ({ delegation, status: theirs }) => theirs === 'active' && delegation?.toAgentId === agent.id,
  )
  return (
    <>
      <section className="card">
        <h2>{t('leaving.holds', { name: agent.name, count: tickets })}</h2>
        {held.length === 0 ? (
          <p className="muted">{t('leaving.holds_none')}</p>
        ) : (
          <DataTable
            caption={t('leaving.where_to')}
            head={[t('field.department'), t('leaving.tickets'), t('leaving.where_to')]}
          >
            {held.map(({ departmentId, tickets: count }) => (
              <tr key={departmentId}>
                <th scope="row">
                  <bdi>{directory.department(departmentId)?.name ?? t('name.unknown_department')}</bdi>
                </th>
                <td>{intl.formatNumber(count)}</td>
                <td>
                  <HeirSelect
                    agent={agent}
                    department={directory.department(departmentId)}
                    value={heirs[departmentId] ?? 'nobody'}
                    onChange={(heir) => setHeirs({ ...heirs, [departmentId]: heir })}
                  />
                </td>
              </tr>
            ))}
          </DataTable>
        )}
      </section>
      <section className="card">
        <h2>{t('leaving.becomes')}</h2>
        <Segmented
          label={t('leaving.becomes')}
          value={status}
          onChange={setStatus}
          options={(['removed', 'suspended'] as const).map((value) => ({
            value,
            label: word('agent_status', value),
          }))}
        />
        <p className="muted">{word('leaving_note', status)}</p>
      </section>
      <section className="card">
        <h2>{t('leaving.what_happens')}</h2>
        <ol className="steps">
          <li>{t('leaving.step_marked', { name: agent.name })}</li>
          <li>{t('leaving.step_moved')}</li>
          <li>{t('leaving.step_swept')}</li>
          <li>{t('leaving.step_told')}</li>
          <li>{t('leaving.step_undo')}</li>
        </ol>
        {standsInFor.length > 0 && (
          <p className="note">
            <Icon name="alert" />
            {t('leaving.stands_in', {
              name: agent.name,
              others: intl.formatList(standsInFor.map(({ name }) => name)),
            })}
          </p>
        )}
      </section>
      <div className="save-bar">
        <Button look="danger" onPress={() => setAsking(true)}>
          {t('leaving.start', { name: agent.name })}
        </Button>
        <Link className="button" href={`/configuration/agents/${agent.id}`}>
          {t('action.cancel')}
        </Link>
      </div>
      {asking && (
        <FormDialog
          title={t('leaving.confirm_title', { name: agent.name })}
          submit={t('leaving.confirm')}
          danger
          fields={['successors', 'status']}
          onClose={() => setAsking(false)}
          onSubmit={async () =>
            onStarted(await post<Offboarding>(path, { dryRun: false, status, successors }))
          }
        >
          <p>{t('leaving.confirm_text', { name: agent.name, status: word('agent_status', status) })}</p>
          <ul className="steps">
            {held.map(({ departmentId, tickets: count }, at) => (
              <li key={departmentId}>
                <bdi>{directory.department(departmentId)?.name}</bdi>: {intl.formatNumber(count)} →{' '}
                <HeirName heir={heirs[departmentId] ?? 'nobody'} />
                <At field={`successors[${at}]`}>
                  {(fault) => fault && <span className="field-error"> {fault}</span>}
                </At>
              </li>
            ))}
          </ul>
          <At field="status">{(fault) => fault && <p className="field-error">{fault}</p>}</At>
        </FormDialog>
      )}
    </>
  )
}

function HeirSelect(props: {
  agent: Agent
  department: Department | undefined
  value: Heir
  onChange: (next: Heir) => void
}) {
  const { agent, department, value, onChange } = props
  const { t, word } = useLanguage()
  const { activeMembers } = useDirectory()
  if (!department) return null
  const { strategy } = department.distribution
  const others = activeMembers(department.id).filter(({ id }) => id !== agent.id)
  const choices: { value: Heir; label: string }[] = [
    { value: 'nobody', label: t('leaving.to_nobody') },
    ...(strategy === 'manual'
      ? []
      : [
          {
            value: 'redistribute' as const,
            label: t('leaving.to_distribution', { strategy: word('strategy', strategy) }),
          },
        ]),
    ...others.map(({ id, name }) => ({ value: `agent:${id}` as const, label: name })),
  ]
  return (
    <Select
      label={t('leaving.heir_in', { department: department.name })}
      hideLabel
      value={value}
      onChange={onChange}
      options={choices}
    />
  )
}

function HeirName({ heir }: { heir: Heir }) {
  const t = useT()
  const directory = useDirectory()
  if (heir === 'nobody') return t('leaving.to_nobody')
  if (heir === 'redistribute') return t('leaving.by_distribution')
  return <bdi>{directory.agent(heir.slice('agent:'.length))?.name ?? t('name.unknown_agent')}</bdi>
}

/** How far it is, what can be done about it, and what came of it. */
function Progress(props: {
  agent: Agent
  path: string
  offboarding: Offboarding
  /** It could not be asked just now; what is shown is of the last time. */
  error: unknown
  /** It was begun on this page a moment ago. */
  begun: boolean
  onChanged: (next: Offboarding) => void
  onAgain?: () => void
}) {
  const { agent, path, offboarding, onChanged, onAgain } = props
  const { t, word, intl } = useLanguage()
  const directory = useDirectory()
  const { state } = offboarding
  const [error, setError] = useState<unknown>(null)
  const [busy, setBusy] = useState<Control | null>(null)
  const [asking, setAsking] = useState(false)
  const { done, of } = doneOf(offboarding)
  const heading = useFocusWhenLost(state, props.begun)
  const percent = of === 0 ? 1 : done / of
  const control = async (action: Control) => {
    setBusy(action)
    setError(null)
    try {
      onChanged(await post<Offboarding>(`${path}/${action}`))
    } catch (reason) {
      setError(reason)
    } finally {
      setBusy(null)
    }
  }
  const counted = t(state === 'undoing' || state === 'undone' ? 'leaving.given_back' : 'leaving.moved', {
    done: intl.formatNumber(done),
    of: intl.formatNumber(of),
  })
  return (
    <>
      <section className="card" aria-labelledby="leaving-state">
        <div className="card-head">
          <h2 id="leaving-state" ref={heading} tabIndex={-1}>
            {word('offboarding', state)}
          </h2>
          <span className={`state state-${toneOf(state)}`}>{word('agent_status', agent.status)}</span>
        </div>
        <p className="muted">{word('offboarding_note', state)}</p>
        <div
          className="progress"
          role="progressbar"
          aria-label={t('leaving.progress')}
          aria-valuemin={0}
          aria-valuemax={of}
          aria-valuenow={done}
          aria-valuetext={counted}
        >
          <span className="progress-bar" style={{ inlineSize: `${Math.round(percent * 100)}%` }} />
        </div>
        <p>{counted}</p>
        <p role="status" className="visually-hidden">
          {`${word('offboarding', state)}. ${t('leaving.quarter', { percent: intl.formatNumber(quarterOf(offboarding) / 4, { style: 'percent' }) })}`}
        </p>
        {props.error !== null && <ErrorNote error={props.error} />}
        {error !== null && <ErrorNote error={error} />}
        <div className="row-actions">
          {controlsOf(state).map((action) => (
            <Button
              key={action}
              look={action === 'undo' ? 'quiet' : 'plain'}
              isPending={busy === action}
              onPress={() => (action === 'undo' ? setAsking(true) : void control(action))}
            >
              {t(`leaving_control.${action}`)}
            </Button>
          ))}
          {onAgain && <Button onPress={onAgain}>{t('leaving.begin')}</Button>}
        </div>
      </section>
      <section className="card">
        <h2>{t('leaving.result')}</h2>
        {offboarding.byDepartment.length > 0 && (
          <DataTable
            caption={t('leaving.result')}
            head={[t('field.department'), t('leaving.tickets'), t('leaving.where_to')]}
          >
            {offboarding.byDepartment.map(({ departmentId, tickets }) => (
              <tr key={departmentId}>
                <th scope="row">
                  <bdi>{directory.department(departmentId)?.name ?? t('name.unknown_department')}</bdi>
                </th>
                <td>{intl.formatNumber(tickets)}</td>
                <td>
                  <HeirName heir={heirOf(offboarding.successors, departmentId)} />
                </td>
              </tr>
            ))}
          </DataTable>
        )}
        <dl className="facts">
          {offboarding.startedBy && (
            <>
              <dt>{t('leaving.started_by')}</dt>
              <dd>
                <bdi>{actorName(offboarding.startedBy, directory, t)}</bdi>
              </dd>
            </>
          )}
          {offboarding.startedAt && (
            <>
              <dt>{t('leaving.started_at')}</dt>
              <dd>
                <ExactTime at={offboarding.startedAt} />
              </dd>
            </>
          )}
          {offboarding.finishedAt && (
            <>
              <dt>{t('leaving.finished_at')}</dt>
              <dd>
                <ExactTime at={offboarding.finishedAt} />
              </dd>
            </>
          )}
        </dl>
      </section>
      {asking && (
        <FormDialog
          title={t('leaving_control.undo')}
          submit={t('leaving_control.undo')}
          onClose={() => setAsking(false)}
          onSubmit={async () => onChanged(await post<Offboarding>(`${path}/undo`))}
        >
          <p>{t('leaving.undo_text', { name: agent.name })}</p>
        </FormDialog>
      )}
    </>
  )
}

const toneOf = (state: Offboarding['state']): string =>
  state === 'completed' ? 'good' : state === 'paused' || state === 'stopped' ? 'warn' : 'plain'
