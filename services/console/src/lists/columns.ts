/** Columns that can be left out, as they stand; the ticket itself cannot, and comes after the first two. */
export const COLUMNS = [
  'number',
  'status',
  'priority',
  'channel',
  'tags',
  'department',
  'agent',
  'created',
  'since',
  'updated',
  'due',
] as const
export type Column = (typeof COLUMNS)[number]

/** Those of a list for which nobody has chosen any. */
export const USUAL_COLUMNS: readonly Column[] = ['status', 'department', 'agent', 'since', 'updated']

/** None is the usual ones. */
export const columnsOf = (chosen: readonly string[]): readonly Column[] =>
  chosen.length === 0 ? USUAL_COLUMNS : COLUMNS.filter((each) => chosen.includes(each))

/** What is kept of a choice: nothing for the usual ones. */
export function keptColumns(chosen: readonly string[]): Column[] {
  const columns = COLUMNS.filter((each) => chosen.includes(each))
  return columns.join() === USUAL_COLUMNS.join() ? [] : columns
}

/** Whether a column stands before the ticket. */
export const leads = (column: Column): boolean => column === 'number' || column === 'status'
