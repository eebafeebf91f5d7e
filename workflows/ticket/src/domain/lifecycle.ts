import type { TicketState } from '@onus/workflows-contract'
import { changeStatus, type Decide, invalid, wrongStatus } from './draft.ts'
import { instant } from './hours.ts'

const WORKING: ReadonlySet<TicketState['status']> = new Set(['new', 'open', 'answered', 'postponed'])

export const resolve: Decide<'resolve'> = (draft) => {
  if (!WORKING.has(draft.state.status)) return wrongStatus(draft.state, 'resolved')
  changeStatus(draft, 'resolved', { cause: { type: 'resolve' } })
  return undefined
}

export const postpone: Decide<'postpone'> = (draft, command) => {
  const { state, facts } = draft
  if (!WORKING.has(state.status)) return wrongStatus(state, 'postponed')
  const until = instant(command.until)
  if (until === null) return invalid('until', 'Give a moment as RFC 3339, for example 2026-01-31T09:00:00Z.')
  if (until <= facts.now.toISOString()) return invalid('until', 'Give a moment in the future.')
  changeStatus(draft, 'postponed', { cause: { type: 'postpone' }, details: { until } })
  return undefined
}

export const close: Decide<'close'> = (draft) => {
  if (draft.state.status === 'closed') return wrongStatus(draft.state, 'closed')
  changeStatus(draft, 'closed', { cause: { type: 'close' } })
  return undefined
}

export const spam: Decide<'spam'> = (draft) => {
  if (draft.state.status === 'spam') return wrongStatus(draft.state, 'marked as spam')
  changeStatus(draft, 'spam', { cause: { type: 'spam' } })
  return undefined
}

export const remove: Decide<'delete'> = (draft) => {
  changeStatus(draft, 'deleted', { cause: { type: 'delete' } })
  return undefined
}

export const update: Decide<'update'> = (draft, { tags, priority, fields, dueAt }) => {
  const { state, actor } = draft
  const cause = { type: 'update' } as const
  const due = typeof dueAt === 'string' ? instant(dueAt) : dueAt
  if (due === null && dueAt !== null) return noMoment
  if (tags !== undefined) {
    const wanted = [...new Set(tags)]
    const added = wanted.filter((tag) => !state.tags.includes(tag))
    const removed = state.tags.filter((tag) => !wanted.includes(tag))
    if (added.length > 0 || removed.length > 0)
      draft.add({ type: 'tags.changed', actor, cause, details: { added, removed } })
  }
  if (priority !== undefined && priority !== state.priority)
    draft.add({ type: 'priority.changed', actor, cause, from: state.priority, to: priority })
  const names = Object.keys(changedFields(state, fields))
  if (names.length > 0) draft.add({ type: 'fields.changed', actor, cause, details: { fields: names } })
  if (due !== undefined && due !== (state.dueAt ?? null))
    draft.add({ type: 'fields.changed', actor, cause, details: { fields: [], dueAt: due } })
  return undefined
}

const noMoment = invalid('dueAt', 'Give a moment as RFC 3339, for example 2026-01-31T09:00:00Z.')

/** The given fields that are not what they were; null removes one. */
export function changedFields(
  state: TicketState | null,
  fields: Record<string, unknown> = {},
): Record<string, unknown> {
  const before = state?.fields ?? {}
  const changed = Object.entries(fields).filter(([name, value]) => {
    const old = before[name] ?? null
    return JSON.stringify(old) !== JSON.stringify(value ?? null)
  })
  return Object.fromEntries(changed.map(([name, value]) => [name, value ?? null]))
}
