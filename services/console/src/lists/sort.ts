import type { MessageId } from '../i18n/locales.ts'
import type { Column } from './columns.ts'

/** The orders that a list can have: by a column, one way or the other; null is the last change first. */

/** What a column is called in the API; it knows no order by the others. */
const FIELDS = {
  status: 'status',
  ticket: 'subject',
  department: 'department',
  agent: 'agent',
  created: 'createdAt',
  since: 'since',
  updated: 'updatedAt',
} satisfies Partial<Record<Column | 'ticket', string>>
export type SortColumn = keyof typeof FIELDS
const USUAL = '-updatedAt'

export const SORT_COLUMNS = Object.keys(FIELDS) as SortColumn[]

export const SORTS: readonly string[] = Object.values(FIELDS).flatMap((field) => [field, `-${field}`])

export const isSortColumn = (column: Column | 'ticket'): column is SortColumn => column in FIELDS

export const columnLabel = (column: Column | 'ticket'): MessageId => `column.${column}`

/** How a list is in order by a column. */
export function directionOf(
  sort: string | null | undefined,
  column: SortColumn,
): 'ascending' | 'descending' | 'none' {
  const now = sort ?? USUAL
  if (now === FIELDS[column]) return 'ascending'
  return now === `-${FIELDS[column]}` ? 'descending' : 'none'
}

/** What pressing a column's name asks for: one way, the other, and as it was. */
export function sortAfter(sort: string | null | undefined, column: SortColumn): string | null {
  const field = FIELDS[column]
  const direction = directionOf(sort, column)
  if (column === 'updated') return direction === 'descending' ? field : null
  return direction === 'none' ? field : direction === 'ascending' ? `-${field}` : null
}

/** The column of an order, and which way. */
export function partsOf(sort: string | null | undefined): { column: SortColumn; down: boolean } {
  const now = sort ?? USUAL
  const field = now.replace('-', '')
  const column = SORT_COLUMNS.find((each) => FIELDS[each] === field) ?? 'updated'
  return { column, down: now.startsWith('-') }
}

/** An order that the address names; null: none, or the usual one. */
export const sortOf = (text: string | null): string | null =>
  text !== null && text !== USUAL && SORTS.includes(text) ? text : null
