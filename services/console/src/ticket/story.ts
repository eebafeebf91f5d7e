import type { Message, Ticket, TimelineEntry } from '../api/types.ts'

/** One thing in the column: a message, or a change. */
export type StoryItem =
  | { kind: 'message'; key: string; at: string; message: Message }
  | { kind: 'entry'; key: string; at: string; entry: TimelineEntry }

export type StoryFilter = 'everything' | 'conversation' | 'changes'

/**
 * Messages and changes in one order. A message stands where the timeline mentions it; one that the timeline
 * does not know yet (it was loaded a moment earlier) stands by its time.
 */
export function storyOf(messages: Message[], entries: TimelineEntry[], filter: StoryFilter): StoryItem[] {
  const byId = new Map(messages.map((message) => [message.id, message]))
  const items: StoryItem[] = []
  for (const entry of entries) {
    const message = entry.type === 'message.added' ? byId.get(entry.details?.messageId ?? '') : undefined
    if (message) {
      byId.delete(message.id)
      items.push({ kind: 'message', key: message.id, at: entry.at, message })
    } else items.push({ kind: 'entry', key: `#${entry.sequence}`, at: entry.at, entry })
  }
  for (const message of byId.values()) {
    const at = items.findIndex((item) => item.at > message.createdAt)
    const item: StoryItem = { kind: 'message', key: message.id, at: message.createdAt, message }
    items.splice(at < 0 ? items.length : at, 0, item)
  }
  if (filter === 'conversation') return items.filter(({ kind }) => kind === 'message')
  if (filter === 'changes') return items.filter(({ kind }) => kind === 'entry')
  return items
}

/** What others did after a moment: the agent who writes since then must see it before sending. */
export function changesSince(entries: TimelineEntry[], sequence: number, me: string): TimelineEntry[] {
  return entries.filter((entry) => entry.sequence > sequence && entry.actor.id !== me)
}

/** The change that made the responsibility what it is. */
export const lastResponsibility = (entries: TimelineEntry[]): TimelineEntry | undefined =>
  entries.findLast(({ type }) => type === 'responsibility.changed')

/** The last time that the distribution looked and found nobody. */
export const lastNobody = (entries: TimelineEntry[]): TimelineEntry | undefined =>
  entries.findLast(({ type }) => type === 'distribution.no_eligible_agent')

/** Why the distribution found nobody, for as long as nobody has the ticket. */
export const whyNobody = ({ agentId, noEligibleAgent }: Ticket): string | undefined =>
  agentId ? undefined : noEligibleAgent

/** The rule that a change goes back to. */
export const ruleOf = ({ cause, details }: TimelineEntry): string | undefined =>
  cause.ruleId ?? (typeof details?.ruleId === 'string' ? details.ruleId : undefined)
