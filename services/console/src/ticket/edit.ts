import type { Priority, Ticket } from '../api/types.ts'

/** One change of a ticket's properties, as the reader made it on what they saw. */
export type Edit = { priority: Priority } | { addTag: string } | { removeTag: string }

/**
 * What to send, on the ticket as it is now: tags are added and taken out one by one; a priority that somebody else
 * has changed in between is not written over (null).
 */
export function editOf(
  edit: Edit,
  seen: Ticket,
  now: Ticket,
): { priority: Priority } | { tags: string[] } | null {
  if ('priority' in edit)
    return now.priority === seen.priority || now.priority === edit.priority
      ? { priority: edit.priority }
      : null
  if ('addTag' in edit) return { tags: [...new Set([...now.tags, edit.addTag])] }
  return { tags: now.tags.filter((tag) => tag !== edit.removeTag) }
}

const momentOf = (at: string | null | undefined): number | null => (at ? Date.parse(at) : null)

/** The same for when it has to be done (null: no more): another date that somebody else has set stays (null). */
export function dueEditOf(dueAt: string | null, seen: Ticket, now: Ticket): { dueAt: string | null } | null {
  const theirs = momentOf(now.dueAt)
  return theirs === momentOf(seen.dueAt) || theirs === momentOf(dueAt) ? { dueAt } : null
}
