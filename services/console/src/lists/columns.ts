/** Columns that can be left out; the ticket itself cannot. */
export const COLUMNS = ['status', 'department', 'agent', 'since', 'updated'] as const
export type Column = (typeof COLUMNS)[number]

/** None is all of them. */
export const columnsOf = (chosen: readonly string[]): Column[] =>
  chosen.length === 0 ? [...COLUMNS] : COLUMNS.filter((each) => chosen.includes(each))
