import { useMe } from '../api/queries.ts'
import { useLanguage } from '../i18n/intl.tsx'
import { RelativeTime } from '../i18n/time.tsx'
import type { HolderWork, OpenWork, Statuses, UnclaimedAge } from './data.ts'
import { formatDuration } from './durations.ts'
import { Count, DataTable, Legend } from './figure.tsx'
import { ticketsHref } from './links.ts'

/** Bars that are drawn; the table has all. */
const DRAWN = 24
export const WORK = ['new', 'open', 'answered', 'postponed'] as const

export const totalOf = (work: Statuses): number => WORK.reduce((sum, status) => sum + work[status], 0)

/** Names of what may be gone by now. */
export function useNames() {
  const { t } = useLanguage()
  return {
    department: (name: string | undefined) => name ?? t('name.unknown_department'),
    agent: ({ agentId, agentName }: Pick<HolderWork, 'agentId' | 'agentName'>) =>
      agentId === null ? t('name.nobody') : (agentName ?? t('name.unknown_agent')),
  }
}

/** Who is responsible for how much: a bar for each agent of a department, and for nobody. */
export function HolderBars({ work }: { work: OpenWork }) {
  const { intl, t, word } = useLanguage()
  const names = useNames()
  const me = useMe()
  const most = Math.max(...work.holders.map(totalOf), 1)
  const [first] = work.holders
  const described = first
    ? t('insight.holders_picture', {
        count: totalOf(first),
        agent: names.agent(first),
        department: names.department(first.departmentName),
      })
    : ''
  return (
    <>
      <div role="img" aria-label={described} className="insight-bars">
        {work.holders.slice(0, DRAWN).map((holder) => {
          const needs = holder.new + holder.open
          const waits = holder.answered + holder.postponed
          return (
            <div key={`${holder.departmentId}>${holder.agentId}`} className="insight-bar-row">
              <span className="insight-bar-name">
                <bdi className={holder.agentId === null ? 'nobody' : undefined}>{names.agent(holder)}</bdi>
                <small className="muted">
                  <bdi>{names.department(holder.departmentName)}</bdi>
                </small>
              </span>
              <span className="insight-bar-track">
                {needs > 0 && (
                  <span
                    className={
                      holder.agentId === null ? 'insight-bar look-unclaimed' : 'insight-bar look-needs'
                    }
                    style={{ inlineSize: `${(needs / most) * 100}%` }}
                  />
                )}
                {waits > 0 && (
                  <span
                    className="insight-bar look-waits"
                    style={{ inlineSize: `${(waits / most) * 100}%` }}
                  />
                )}
                <span className="insight-bar-count">{intl.formatNumber(needs + waits)}</span>
              </span>
            </div>
          )
        })}
      </div>
      <Legend
        items={[
          { look: 'look-unclaimed', label: t('insight.unclaimed') },
          { look: 'look-needs', label: t('insight.needs') },
          { look: 'look-waits', label: t('insight.waits') },
        ]}
      />
      <DataTable
        label={t('insight.holders')}
        columns={[
          { name: t('column.agent') },
          { name: t('column.department') },
          ...WORK.map((status) => ({ name: word('status', status), number: true })),
          { name: t('insight.together'), number: true },
          { name: t('insight.longest') },
        ]}
        rows={work.holders.map((holder) => {
          const { departmentId, agentId } = holder
          const agent = names.agent(holder)
          const of = agentId === null ? { unassigned: true } : { agentId }
          const department = names.department(holder.departmentName)
          return {
            key: `${departmentId}>${agentId}`,
            cells: [
              <bdi key="agent">{agentId === me.id ? t('insight.you', { name: agent }) : agent}</bdi>,
              <bdi key="department">{department}</bdi>,
              ...WORK.map((status) => (
                <Count
                  key={status}
                  value={holder[status]}
                  href={ticketsHref({ departmentId, ...of, status: [status] })}
                  of={`${agent}, ${department}, ${word('status', status)}`}
                />
              )),
              <Count
                key="all"
                value={totalOf(holder)}
                href={ticketsHref({ departmentId, ...of, status: [...WORK] })}
                of={`${agent}, ${department}`}
              />,
              <RelativeTime key="since" at={holder.oldestSince} />,
            ],
          }
        })}
      />
      <DataTable
        label={t('insight.by_department')}
        columns={[
          { name: t('column.department') },
          { name: t('insight.together'), number: true },
          { name: t('insight.unclaimed'), number: true },
          { name: t('insight.nobody_eligible'), number: true },
          { name: t('insight.oldest') },
        ]}
        rows={work.departments.map((department) => {
          const { departmentId, oldestUnclaimedSince } = department
          const name = names.department(department.departmentName)
          return {
            key: departmentId,
            cells: [
              <bdi key="name">{name}</bdi>,
              <Count
                key="all"
                value={totalOf(department)}
                href={ticketsHref({ departmentId, status: [...WORK] })}
                of={name}
              />,
              <Count
                key="unclaimed"
                value={department.unclaimed}
                href={ticketsHref({ departmentId, unassigned: true, status: ['new', 'open'] })}
                of={`${name}, ${t('insight.unclaimed')}`}
              />,
              <Count
                key="stuck"
                value={department.noEligibleAgent}
                href={ticketsHref({ departmentId, noEligibleAgent: true })}
                of={`${name}, ${t('insight.nobody_eligible')}`}
              />,
              oldestUnclaimedSince ? <RelativeTime key="since" at={oldestUnclaimedSince} /> : '–',
            ],
          }
        })}
      />
    </>
  )
}

