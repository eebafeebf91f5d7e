import { type UseQueryResult, useQuery } from '@tanstack/react-query'
import { type ReactNode, useState } from 'react'
import { Link, Route, Switch, useLocation, useSearch } from 'wouter'
import { settingsQuery } from '../api/queries.ts'
import { useLanguage } from '../i18n/intl.tsx'
import { RelativeTime } from '../i18n/time.tsx'
import { NotFound } from '../shell/not-found.tsx'
import { Page } from '../shell/page.tsx'
import { Select } from '../ui/controls.tsx'
import { ClaimFigure } from './claims.tsx'
import {
  type ClaimTimes,
  claimTimesQuery,
  type Flows,
  flowsQuery,
  type OpenWork,
  openWorkQuery,
} from './data.ts'
import { formatDuration } from './durations.ts'
import { Figure } from './figure.tsx'
import { FlowFigure } from './flows.tsx'
import { ticketsHref } from './links.ts'
import { FiguresTicketsPage } from './list.tsx'
import { type ChosenPeriod, isPeriod, readPeriod, today, USUAL_DAYS } from './period.ts'
import { AgeColumns, HolderBars, totalOf, WORK } from './work.tsx'
import './insight.css'

/** Who is responsible for how much, how long tickets wait, and where they go. */
export default function InsightPages() {
  return (
    <Switch>
      <Route path="/insight">
        <InsightPage />
      </Route>
      <Route path="/insight/tickets">
        <FiguresTicketsPage />
      </Route>
      <Route>
        <NotFound />
      </Route>
    </Switch>
  )
}

function InsightPage() {
  const { t, timeZone } = useLanguage()
  const search = useSearch()
  const settings = useQuery(settingsQuery)
  const period = readPeriod(search, today(settings.data?.timeZone ?? timeZone))
  const days = { since: period.since, until: period.until }
  const work = useQuery(openWorkQuery)
  const claims = useQuery({ ...claimTimesQuery(days), enabled: !settings.isPending })
  const flows = useQuery({ ...flowsQuery(days), enabled: !settings.isPending })
  return (
    <Page title={t('insight.title')} actions={<PeriodPicker key={search} period={period} />}>
      <section
        className="page-scroll insight"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard
        tabIndex={0}
        aria-label={t('insight.title')}
      >
        <Tiles work={work} claims={claims} flows={flows} />
        <Figure
          title={t('insight.holders')}
          text={t('insight.holders_text')}
          asked={work}
          isEmpty={({ holders }) => holders.length === 0}
          empty={t('insight.empty_work')}
        >
          {(data) => <HolderBars work={data} />}
        </Figure>
        <Figure
          title={t('insight.ages')}
          text={t('insight.ages_text')}
          asked={work}
          isEmpty={({ unclaimedAge }) => unclaimedAge.every(({ count }) => count === 0)}
          empty={t('insight.empty_ages')}
        >
          {(data) => <AgeColumns work={data} />}
        </Figure>
        <Figure
          title={t('insight.claims')}
          text={t('insight.claims_text', {
            zone: claims.data?.timeZone ?? settings.data?.timeZone ?? timeZone,
          })}
          asked={claims}
          isEmpty={(data) => data.claims === 0}
          empty={t('insight.empty_claims')}
        >
          {(data) => <ClaimFigure claims={data} />}
        </Figure>
        <Figure
          title={t('insight.flows')}
          text={t('insight.flows_text')}
          asked={flows}
          isEmpty={(data) => data.flows.length === 0 && data.resolved === 0}
          empty={t('insight.empty_flows')}
        >
          {(data) => <FlowFigure flows={data} />}
        </Figure>
      </section>
    </Page>
  )
}

