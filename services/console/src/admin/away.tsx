import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { ApiError, get, post, put, remove } from '../api/client.ts'
import { useDirectory, useMe } from '../api/queries.ts'
import type { Agent, Delegation, Leave } from '../api/types.ts'
import { useLanguage, useT } from '../i18n/intl.tsx'
import { Button, Select, TextField } from '../ui/controls.tsx'
import { explain, LoadError, Spinner, toast } from '../ui/feedback.tsx'
import { At, useFault } from '../ui/field-errors.tsx'
import { FormDialog } from '../ui/overlay.tsx'
import { momentOf, periodFault, phaseOf, type Typed, typedOf, wholeDays, withoutLeave } from './away-model.ts'
import { useFocusWhenLost } from './parts.tsx'
import './admin.css'

const NOTHING: Typed = { date: '', time: '' }
type Person = Pick<Agent, 'id' | 'name' | 'timeZone' | 'delegation'>

/** When somebody is on leave and who stands in for them; for themselves, and for admins. */
export function AwayCards({ agent, may }: { agent: Person; may: boolean }) {
  return (
    <div className="form-page">
      <LeaveCard agent={agent} may={may} />
      <DelegationCard agent={agent} may={may} />
    </div>
  )
}

/** The own ones, on the page of the profile. */
export default function OwnAway() {
  const me = useMe()
  return (
    <div className="own-away">
      <AwayCards agent={me} may />
    </div>
  )
}

function useReload(agentId: string) {
  const client = useQueryClient()
  return async () => {
    await Promise.all(
      [['leave', agentId], ['agents'], ['me']].map((queryKey) => client.invalidateQueries({ queryKey })),
    )
  }
}

const TRIES = 3

function LeaveCard({ agent, may }: { agent: Person; may: boolean }) {
  const { t, intl } = useLanguage()
  const reload = useReload(agent.id)
  const [adding, setAdding] = useState(false)
  const path = `/agents/${agent.id}/leave`
  const leave = useQuery({
    queryKey: ['leave', agent.id],
    queryFn: ({ signal }) => get<{ items: Leave[] }>(path, { signal }),
    staleTime: 0,
  })
  const items = leave.data?.items ?? []
  const now = new Date()
  const shown = items.filter((each) => phaseOf(each, now.getTime()) !== 'over')
  const heading = useFocusWhenLost(shown.length)
  const end = async (gone: Leave) => {
    try {
      // What somebody else changes in between is not forgotten by it: the write is of the list that was read.
      for (let left = TRIES; ; left--) {
        const { items, version } = await get<{ items: Leave[]; version: string }>(path)
        try {
          await put(path, { items: withoutLeave(items, gone, new Date()), version })
          break
        } catch (error) {
          if (left <= 1 || !(error instanceof ApiError) || error.reason !== 'stale-revision') throw error
        }
      }
      toast(t('profile.saved'))
    } catch (error) {
      toast(explain(error, t), { tone: 'error' })
    }
    await reload()
  }
  return (
    <section className="card">
      <div className="card-head">
        <h2 ref={heading} tabIndex={-1}>
          {t('away.leave')}
        </h2>
        {may && (
          <Button size="small" icon="plus" onPress={() => setAdding(true)}>
            {t('away.add_leave')}
          </Button>
        )}
      </div>
      <p className="muted">{t('away.leave_note')}</p>
      {leave.isPending ? (
        <Spinner />
      ) : !leave.data ? (
        <LoadError error={leave.error} retry={() => void leave.refetch()} />
      ) : shown.length === 0 ? (
        <p className="muted">{t('away.no_leave')}</p>
      ) : (
        <ul className="entries">
          {shown.map((each) => {
            const current = phaseOf(each, now.getTime()) === 'now'
            return (
              <li key={each.from}>
                <span className="entry-text">
                  <span>
                    <Period period={each} zone={agent.timeZone} />{' '}
                    {current && <span className="state state-warn">{t('away.now')}</span>}
                  </span>
                  {each.note && <bdi className="muted">{each.note}</bdi>}
                </span>
                {may && (
                  <Button
                    size="small"
                    aria-label={`${t(current ? 'away.end_now' : 'action.delete')}: ${intl.formatDate(each.from, { dateStyle: 'medium', timeZone: agent.timeZone })}`}
                    onPress={() => void end(each)}
                  >
                    {t(current ? 'away.end_now' : 'action.delete')}
                  </Button>
                )}
              </li>
            )
          })}
        </ul>
      )}
      {adding && <LeaveDialog agent={agent} path={path} onClose={() => setAdding(false)} onDone={reload} />}
    </section>
  )
}

