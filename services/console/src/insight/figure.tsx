import { type ReactNode, useCallback, useState } from 'react'
import { Link } from 'wouter'
import { useLanguage, useT } from '../i18n/intl.tsx'
import { Empty, LoadError, Spinner } from '../ui/feedback.tsx'

/** What a query gives, as far as a figure asks. */
interface Asked<T> {
  data: T | undefined
  error: unknown
  refetch: () => unknown
}

/** A figure with its heading: a picture, and under it the same as a table. */
export function Figure<T>(props: {
  title: string
  text: string
  asked: Asked<T>
  isEmpty: (data: T) => boolean
  empty: string
  children: (data: T) => ReactNode
}) {
  const { title, text, asked, isEmpty, empty, children } = props
  const { data, error, refetch } = asked
  return (
    <section className="insight-card">
      <h2>{title}</h2>
      <p className="muted">{text}</p>
      {data === undefined ? (
        error ? (
          <LoadError error={error} retry={() => void refetch()} />
        ) : (
          <Spinner />
        )
      ) : isEmpty(data) ? (
        <Empty title={empty} />
      ) : (
        children(data)
      )}
    </section>
  )
}

/** Longer tables are closed until somebody wants them. */
const OPEN_ROWS = 12

/** The numbers of a picture. It scrolls by itself where the window is narrow. */
export function DataTable(props: {
  label: string
  columns: { name: string; number?: boolean }[]
  rows: { key: string; cells: ReactNode[] }[]
}) {
  const { label, columns, rows } = props
  const t = useT()
  return (
    <details className="insight-table" open={rows.length <= OPEN_ROWS}>
      <summary>{t('insight.table', { name: label })}</summary>
      <section
        className="insight-scroll"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard
        tabIndex={0}
        aria-label={label}
      >
        <table>
          <caption className="visually-hidden">{label}</caption>
          <thead>
            <tr>
              {columns.map(({ name, number }) => (
                <th key={name} scope="col" className={number ? 'insight-number' : undefined}>
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map(({ key, cells }) => (
              <tr key={key}>
                {cells.map((cell, at) => {
                  const name = columns[at]?.name ?? ''
                  return at === 0 ? (
                    <th key={name} scope="row">
                      {cell}
                    </th>
                  ) : (
                    <td key={name} className={columns[at]?.number ? 'insight-number' : undefined}>
                      {cell}
                    </td>
                  )
                })}
              </tr>
            ))}
          </tbody>
        </table>
      </section>
    </details>
  )
}

/** A count that leads to its tickets; none leads nowhere. */
export function Count({ value, href, of }: { value: number; href: string; of: string }) {
  const { intl, t } = useLanguage()
  const text = intl.formatNumber(value)
  if (value === 0) return <span className="muted">{text}</span>
  return (
    <Link href={href} aria-label={t('insight.tickets_of', { count: value, of })}>
      {text}
    </Link>
  )
}

/** The width that an element has now, in pixels. */
export function useWidth(): [(element: HTMLElement | null) => void, number] {
  const [width, setWidth] = useState(0)
  const measure = useCallback((element: HTMLElement | null) => {
    if (!element) return
    const observer = new ResizeObserver(([entry]) => entry && setWidth(Math.floor(entry.contentRect.width)))
    observer.observe(element)
    return () => observer.disconnect()
  }, [])
  return [measure, width]
}

/** What the looks of a picture mean. */
export function Legend({ items }: { items: { look: string; label: string }[] }) {
  return (
    <ul className="insight-legend">
      {items.map(({ look, label }) => (
        <li key={look}>
          <span className={`insight-swatch ${look}`} aria-hidden="true" />
          {label}
        </li>
      ))}
    </ul>
  )
}
