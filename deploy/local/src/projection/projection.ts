import { z } from 'zod'

/**
 * A copy of all responsibility, made of events alone: what any integrator can build of the topic. Pure: it
 * takes events in the order of their partition, and repeats and strangers do not disturb it.
 */

const holder = z.object({ departmentId: z.string(), agentId: z.string().nullable() })
const eventData = z.object({
  accountId: z.string(),
  ticketId: z.string(),
  sequence: z.int(),
  type: z.string(),
  at: z.string(),
  to: z.unknown().optional(),
  revision: z.int().optional(),
})

/** Who was responsible for a ticket, from `since` (included) to `until` (not included). */
export interface Interval {
  ticketId: string
  departmentId: string
  agentId: string | null
  revision: number
  since: string
  until: string | null
}

interface Ticket {
  sequence: number
  intervals: Interval[]
}

export class Projection {
  readonly #accountId: string | undefined
  readonly #tickets = new Map<string, Ticket>()
  /** Tickets of which the topic has not everything: why. */
  readonly gaps = new Map<string, string>()
  events = 0
  repeats = 0

  /** @param accountId only this account; default all */
  constructor(accountId?: string) {
    this.#accountId = accountId
  }

  take(type: string, data: unknown): void {
    if (!/^dev\.onus\.ticket\..*\.v1$/.test(type)) return
    const event = eventData.parse(data)
    if (this.#accountId !== undefined && event.accountId !== this.#accountId) return
    const { ticketId, sequence } = event
    const ticket = this.#tickets.get(ticketId) ?? { sequence: 0, intervals: [] }
    this.#tickets.set(ticketId, ticket)
    if (sequence <= ticket.sequence) {
      this.repeats++
      return
    }
    if (sequence !== ticket.sequence + 1 && !this.gaps.has(ticketId))
      this.gaps.set(ticketId, `event ${sequence} follows ${ticket.sequence}`)
    ticket.sequence = sequence
    this.events++
    if (event.type === 'responsibility.changed') this.#change(ticket, ticketId, event)
  }

  #change({ intervals }: Ticket, ticketId: string, event: z.infer<typeof eventData>): void {
    const { departmentId, agentId } = holder.parse(event.to)
    const last = intervals.at(-1)
    if (last) last.until = event.at
    intervals.push({
      ...{ ticketId, departmentId, agentId },
      revision: event.revision ?? 0,
      since: event.at,
      until: null,
    })
  }

  /** Tickets by id, each with its intervals; those that lasted no moment are left out. */
  intervals(): Map<string, Interval[]> {
    const lasting = (all: Interval[]) => all.filter(({ since, until }) => until === null || until > since)
    return new Map([...this.#tickets].map(([id, { intervals }]) => [id, lasting(intervals)]))
  }
}

/** One thing that the copy and the store do not agree about. */
export interface Difference {
  ticketId: string
  what: string
}

/** What differs between the copy and what the store says, ticket by ticket; tickets in `ignore` are left out. */
export function differences(
  copy: ReadonlyMap<string, readonly Interval[]>,
  store: ReadonlyMap<string, readonly Interval[]>,
  ignore: ReadonlySet<string> = new Set(),
): Difference[] {
  const ids = [...new Set([...copy.keys(), ...store.keys()])].filter((id) => !ignore.has(id)).sort()
  return ids.flatMap((ticketId) => {
    const [ours, theirs] = [copy.get(ticketId), store.get(ticketId)]
    if (!ours) return [{ ticketId, what: 'the store has it, the topic has not' }]
    if (!theirs) return [{ ticketId, what: 'the topic has it, the store has not' }]
    const found: Difference[] = []
    for (let at = 0; at < Math.max(ours.length, theirs.length); at++) {
      const [one, other] = [line(ours[at]), line(theirs[at])]
      if (one !== other) found.push({ ticketId, what: `the topic says ${one}; the store says ${other}` })
    }
    return found
  })
}

const line = (interval: Interval | undefined): string =>
  interval
    ? `revision ${interval.revision}: ${interval.departmentId}/${interval.agentId ?? 'nobody'} ${interval.since} to ${interval.until ?? 'now'}`
    : 'nothing'
