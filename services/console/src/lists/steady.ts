import type { Ticket } from '../api/types.ts'

/** A list that does not move under the reader's hand. */

export interface Steady {
  /** The ids in the order in which they are shown. */
  order: string[]
  /** What is shown; of a ticket that has left, as it was last. */
  tickets: Ticket[]
  /** Of these, those that belong here no more. */
  left: ReadonlySet<string>
  /** How many have come or moved since the reader's hand is on the list. */
  waiting: number
}

export const followed = (items: Ticket[]): Steady => ({
  order: items.map(({ id }) => id),
  tickets: items,
  left: new Set(),
  waiting: 0,
})

/**
 * What is shown while the reader's hand is on the list: every row where it was, with its newest state; what comes
 * in between waits, and further pages are put to the end.
 */
export function held(before: Steady, items: Ticket[]): Steady {
  const now = new Map(items.map((ticket) => [ticket.id, ticket]))
  const old = new Map(before.tickets.map((ticket) => [ticket.id, ticket]))
  const known = new Set(before.order)
  const lastKnown = items.findLastIndex(({ id }) => known.has(id))
  const further = items.slice(lastKnown + 1)
  const order = [...before.order, ...further.map(({ id }) => id)]
  const tickets = order.flatMap((id) => now.get(id) ?? old.get(id) ?? [])
  const left = new Set(before.order.filter((id) => !now.has(id)))
  const came = items.slice(0, lastKnown + 1).filter(({ id }) => !known.has(id)).length
  const stayed = before.order.filter((id) => now.has(id))
  const moved = movedOf(
    stayed,
    items.filter(({ id }) => known.has(id)).map(({ id }) => id),
  )
  return { order, tickets, left, waiting: came + moved }
}

/** How many have gone ahead of others that were before them. */
function movedOf(before: string[], after: string[]): number {
  const place = new Map(before.map((id, at) => [id, at]))
  let moved = 0
  let lowest = Number.POSITIVE_INFINITY
  for (const id of after.toReversed()) {
    const at = place.get(id) ?? 0
    if (at > lowest) moved++
    lowest = Math.min(lowest, at)
  }
  return moved
}

/**
 * Where to scroll so that what the reader sees stays where it is, when the rows have become others. Null when there
 * is nothing to hold on to.
 */
export function anchoredTop(given: {
  before: string[]
  after: string[]
  scrollTop: number
  row: number
  /** A row that must not move: the one with the focus. */
  focused?: string | null
}): number | null {
  const { before, after, scrollTop, row, focused } = given
  const place = new Map(after.map((id, at) => [id, at]))
  const shift = (id: string, was: number): number | null => {
    const is = place.get(id)
    return is === undefined ? null : scrollTop + (is - was) * row
  }
  if (focused) {
    const was = before.indexOf(focused)
    const top = was < 0 ? null : shift(focused, was)
    if (top !== null) return Math.max(0, top)
  }
  if (scrollTop < row) return null
  for (let at = Math.floor(scrollTop / row); at < before.length; at++) {
    const top = shift(before[at] as string, at)
    if (top !== null) return Math.max(0, top)
  }
  return null
}
