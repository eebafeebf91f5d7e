import { TICKET_STATUSES } from '@onus/workflows-contract'
import { clip, FieldErrors, line, oneOf } from './fields.ts'

/** A list of tickets that an agent has put together and given a name. */
export interface SavedView {
  id: string
  name: string
  filter: ViewFilter
  /** Which columns it shows; empty: the usual ones. */
  columns: string[]
}

export interface ViewFilter {
  departmentId?: string
  /** `me` is whoever looks. */
  agentId?: string
  status: string[]
  unassigned?: boolean
  q?: string
  /** As lists of tickets take it. */
  sort?: string
}

export const MAX_VIEWS = 50
const MAX_NAME = 100
const MAX_WORDS = 200
export const VIEW_SORTS = [
  ...['updatedAt', 'createdAt', 'since', 'subject', 'status', 'department', 'agent'],
  ...['-updatedAt', '-createdAt', '-since', '-subject', '-status', '-department', '-agent'],
] as const
export const VIEW_COLUMNS = [
  ...['status', 'department', 'agent', 'since', 'updated'],
  ...['number', 'priority', 'channel', 'tags', 'created', 'due'],
] as const

type Given = Omit<SavedView, 'filter'> & { filter?: ViewFilter }

/** Checks what an agent saved. Departments and agents may come and go: a view of one that has gone is empty. */
export function checkViews(items: readonly Given[]): SavedView[] {
  const errors = new FieldErrors()
  if (items.length > MAX_VIEWS) errors.add('items', `Give at most ${MAX_VIEWS} views.`)
  const ids = new Set<string>()
  const views = items.map(({ id, name, filter, columns }, at) => {
    const path = `items[${at}]`
    if (!isId(id)) errors.add(`${path}.id`, 'Give 1 to 128 letters, digits, dots, colons, _ and -.')
    if (ids.has(id)) errors.add(`${path}.id`, `Another view has the id "${clip(id)}".`)
    ids.add(id)
    return {
      id,
      name: line(name, `${path}.name`, errors, MAX_NAME),
      filter: checkFilter(filter, `${path}.filter`, errors),
      columns: [
        ...new Set(columns.map((one, n) => oneOf(one, VIEW_COLUMNS, `${path}.columns[${n}]`, errors))),
      ],
    }
  })
  errors.throwIfAny()
  return views
}

function checkFilter(filter: ViewFilter | undefined, path: string, errors: FieldErrors): ViewFilter {
  const { departmentId, agentId, status = [], unassigned, q, sort } = filter ?? {}
  for (const [name, id] of Object.entries({ departmentId, agentId }))
    if (id !== undefined && !isId(id))
      errors.add(`${path}.${name}`, 'Is no id; use one that the API gave you.')
  if (agentId && unassigned) errors.add(`${path}.unassigned`, 'Leave it out, or leave out `agentId`.')
  return {
    ...(departmentId && { departmentId }),
    ...(agentId && { agentId }),
    status: [...new Set(status.map((one, n) => oneOf(one, TICKET_STATUSES, `${path}.status[${n}]`, errors)))],
    ...(unassigned && { unassigned }),
    ...(q !== undefined && { q: line(q, `${path}.q`, errors, MAX_WORDS) }),
    ...(sort !== undefined && { sort: oneOf(sort, VIEW_SORTS, `${path}.sort`, errors) }),
  }
}

const isId = (id: string): boolean => /^[A-Za-z0-9._:-]{1,128}$/.test(id)