/** From when until when, in the zone of whom it is about, and which zone that is. */
function Period({ period, zone }: { period: Pick<Leave, 'from' | 'until'>; zone: string }) {
  const { t, intl, timeZone } = useLanguage()
  const days = wholeDays(period, zone)
  const text = days
    ? days.first === days.last
      ? dateText(days.first)
      : t('away.days', { from: dateText(days.first), until: dateText(days.last) })
    : t('away.from_until', { from: momentText(period.from), until: momentText(period.until) })
  function dateText(date: string) {
    return intl.formatDate(`${date}T12:00:00Z`, { dateStyle: 'medium', timeZone: 'UTC' })
  }
  function momentText(at: string) {
    return intl.formatDate(at, { dateStyle: 'medium', timeStyle: 'short', timeZone: zone })
  }
  return (
    <span>
      {text}
      {zone !== timeZone && (
        <small className="muted" dir="ltr">
          {' '}
          {zone.replaceAll('_', ' ')}
        </small>
      )}
    </span>
  )
}

interface DialogProps {
  agent: Person
  path: string
  onClose: () => void
  onDone: () => Promise<void>
}

function LeaveDialog({ agent, path, onClose, onDone }: DialogProps) {
  const t = useT()
  const [from, setFrom] = useState<Typed>(NOTHING)
  const [until, setUntil] = useState<Typed>(NOTHING)
  const [note, setNote] = useState('')
  const fault = periodFault(from, until, false)
  return (
    <FormDialog
      title={t('away.add_leave')}
      submit={t('action.add')}
      disabled={fault !== null}
      fields={['items', 'from', 'until', 'note']}
      onClose={onClose}
      onSubmit={async () => {
        await post(path, {
          from: momentOf(from, agent.timeZone),
          until: momentOf(until, agent.timeZone),
          ...(note.trim() && { note: note.trim() }),
        })
        await onDone()
      }}
    >
      <PeriodFields
        zone={agent.timeZone}
        from={from}
        until={until}
        onFrom={setFrom}
        onUntil={setUntil}
        wrong={fault === 'backwards'}
        prefix="items[0]"
      />
      <At field="note">
        {(refused) => (
          <TextField
            label={t('field.note_optional')}
            description={t('away.note_note')}
            value={note}
            onChange={setNote}
            maxLength={200}
            error={refused}
          />
        )}
      </At>
    </FormDialog>
  )
}

function PeriodFields(props: {
  zone: string
  from: Typed
  until: Typed
  onFrom: (next: Typed) => void
  onUntil: (next: Typed) => void
  wrong: boolean
  fromNow?: boolean
  /** Under which name the API speaks of them, beside their own. */
  prefix?: string
}) {
  const { zone, from, until, onFrom, onUntil, wrong, fromNow, prefix } = props
  const t = useT()
  const fault = useFault()
  const refused = (name: string) => fault(name) ?? (prefix ? fault(`${prefix}.${name}`) : undefined)
  return (
    <>
      <p className="field-note">{t('away.in_zone', { zone: zone.replaceAll('_', ' ') })}</p>
      <div className="period">
        <TextField
          label={t(fromNow ? 'away.from_or_now' : 'away.from')}
          type="date"
          dir="ltr"
          value={from.date}
          onChange={(date) => onFrom({ ...from, date })}
          required={!fromNow}
          error={refused('from')}
        />
        <TextField
          label={t('away.time')}
          type="time"
          dir="ltr"
          value={from.time}
          onChange={(time) => onFrom({ ...from, time })}
        />
        <TextField
          label={t('away.until')}
          type="date"
          dir="ltr"
          value={until.date}
          onChange={(date) => onUntil({ ...until, date })}
          required
          error={wrong ? t('away.backwards') : refused('until')}
        />
        <TextField
          label={t('away.time')}
          type="time"
          dir="ltr"
          value={until.time}
          onChange={(time) => onUntil({ ...until, time })}
        />
      </div>
    </>
  )
}

