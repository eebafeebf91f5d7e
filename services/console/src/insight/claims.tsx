import { useLanguage } from '../i18n/intl.tsx'
import { isRtl } from '../i18n/locales.ts'
import type { ClaimTimes, Times } from './data.ts'
import { formatDuration } from './durations.ts'
import { Count, DataTable, Legend, useWidth } from './figure.tsx'
import { ticketsHref } from './links.ts'
import { addDays, daysIn } from './period.ts'
import { durationScale } from './scale.ts'
import { useNames } from './work.tsx'

const HEIGHT = 200
const TOP = 10
const BOTTOM = 24
const AXIS = 62
/** Days' names that stand side by side need so much room each. */
const NAME_WIDTH = 64

/** A day of the account is that day wherever the reader is. */
export function useDay(): (day: string, long?: boolean) => string {
  const { intl } = useLanguage()
  return (day, long = false) =>
    intl.formatDate(`${day}T12:00:00Z`, {
      timeZone: 'UTC',
      day: 'numeric',
      month: 'short',
      ...(long && { weekday: 'short', year: 'numeric' }),
    })
}

/** The median of each day, and how long nine of ten took at most. */
function ClaimChart({ claims, described }: { claims: ClaimTimes; described: string }) {
  const { intl, locale } = useLanguage()
  const day = useDay()
  const [measure, width] = useWidth()
  const rtl = isRtl(locale)
  const count = daysIn(claims)
  const known = new Map(claims.days.map((each) => [each.day, each]))
  const scale = durationScale(
    claims.days.flatMap(({ medianSeconds = 0, p90Seconds = 0 }) => [medianSeconds, p90Seconds]),
  )
  const room = Math.max(1, width - AXIS - 8)
  const step = room / count
  const x = (at: number) => (rtl ? width - (AXIS + at) : AXIS + at)
  const y = (seconds: number) => TOP + (1 - scale.place(seconds)) * (HEIGHT - TOP - BOTTOM)
  const named = Math.max(1, Math.ceil(NAME_WIDTH / step))
  const dot = Math.min(5, Math.max(1.5, step / 3))
  return (
    <div ref={measure} className="insight-chart">
      {width > 0 && (
        <svg width={width} height={HEIGHT} role="img" aria-label={described}>
          {scale.ticks.map((tick) => (
            <g key={tick}>
              <line className="insight-grid" x1={x(0)} x2={x(room)} y1={y(tick)} y2={y(tick)} />
              <text className="insight-tick" x={x(-8)} y={y(tick)} textAnchor="end" dominantBaseline="middle">
                {formatDuration(intl, tick)}
              </text>
            </g>
          ))}
          {Array.from({ length: count }, (_, at) => {
            const name = addDays(claims.since, at)
            const times = known.get(name)
            const middle = x((at + 0.5) * step)
            return (
              <g key={name}>
                {at % named === 0 && (
                  <text className="insight-tick" x={middle} y={HEIGHT - 6} textAnchor="middle">
                    {day(name)}
                  </text>
                )}
                {times?.medianSeconds !== undefined && (
                  <>
                    <line
                      className="insight-range"
                      x1={middle}
                      x2={middle}
                      y1={y(times.medianSeconds)}
                      y2={y(times.p90Seconds ?? times.medianSeconds)}
                    />
                    <line
                      className="insight-range"
                      x1={middle - dot}
                      x2={middle + dot}
                      y1={y(times.p90Seconds ?? times.medianSeconds)}
                      y2={y(times.p90Seconds ?? times.medianSeconds)}
                    />
                    <circle className="insight-dot" cx={middle} cy={y(times.medianSeconds)} r={dot} />
                  </>
                )}
              </g>
            )
          })}
        </svg>
      )}
    </div>
  )
}

export function ClaimFigure({ claims }: { claims: ClaimTimes }) {
  const { intl, t } = useLanguage()
  const names = useNames()
  const day = useDay()
  const say = (seconds: number | undefined) => (seconds === undefined ? '–' : formatDuration(intl, seconds))
  const described = t('insight.claims_picture', {
    count: claims.claims,
    median: say(claims.medianSeconds),
    p90: say(claims.p90Seconds),
  })
  const numbers = [
    { name: t('insight.claims_count'), number: true },
    { name: t('insight.median'), number: true },
    { name: t('insight.p90'), number: true },
  ]
  const timesOf = (times: Times) => [say(times.medianSeconds), say(times.p90Seconds)]
  return (
    <>
      <ClaimChart claims={claims} described={described} />
      <Legend
        items={[
          { look: 'look-dot', label: t('insight.median') },
          { look: 'look-range', label: t('insight.p90') },
        ]}
      />
      <DataTable
        label={t('insight.claims_by_department')}
        columns={[{ name: t('column.department') }, ...numbers]}
        rows={claims.departments.map((row) => ({
          key: row.departmentId,
          cells: [
            <bdi key="name">{names.department(row.departmentName)}</bdi>,
            <Count
              key="count"
              value={row.claims}
              href={ticketsHref({ claimedIn: row.departmentId, since: claims.since, until: claims.until })}
              of={names.department(row.departmentName)}
            />,
            ...timesOf(row),
          ],
        }))}
      />
      <DataTable
        label={t('insight.claims_by_day')}
        columns={[{ name: t('insight.day') }, { name: t('column.department') }, ...numbers]}
        rows={claims.days.toReversed().flatMap((row) => [
          ...(row.departments.length > 1 || !row.departments[0]
            ? [
                {
                  key: row.day,
                  cells: [
                    day(row.day, true),
                    t('filter.any_department'),
                    <Count
                      key="count"
                      value={row.claims}
                      href={ticketsHref({ claimedOn: row.day })}
                      of={day(row.day, true)}
                    />,
                    ...timesOf(row),
                  ],
                },
              ]
            : []),
          ...row.departments.map((each) => ({
            key: `${row.day}>${each.departmentId}`,
            cells: [
              day(row.day, true),
              <bdi key="name">{names.department(each.departmentName)}</bdi>,
              <Count
                key="count"
                value={each.claims}
                href={ticketsHref({ claimedOn: row.day, claimedIn: each.departmentId })}
                of={`${day(row.day, true)}, ${names.department(each.departmentName)}`}
              />,
              ...timesOf(each),
            ],
          })),
        ])}
      />
    </>
  )
}
