import { useQuery } from '@tanstack/react-query'
import { useEffect, useRef, useState } from 'react'
import { Link } from 'wouter'
import { post, remove } from '../api/client.ts'
import { dryRunQuery, rulesQuery, ticketQuery, useDirectory } from '../api/queries.ts'
import type { DryRun, Holder } from '../api/types.ts'
import { useLanguage, useT } from '../i18n/intl.tsx'
import { Button, Segmented, Select, TextField } from '../ui/controls.tsx'
import { Empty, ErrorNote, explain, LoadError, Spinner, toast } from '../ui/feedback.tsx'
import { Icon } from '../ui/icons.tsx'
import {
  changedLoad,
  type DraftRule,
  dayOf,
  draftSet,
  isUneventful,
  periodOf,
  ruleOf,
} from './dry-run-model.ts'
import { DataTable } from './parts.tsx'
import { fieldText } from './rule-text.ts'
import { useRuleWords } from './rule-words.ts'
import './rules.css'

const DAY_MS = 24 * 3600 * 1000
const LIMITS = ['1000', '10000', '100000', '1000000'] as const

/** All rules as they are, on past tickets. */
export function DryRunPage() {
  const t = useT()
  return (
    <div className="dry-run">
      <p className="muted">{t('dry_run.text')}</p>
      <DryRunPanel draft={undefined} valid />
    </div>
  )
}

/** Tries rules on past tickets: what is chosen, how far it is, and what would have been different. */
export function DryRunPanel({ draft, valid }: { draft: DraftRule | undefined; valid: boolean }) {
  const { t, intl } = useLanguage()
  const rules = useQuery(rulesQuery)
  const [alone, setAlone] = useState<'alone' | 'all'>('all')
  const [from, setFrom] = useState(dayOf(new Date(Date.now() - 30 * DAY_MS)))
  const [to, setTo] = useState(dayOf(new Date()))
  const [limit, setLimit] = useState<(typeof LIMITS)[number]>('10000')
  const [started, setStarted] = useState<{ id: string; set: DraftRule[] } | null>(null)
  const [error, setError] = useState<unknown>(null)
  const [busy, setBusy] = useState(false)
  const period = periodOf(from, to)
  const run = useQuery({ ...dryRunQuery(started?.id ?? ''), enabled: started !== null })
  const running = started !== null && (run.data?.state ?? 'running') === 'running' && !run.error
  useCancelWhenLeft(running ? started.id : null)
  if (rules.isPending) return <Spinner />
  if (!rules.data) return <LoadError error={rules.error} retry={() => void rules.refetch()} />

  const start = async () => {
    if (!period || busy) return
    const set = draftSet(rules.data, draft, alone === 'alone')
    setBusy(true)
    setError(null)
    try {
      const { id } = await post<DryRun>('/rules/dry-run', { rules: set, ...period, limit: Number(limit) })
      setStarted({ id, set })
    } catch (reason) {
      setError(reason)
    } finally {
      setBusy(false)
    }
  }
  const cancel = async () => {
    try {
      await remove(`/rules/dry-run/${started?.id}`)
      await run.refetch()
    } catch (reason) {
      toast(explain(reason, t), { tone: 'error' })
    }
  }
  return (
    <div className="dry-run">
      <section className="card" aria-label={t('dry_run.title')}>
        {draft && (
          <Segmented
            label={t('dry_run.scope')}
            value={alone}
            onChange={setAlone}
            options={[
              { value: 'all', label: t('dry_run.scope_all') },
              { value: 'alone', label: t('dry_run.scope_alone') },
            ]}
          />
        )}
        <div className="fields">
          <TextField label={t('dry_run.from')} type="date" dir="ltr" value={from} onChange={setFrom} />
          <TextField
            label={t('dry_run.to')}
            type="date"
            dir="ltr"
            value={to}
            onChange={setTo}
            error={period ? undefined : t('dry_run.bad_period')}
          />
          <Select
            label={t('dry_run.limit')}
            value={limit}
            onChange={setLimit}
            options={LIMITS.map((value) => ({
              value,
              label: t('dry_run.tickets', { count: Number(value) }),
            }))}
          />
        </div>
        {error !== null && <ErrorNote error={error} />}
        <div className="row">
          <Button
            look={draft ? 'plain' : 'primary'}
            isDisabled={!valid || !period || running}
            isPending={busy}
            onPress={() => void start()}
          >
            {t('dry_run.start')}
          </Button>
          {running && <Button onPress={() => void cancel()}>{t('dry_run.cancel')}</Button>}
          {running && (
            <>
              <progress
                className="progress"
                max={1}
                value={run.data?.progress ?? 0}
                aria-label={t('dry_run.progress')}
              />
              <span className="muted">
                {intl.formatNumber(run.data?.progress ?? 0, { style: 'percent' })}
              </span>
            </>
          )}
        </div>
      </section>
      <p className="visually-hidden" role="status">
        {run.data && run.data.state !== 'running' ? summaryOf(run.data, t) : ''}
      </p>
      {run.error && <LoadError error={run.error} retry={() => void run.refetch()} />}
      {run.data && started && <Results run={run.data} set={started.set} />}
    </div>
  )
}