function useAgeLabel() {
  const { intl, t } = useLanguage()
  const say = (seconds: number) => formatDuration(intl, seconds)
  return ({ fromSeconds, untilSeconds }: UnclaimedAge): string => {
    if (untilSeconds === undefined) return t('insight.age_over', { from: say(fromSeconds) })
    return fromSeconds === 0
      ? t('insight.age_under', { to: say(untilSeconds) })
      : t('insight.age_between', { from: say(fromSeconds), to: say(untilSeconds) })
  }
}

/** How long what nobody has has been unclaimed: a column for each stretch of time. */
export function AgeColumns({ work }: { work: OpenWork }) {
  const { intl, t } = useLanguage()
  const names = useNames()
  const label = useAgeLabel()
  const ages = work.unclaimedAge
  const most = Math.max(...ages.map(({ count }) => count), 1)
  const all = ages.reduce((sum, { count }) => sum + count, 0)
  const nameOf = (id: string) =>
    names.department(work.departments.find(({ departmentId }) => departmentId === id)?.departmentName)
  return (
    <>
      <div role="img" aria-label={t('insight.ages_picture', { count: all })} className="insight-columns">
        {ages.map((age) => (
          <div key={age.fromSeconds} className="insight-column">
            <span className="insight-column-count">{intl.formatNumber(age.count)}</span>
            <span
              className={age.count === 0 ? 'insight-column-bar insight-column-none' : 'insight-column-bar'}
              style={{ blockSize: `${Math.max(1, Math.round((age.count / most) * 120))}px` }}
            />
            <span className="insight-column-name">{label(age)}</span>
          </div>
        ))}
      </div>
      <DataTable
        label={t('insight.ages')}
        columns={[
          { name: t('insight.age') },
          { name: t('insight.tickets'), number: true },
          { name: t('shell.departments') },
        ]}
        rows={ages.map((age) => ({
          key: String(age.fromSeconds),
          cells: [
            label(age),
            <Count key="count" value={age.count} href={ticketsHref(age.tickets)} of={label(age)} />,
            age.departments.length === 0 ? (
              '–'
            ) : (
              <span key="departments" className="insight-parts">
                {age.departments.map(({ departmentId, count, tickets }) => (
                  <span key={departmentId}>
                    <bdi>{nameOf(departmentId)}</bdi>{' '}
                    <Count
                      value={count}
                      href={ticketsHref(tickets)}
                      of={`${nameOf(departmentId)}, ${label(age)}`}
                    />
                  </span>
                ))}
              </span>
            ),
          ],
        }))}
      />
    </>
  )
}
