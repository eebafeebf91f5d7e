/** In which order open deliveries go: by the order of their making, and those of one subject one by one. */

export interface Waiting {
  id: string
  subject: string
  sequence?: number
  order: string
  nextAttemptAt?: string
}

/** Deliveries of one subject, the next first; nothing overtakes in it. */
export type Lane<T extends Waiting> = T[]

/** Lanes in the order of their oldest delivery. */
export function lanesOf<T extends Waiting>(waiting: readonly T[]): Lane<T>[] {
  const bySubject = Map.groupBy(waiting, ({ subject }) => subject)
  const lanes = [...bySubject.values()].map((lane) => lane.sort(bySequence))
  return lanes.sort((a, b) => compare(oldest(a), oldest(b)))
}

/** A replay may be made after newer events, so the ticket's own order counts before that of the making. */
const bySequence = (a: Waiting, b: Waiting): number =>
  (a.sequence ?? 0) - (b.sequence ?? 0) || compare(a.order, b.order)

const oldest = (lane: Lane<Waiting>): string => lane.map(({ order }) => order).sort()[0] ?? ''

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

/** Whether a lane's next delivery may go. */
export const isDue = (lane: Lane<Waiting>, now: string): boolean => (lane[0]?.nextAttemptAt ?? '') <= now

/** When the first of the lanes is due; null without any. */
export function earliest(lanes: readonly Lane<Waiting>[]): string | null {
  const moments = lanes.map((lane) => lane[0]?.nextAttemptAt ?? '').sort()
  return moments[0] ?? null
}