/** Nobody waits for a run whose page is gone; only two may be at work at once. */
function useCancelWhenLeft(id: string | null): void {
  const latest = useRef(id)
  useEffect(() => {
    latest.current = id
  })
  useEffect(
    () => () => {
      if (latest.current) void remove(`/rules/dry-run/${latest.current}`).catch(() => {})
    },
    [],
  )
}

const summaryOf = (run: DryRun, t: ReturnType<typeof useT>): string =>
  t('dry_run.summary', { read: run.ticketsRead, differ: run.wouldDifferTotal })

function Results({ run, set }: { run: DryRun; set: DraftRule[] }) {
  const { t, word } = useLanguage()
  const over = run.state !== 'running'
  return (
    <section className="card dry-run-results" aria-label={t('dry_run.results')}>
      <h2>
        {t('dry_run.results')}
        <span className={run.state === 'completed' ? 'badge status-answered' : 'badge'}>
          {word('dry_run_state', run.state)}
        </span>
      </h2>
      <p>{summaryOf(run, t)}</p>
      {run.error && <p dir="auto">{run.error}</p>}
      {over && isUneventful(run) && <Empty title={t('dry_run.nothing')} />}
      {run.unknown.length > 0 && <Unknown run={run} set={set} />}
      {run.wouldDiffer.length > 0 && <WouldDiffer run={run} set={set} />}
      {run.notices.length > 0 && <Notices run={run} />}
      {run.loopsTotal > 0 && <Loops run={run} set={set} />}
      {over && <Load run={run} />}
    </section>
  )
}

const SHOWN = 50

function WouldDiffer({ run, set }: { run: DryRun; set: DraftRule[] }) {
  const t = useT()
  const [shown, setShown] = useState(SHOWN)
  return (
    <>
      <h3>{t('dry_run.would_differ')}</h3>
      <DataTable
        caption={t('dry_run.would_differ')}
        head={[
          t('column.ticket'),
          t('explain.rule'),
          t('dry_run.from_holder'),
          t('dry_run.to_holder'),
          t('dry_run.actual_holder'),
        ]}
      >
        {run.wouldDiffer.slice(0, shown).map(({ ticketId, ruleId, from, to, actual }, at) => (
          <tr key={at}>
            <th scope="row">
              <TicketName id={ticketId} />
            </th>
            <td>
              <bdi>{ruleOf(set, ruleId)?.name ?? t('explain.rule')}</bdi>
            </td>
            <td>{from ? <HolderName holder={from} /> : <span className="muted">{t('state.none')}</span>}</td>
            <td>
              <b>
                <HolderName holder={to} />
              </b>
            </td>
            <td>
              <HolderName holder={actual} />
            </td>
          </tr>
        ))}
      </DataTable>
      {run.wouldDiffer.length > shown && (
        <div>
          <Button onPress={() => setShown(shown + SHOWN)}>{t('action.load_more')}</Button>
        </div>
      )}
      {run.wouldDifferTotal > run.wouldDiffer.length && (
        <p className="muted">
          {t('dry_run.first_of', { shown: run.wouldDiffer.length, all: run.wouldDifferTotal })}
        </p>
      )}
    </>
  )
}

