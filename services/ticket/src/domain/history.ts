import type { Entry, Holder, Responsibility } from '@onus/workflows-contract'

/** A stretch of a ticket's life with one holder: from `since` (included) to `until` (not included). */
export type Interval = Responsibility & { until?: string }

/** The intervals of a ticket, oldest first. They tile its life: each ends where the next begins. */
export function intervals(entries: Iterable<Entry>): Interval[] {
  const result: Interval[] = []
  for (const entry of entries) {
    if (entry.type !== 'responsibility.changed' || entry.revision === undefined) continue
    const holder = entry.to as Holder
    const last = result.at(-1)
    if (last) last.until = entry.at
    result.push({
      departmentId: holder.departmentId,
      agentId: holder.agentId,
      revision: entry.revision,
      since: entry.at,
      actor: entry.actor,
      cause: entry.cause,
      ...(entry.reason !== undefined && { reason: entry.reason }),
    })
  }
  return result
}

/**
 * Who was responsible at a moment, or null before the ticket was created. When several changes happened at
 * one moment the highest revision counts, so the others were responsible at no moment.
 */
export function responsibilityAt(entries: Iterable<Entry>, at: Date): Interval | null {
  const moment = at.getTime()
  const begun = intervals(entries).filter((interval) => Date.parse(interval.since) <= moment)
  return begun.at(-1) ?? null
}
