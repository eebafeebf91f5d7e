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