/** The past knows tickets by their id; what it is called is asked for when it is shown. */
function TicketName({ id }: { id: string }) {
  const t = useT()
  const { data: ticket } = useQuery({ ...ticketQuery(id), retry: false })
  return (
    <Link href={`/tickets/${id}`} className="dry-run-ticket">
      {ticket ? (
        <>
          #{ticket.number} <bdi>{ticket.subject}</bdi>
        </>
      ) : (
        t('column.ticket')
      )}
    </Link>
  )
}

function HolderName({ holder }: { holder: Holder }) {
  const t = useT()
  const directory = useDirectory()
  return (
    <>
      <bdi>{directory.department(holder.departmentId)?.name ?? t('name.unknown_department')}</bdi>
      {' / '}
      {holder.agentId ? (
        <bdi>{directory.agent(holder.agentId)?.name ?? t('name.unknown_agent')}</bdi>
      ) : (
        t('name.nobody')
      )}
    </>
  )
}

function Notices({ run }: { run: DryRun }) {
  const { t, word, intl } = useLanguage()
  const words = useRuleWords()
  return (
    <>
      <h3>{t('dry_run.notices')}</h3>
      <DataTable
        caption={t('dry_run.notices')}
        head={[t('dry_run.event'), t('dry_run.whom'), t('dry_run.count')]}
      >
        {run.notices.map(({ event, agentId, departmentId, slackChannel, email, count }, at) => (
          <tr key={at}>
            <th scope="row">{event === 'rule' ? t('dry_run.by_rule') : word('event', event)}</th>
            <td>
              <bdi>
                {agentId
                  ? words.agent(agentId)
                  : departmentId
                    ? words.department(departmentId)
                    : (slackChannel ?? email ?? t('state.none'))}
              </bdi>
            </td>
            <td>{intl.formatNumber(count)}</td>
          </tr>
        ))}
      </DataTable>
    </>
  )
}

function Loops({ run, set }: { run: DryRun; set: DraftRule[] }) {
  const t = useT()
  return (
    <>
      <h3>{t('dry_run.loops')}</h3>
      <p className="note note-error">
        <Icon name="alert" />
        <span>{t('dry_run.loops_text', { count: run.loopsTotal })}</span>
      </p>
      <ul className="dry-run-list">
        {run.loops.slice(0, SHOWN).map(({ ticketId, ruleId }, at) => (
          <li key={at}>
            <TicketName id={ticketId} /> · <bdi>{ruleOf(set, ruleId)?.name ?? t('explain.rule')}</bdi>
          </li>
        ))}
      </ul>
    </>
  )
}

function Load({ run }: { run: DryRun }) {
  const { t, intl } = useLanguage()
  const words = useRuleWords()
  const load = changedLoad(run)
  if (load.length === 0) return null
  return (
    <>
      <h3>{t('dry_run.load')}</h3>
      <DataTable
        caption={t('dry_run.load')}
        head={[t('column.agent'), t('dry_run.load_was'), t('dry_run.load_is')]}
      >
        {load.map(({ agentId, before, after }) => (
          <tr key={agentId}>
            <th scope="row">
              <bdi>{words.agent(agentId)}</bdi>
            </th>
            <td>{intl.formatNumber(before)}</td>
            <td>{intl.formatNumber(after)}</td>
          </tr>
        ))}
      </DataTable>
    </>
  )
}

function Unknown({ run, set }: { run: DryRun; set: DraftRule[] }) {
  const t = useT()
  const words = useRuleWords()
  return (
    <div className="note">
      <Icon name="alert" />
      <div>
        <p>{t('dry_run.unknown')}</p>
        <ul>
          {run.unknown.map(({ ruleId, field, tickets }, at) => (
            <li key={at}>
              <bdi>{ruleOf(set, ruleId)?.name ?? t('explain.rule')}</bdi> · {fieldText(field, words)} ·{' '}
              {t('dry_run.tickets', { count: tickets })}
            </li>
          ))}
        </ul>
      </div>
    </div>
  )
}