/** The few numbers that one looks for first. */
function Tiles(props: { work: Asked<OpenWork>; claims: Asked<ClaimTimes>; flows: Asked<Flows> }) {
  const work = props.work.data
  const claims = props.claims.data
  const flows = props.flows.data
  const { intl, t } = useLanguage()
  const departments = work?.departments ?? []
  const sum = (of: (each: (typeof departments)[number]) => number) =>
    departments.reduce((all, each) => all + of(each), 0)
  const count = (value: number, href?: string) => {
    if (!work) return absent(props.work)
    const text = intl.formatNumber(value)
    return href ? <Link href={href}>{text}</Link> : text
  }
  const stuck = sum(({ noEligibleAgent }) => noEligibleAgent)
  const [oldest] = departments.flatMap(({ oldestUnclaimedSince }) => oldestUnclaimedSince ?? []).sort()
  const { medianSeconds } = claims ?? {}
  return (
    <dl className="insight-tiles">
      <Tile label={t('insight.open_work')} value={count(sum(totalOf), ticketsHref({ status: [...WORK] }))} />
      <Tile
        label={t('insight.unclaimed')}
        value={count(
          sum(({ unclaimed }) => unclaimed),
          ticketsHref({ unassigned: true, status: ['new', 'open'] }),
        )}
        note={oldest && <RelativeTime at={oldest} style="long" />}
        noteLabel={t('insight.oldest_since')}
      />
      <Tile
        label={t('insight.nobody_eligible')}
        value={count(stuck, stuck > 0 ? ticketsHref({ noEligibleAgent: true }) : undefined)}
        alarm={stuck > 0}
      />
      <Tile
        label={t('insight.median_claim')}
        value={
          claims === undefined ? (
            absent(props.claims)
          ) : medianSeconds === undefined ? (
            '–'
          ) : (
            <Link href={ticketsHref({ happened: 'claimed', ...periodOf(claims) })}>
              {formatDuration(intl, medianSeconds)}
            </Link>
          )
        }
      />
      <Tile
        label={t('insight.reopen_rate')}
        value={
          typeof flows?.reopenRate === 'number' ? (
            <Link href={ticketsHref({ happened: 'reopened', ...periodOf(flows) })}>
              {intl.formatNumber(flows.reopenRate, { style: 'percent', maximumFractionDigits: 1 })}
            </Link>
          ) : flows ? (
            '–'
          ) : (
            absent(props.flows)
          )
        }
        note={
          flows &&
          flows.resolved > 0 && (
            <Link href={ticketsHref({ happened: 'resolved', ...periodOf(flows) })}>
              {intl.formatNumber(flows.resolved)}
            </Link>
          )
        }
        noteLabel={t('insight.resolved')}
      />
    </dl>
  )
}

type Asked<T> = Pick<UseQueryResult<T>, 'data' | 'error'>

/** In place of a number: it comes, or could not be had; why is said where the whole of it stands. */
const absent = ({ error }: { error: unknown }) => (error ? '?' : '…')

const periodOf = ({ since, until }: { since: string; until: string }) => ({ since, until })

function Tile(props: {
  label: string
  value: ReactNode
  note?: ReactNode
  noteLabel?: string
  alarm?: boolean
}) {
  const { label, value, note, noteLabel, alarm = false } = props
  return (
    <div className={alarm ? 'insight-tile insight-tile-alarm' : 'insight-tile'}>
      <dt>{label}</dt>
      <dd>
        {value}
        {note && (
          <small className="muted">
            {noteLabel} {note}
          </small>
        )}
      </dd>
    </div>
  )
}

function PeriodPicker({ period }: { period: ChosenPeriod }) {
  const { t } = useLanguage()
  const [, navigate] = useLocation()
  const [own, setOwn] = useState<{ since: string; until: string } | null>(
    period.days === null ? { since: period.since, until: period.until } : null,
  )
  const choose = (next: { since: string; until: string }) => {
    setOwn(next)
    if (isPeriod(next.since, next.until))
      navigate(`/insight?since=${next.since}&until=${next.until}`, { replace: true })
  }
  const invalid = own !== null && !isPeriod(own.since, own.until)
  return (
    <div className="insight-period" role="group" aria-label={t('insight.period')}>
      <Select
        label={t('insight.period')}
        hideLabel
        value={own ? 'own' : String(period.days)}
        onChange={(value) => {
          if (value === 'own') setOwn({ since: period.since, until: period.until })
          else navigate(`/insight?days=${value}`, { replace: true })
        }}
        options={[
          ...USUAL_DAYS.map((count) => ({ value: String(count), label: t('insight.last_days', { count }) })),
          { value: 'own', label: t('insight.own_days') },
        ]}
      />
      {own && (
        <>
          {(['since', 'until'] as const).map((end) => (
            <input
              key={end}
              type="date"
              className="input"
              aria-label={t(end === 'since' ? 'insight.since' : 'insight.until')}
              aria-invalid={invalid || undefined}
              aria-describedby={invalid ? 'insight-period-error' : undefined}
              min="2000-01-01"
              max="2099-12-31"
              value={own[end]}
              onChange={(event) => choose({ ...own, [end]: event.target.value })}
            />
          ))}
          {invalid && (
            <span id="insight-period-error" role="alert" className="field-error">
              {t('insight.period_error')}
            </span>
          )}
        </>
      )}
    </div>
  )
}
