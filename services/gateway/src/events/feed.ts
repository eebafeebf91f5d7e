import { randomUUID } from 'node:crypto'
import type { CloudEvent } from '@onus/kit/cloudevents'
import type { Holder } from '@onus/workflows-contract'

/** One event of an account that somebody's browser may be told. */
export interface FeedEvent {
  /** Place in this gateway's feed. */
  position: number
  accountId: string
  kind: 'ticket' | 'notification'
  ticketId: string
  /** Only of a notification. */
  recipientId?: string
  /** Only of a change of responsibility: whose the ticket was and is. */
  before?: Holder
  after?: Holder
  event: CloudEvent
}

/** What a client that comes back has missed; null when nobody knows any more. */
export type Missed = FeedEvent[] | null

const MAX_EVENTS = 2_000
const MAX_BYTES = 16 * 1024 * 1024

/**
 * The last events in the order in which this gateway saw them. Positions carry the feed's own name, since
 * another gateway, or this one after a restart, saw another order.
 */
export class Feed {
  readonly #name = randomUUID().slice(0, 8)
  readonly #events: { entry: FeedEvent; bytes: number }[] = []
  readonly #ids = new Set<string>()
  #bytes = 0
  #position = 0

  /** Takes an event in; null when it is one that was seen before, or none for browsers. */
  add(event: CloudEvent): FeedEvent | null {
    const described = describeEvent(event)
    const identity = `${event.topic} ${event.id}`
    if (!described || this.#ids.has(identity)) return null
    const entry = { ...described, position: ++this.#position }
    const bytes = JSON.stringify(event).length
    this.#events.push({ entry, bytes })
    this.#ids.add(identity)
    this.#bytes += bytes
    while (this.#events.length > MAX_EVENTS || this.#bytes > MAX_BYTES) this.#dropOldest()
    return entry
  }

  /** The id under which a client can go on after this position. */
  idOf(position = this.#position): string {
    return `${this.#name}.${position}`
  }

  /** What came after the id that a client saw last. */
  since(id: string): Missed {
    const [name, digits] = id.split('.')
    const position = Number(digits)
    const oldest = this.#events[0]?.entry.position ?? this.#position + 1
    if (name !== this.#name || !Number.isInteger(position)) return null
    if (position < oldest - 1 || position > this.#position) return null
    return this.#events.filter(({ entry }) => entry.position > position).map(({ entry }) => entry)
  }

  #dropOldest(): void {
    const oldest = this.#events.shift()
    if (!oldest) return
    this.#bytes -= oldest.bytes
    this.#ids.delete(`${oldest.entry.event.topic} ${oldest.entry.event.id}`)
  }
}

const SOURCE = /^\/accounts\/([^/]+)\//

function describeEvent(event: CloudEvent): Omit<FeedEvent, 'position'> | null {
  const accountId = SOURCE.exec(event.source)?.[1]
  const data = (event.data ?? {}) as {
    from?: unknown
    to?: unknown
    recipient?: { agentId?: unknown }
    ticketId?: unknown
  }
  // A fact that is sent in two major versions is one to the console: the one that it knows.
  if (!accountId || !event.type.endsWith('.v1')) return null
  if (event.type.startsWith('dev.onus.ticket.')) {
    const moved = event.type.startsWith('dev.onus.ticket.responsibility.changed.')
    return {
      accountId,
      kind: 'ticket',
      ticketId: event.subject,
      ...(moved && isHolder(data.from) && { before: data.from }),
      ...(moved && isHolder(data.to) && { after: data.to }),
      event,
    }
  }
  if (event.type.startsWith('dev.onus.notification.')) {
    const recipientId = data.recipient?.agentId
    if (typeof recipientId !== 'string') return null
    return { accountId, kind: 'notification', ticketId: String(data.ticketId ?? ''), recipientId, event }
  }
  return null
}

const isHolder = (value: unknown): value is Holder =>
  typeof value === 'object' && value !== null && typeof (value as Holder).departmentId === 'string'