function DelegationCard({ agent, may }: { agent: Person; may: boolean }) {
  const { t, word } = useLanguage()
  const directory = useDirectory()
  const reload = useReload(agent.id)
  const [setting, setSetting] = useState(false)
  const path = `/agents/${agent.id}/delegation`
  const now = Date.now()
  const delegation =
    agent.delegation && phaseOf(agent.delegation, now) !== 'over' ? agent.delegation : undefined
  const heading = useFocusWhenLost(delegation?.toAgentId)
  const others = directory.agents.filter(
    (each) =>
      each.status === 'active' &&
      each.delegation?.toAgentId === agent.id &&
      phaseOf(each.delegation, now) !== 'over',
  )
  const end = async () => {
    try {
      await remove(path)
      toast(t('away.ended'))
    } catch (error) {
      toast(explain(error, t), { tone: 'error' })
    }
    await reload()
  }
  return (
    <section className="card">
      <div className="card-head">
        <h2 ref={heading} tabIndex={-1}>
          {t('away.delegation')}
        </h2>
        {may && (
          <Button size="small" onPress={() => setSetting(true)}>
            {t(delegation ? 'away.change' : 'away.set_delegation')}
          </Button>
        )}
      </div>
      {delegation ? (
        <ul className="entries">
          <li>
            <span className="entry-text">
              <span>
                <bdi>{directory.agent(delegation.toAgentId)?.name ?? t('name.unknown_agent')}</bdi>{' '}
                {phaseOf(delegation, now) === 'now' && (
                  <span className="state state-warn">{t('away.now')}</span>
                )}
              </span>
              <span className="muted">
                <Period period={delegation} zone={agent.timeZone} /> ·{' '}
                {word('delegation_mode', delegation.mode)}
              </span>
            </span>
            {may && (
              <Button size="small" onPress={() => void end()}>
                {t(phaseOf(delegation, now) === 'now' ? 'away.end_now' : 'action.delete')}
              </Button>
            )}
          </li>
        </ul>
      ) : (
        <p className="muted">{t('away.no_delegation')}</p>
      )}
      {others.length > 0 && (
        <>
          <h3 className="field-label">{t('away.stands_in_for')}</h3>
          <ul className="entries">
            {others.map((other) => (
              <li key={other.id}>
                <span className="entry-text">
                  <bdi>{other.name}</bdi>
                  {other.delegation && (
                    <span className="muted">
                      <Period period={other.delegation} zone={other.timeZone} />
                    </span>
                  )}
                </span>
              </li>
            ))}
          </ul>
        </>
      )}
      {setting && (
        <DelegationDialog
          agent={agent}
          path={path}
          before={delegation}
          onClose={() => setSetting(false)}
          onDone={reload}
        />
      )}
    </section>
  )
}

const MODES = ['tickets', 'notices'] as const

function DelegationDialog(props: DialogProps & { before: Delegation | undefined }) {
  const { agent, path, before, onClose, onDone } = props
  const { t, word } = useLanguage()
  const { agents } = useDirectory()
  const zone = agent.timeZone
  const days = before && wholeDays(before, zone)
  const [toAgentId, setToAgentId] = useState(before?.toAgentId ?? '')
  const [mode, setMode] = useState<Delegation['mode']>(before?.mode ?? 'tickets')
  const [from, setFrom] = useState<Typed>(
    days ? { date: days.first, time: '' } : before ? typedOf(before.from, zone) : NOTHING,
  )
  const [until, setUntil] = useState<Typed>(
    days ? { date: days.last, time: '' } : before ? typedOf(before.until, zone) : NOTHING,
  )
  const fault = periodFault(from, until, true)
  const others = agents.filter(({ id, status }) => status === 'active' && id !== agent.id)
  return (
    <FormDialog
      title={t('away.set_delegation')}
      submit={t('action.save')}
      disabled={fault !== null || toAgentId === ''}
      fields={['toAgentId', 'from', 'until', 'mode']}
      onClose={onClose}
      onSubmit={async () => {
        await put(path, {
          toAgentId,
          mode,
          ...(from.date && { from: momentOf(from, zone) }),
          until: momentOf(until, zone),
        })
        await onDone()
      }}
    >
      <At field="toAgentId">
        {(refused) => (
          <Select
            label={t('away.who')}
            value={toAgentId}
            onChange={setToAgentId}
            error={refused}
            options={[
              { value: '', label: t('state.none') },
              ...others.map(({ id, name }) => ({ value: id, label: name })),
            ]}
          />
        )}
      </At>
      <PeriodFields
        zone={zone}
        from={from}
        until={until}
        onFrom={setFrom}
        onUntil={setUntil}
        wrong={fault === 'backwards'}
        fromNow
      />
      <Select
        label={t('away.what')}
        value={mode}
        onChange={setMode}
        options={MODES.map((value) => ({ value, label: word('delegation_mode', value) }))}
        description={word('delegation_note', mode)}
      />
    </FormDialog>
  )
}
