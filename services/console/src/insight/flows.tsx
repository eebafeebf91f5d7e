import { useMemo } from 'react'
import { useLanguage } from '../i18n/intl.tsx'
import { isRtl } from '../i18n/locales.ts'
import type { Flows } from './data.ts'
import { Count, DataTable, Legend, useWidth } from './figure.tsx'
import { ticketsHref } from './links.ts'
import { placeFlows } from './sankey.ts'
import { useNames } from './work.tsx'

/** The picture is not drawn narrower than this; it scrolls instead. */
const LEAST_WIDTH = 520
const NAME_ROOM = 150
/** Characters of a name that fit. */
const NAME_LENGTH = 18

const short = (name: string): string =>
  name.length > NAME_LENGTH ? `${name.slice(0, NAME_LENGTH - 1).trimEnd()}…` : name

function Sankey({ flows, described }: { flows: Flows; described: string }) {
  const { intl, t, locale } = useLanguage()
  const names = useNames()
  const [measure, available] = useWidth()
  const width = Math.max(LEAST_WIDTH, available)
  const picture = useMemo(() => placeFlows(flows.flows, width, NAME_ROOM), [flows, width])
  const nameOf = new Map(
    flows.flows.flatMap((flow) => [
      [flow.fromDepartmentId, names.department(flow.fromDepartmentName)],
      [flow.toDepartmentId, names.department(flow.toDepartmentName)],
    ]),
  )
  const rtl = isRtl(locale)
  const x = (at: number) => (rtl ? width - at : at)
  return (
    <section
      className="insight-scroll"
      ref={measure}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard
      tabIndex={0}
      aria-label={t('insight.flows')}
    >
      {available > 0 && (
        <svg width={width} height={picture.height} role="img" aria-label={described}>
          <defs>
            <pattern
              id="insight-hatch"
              width="6"
              height="6"
              patternUnits="userSpaceOnUse"
              patternTransform="rotate(45)"
            >
              <rect className="insight-hatch-ground" width="6" height="6" />
              <rect className="insight-hatch-line" width="2.5" height="6" />
            </pattern>
          </defs>
          <g transform={rtl ? `translate(${width} 0) scale(-1 1)` : undefined}>
            {picture.links.map((link) => (
              <g key={link.key} className={`insight-link insight-link-${link.kind}`} fill="none">
                <path className="insight-link-edge" d={link.path} strokeWidth={link.width} />
                <path className="insight-link-body" d={link.path} strokeWidth={Math.max(1, link.width - 2)} />
              </g>
            ))}
            {picture.nodes.map((node) => (
              <rect
                key={node.key}
                className="insight-node"
                x={node.x}
                y={node.y}
                width={node.width}
                height={node.height}
                rx={2}
              />
            ))}
          </g>
          {picture.nodes.map((node) => {
            const begins = node.side === 'from'
            const edge = begins ? node.x - 8 : node.x + node.width + 8
            const name = nameOf.get(node.departmentId) ?? ''
            return (
              <text
                key={node.key}
                className="insight-node-name"
                x={x(edge)}
                y={node.y + node.height / 2}
                textAnchor={begins ? 'end' : 'start'}
                dominantBaseline="middle"
              >
                <title>{name}</title>
                {`${short(name)} · ${intl.formatNumber(node.tickets)}`}
              </text>
            )
          })}
        </svg>
      )}
    </section>
  )
}

export function FlowFigure({ flows }: { flows: Flows }) {
  const { intl, t } = useLanguage()
  const names = useNames()
  const rate = (value: number | null) =>
    value === null ? '–' : intl.formatNumber(value, { style: 'percent', maximumFractionDigits: 1 })
  const { since, until } = flows
  const [first] = flows.flows
  const described = [
    t('insight.flows_picture', { transfers: flows.transfers, reopened: flows.reopened }),
    ...(first
      ? [
          t('insight.flows_most', {
            from: names.department(first.fromDepartmentName),
            to: names.department(first.toDepartmentName),
          }),
        ]
      : []),
  ].join(' ')
  return (
    <>
      {flows.flows.length > 0 && (
        <>
          <Sankey flows={flows} described={described} />
          <Legend
            items={[
              { look: 'look-transfers', label: t('insight.transfers') },
              { look: 'look-reopened', label: t('insight.reopened') },
            ]}
          />
          <DataTable
            label={t('insight.flows_table')}
            columns={[
              { name: t('insight.from') },
              { name: t('insight.to') },
              { name: t('insight.transfers'), number: true },
              { name: t('insight.reopened'), number: true },
            ]}
            rows={flows.flows.map((flow) => {
              const { fromDepartmentId: transferredFrom, toDepartmentId: transferredTo } = flow
              const from = names.department(flow.fromDepartmentName)
              const to = names.department(flow.toDepartmentName)
              return {
                key: `${transferredFrom}>${transferredTo}`,
                cells: [
                  <bdi key="from">{from}</bdi>,
                  <bdi key="to">{to}</bdi>,
                  <Count
                    key="transfers"
                    value={flow.transfers}
                    href={ticketsHref({ transferredFrom, transferredTo, since, until })}
                    of={t('insight.from_to', { from, to })}
                  />,
                  <Count
                    key="reopened"
                    value={flow.reopened}
                    href={ticketsHref({
                      reopenedIn: transferredFrom,
                      reopenedTo: transferredTo,
                      since,
                      until,
                    })}
                    of={`${from}, ${t('insight.reopened')}`}
                  />,
                ],
              }
            })}
          />
        </>
      )}
      <DataTable
        label={t('insight.reopen_table')}
        columns={[
          { name: t('column.department') },
          { name: t('insight.transferred_in'), number: true },
          { name: t('insight.transferred_out'), number: true },
          { name: t('insight.resolved'), number: true },
          { name: t('insight.reopened'), number: true },
          { name: t('insight.reopen_rate'), number: true },
        ]}
        rows={flows.departments.map((row) => {
          const { departmentId } = row
          const name = names.department(row.departmentName)
          return {
            key: departmentId,
            cells: [
              <bdi key="name">{name}</bdi>,
              <Count
                key="in"
                value={row.transferredIn}
                href={ticketsHref({ transferredTo: departmentId, since, until })}
                of={`${name}, ${t('insight.transferred_in')}`}
              />,
              <Count
                key="out"
                value={row.transferredOut}
                href={ticketsHref({ transferredFrom: departmentId, since, until })}
                of={`${name}, ${t('insight.transferred_out')}`}
              />,
              <Count
                key="resolved"
                value={row.resolved}
                href={ticketsHref({ resolvedIn: departmentId, since, until })}
                of={`${name}, ${t('insight.resolved')}`}
              />,
              <Count
                key="reopened"
                value={row.reopened}
                href={ticketsHref({ reopenedIn: departmentId, since, until })}
                of={`${name}, ${t('insight.reopened')}`}
              />,
              rate(row.reopenRate),
            ],
          }
        })}
      />
    </>
  )
}
