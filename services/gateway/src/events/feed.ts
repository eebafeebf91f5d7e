import { randomUUID } from 'node:crypto'
import type { CloudEvent } from '@onus/kit/cloudevents'
import { TOPICS } from '@onus/kit/kafka'
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

/** Where a record stands in Kafka, and when the broker took it. */
export interface FeedPlace {
  topic: string
  partition: number
  /** Decimal digits. */
  offset: string
  at: string
}

/** Of each partition the last offset that was seen, by `<topic>-<partition>`. */
type Heads = ReadonlyMap<string, number>

interface Kept {
  entry: FeedEvent
  bytes: number
  partition: string | undefined
  offset: number
  at: number
  /** The heads when it had come, as they stand in its id. */
  heads: string
}

/** Between a record's time at the broker and its being seen by every gateway. */
const SLACK_MS = 10_000
const TOPICS_BY_NUMBER: readonly string[] = [TOPICS.ticketEvents, TOPICS.notificationEvents]

/**
 * The last events in the order in which this gateway saw them. Positions carry the feed's own name, since
 * another gateway, or this one after a restart, saw another order; what all of them share is the offsets of
 * Kafka's partitions. So an id names both, and a client goes on at any gateway that has been there for long enough.
 */
export class Feed {
  readonly #name = randomUUID().slice(0, 8)
  readonly #events: Kept[] = []
  readonly #ids = new Set<string>()
  readonly #heads = new Map<string, number>()
  /** What is not kept any more: of each partition the last offset, and its time. */
  readonly #dropped = new Map<string, { offset: number; at: number }>()
  #startedAt = Number.POSITIVE_INFINITY
  #bytes = 0
  #position = 0

  /** From now on every record is seen. */
  started(now: Date): void {
    this.#startedAt = Math.min(this.#startedAt, now.getTime())
  }

  /** Takes an event in; null when it is one that was seen before, or none for browsers. */
  add(event: CloudEvent, place?: FeedPlace): FeedEvent | null {
    const partition = place && partitionOf(place)
    const offset = Number(place?.offset ?? 0)
    if (partition) this.#heads.set(partition, Math.max(offset, this.#heads.get(partition) ?? -1))
    const described = describeEvent(event)
    const identity = `${event.topic} ${event.id}`
    if (!described || this.#ids.has(identity)) return null
    const entry = { ...described, position: ++this.#position }
    const bytes = JSON.stringify(event).length
    const at = Date.parse(place?.at ?? '') || Date.now()
    this.#events.push({ entry, bytes, partition, offset, at, heads: headsText(this.#heads) })
    this.#ids.add(identity)
    this.#bytes += bytes
    while (this.#events.length > MAX_EVENTS || this.#bytes > MAX_BYTES) this.#dropOldest()
    return entry
  }

  /** The id under which a client can go on after this position. */
  idOf(position = this.#position): string {
    const oldest = this.#events[0]?.entry.position ?? this.#position + 1
    const kept = position === this.#position ? undefined : this.#events[position - oldest]
    const at = kept?.at ?? Date.now()
    return `${this.#name}.${position}.${at.toString(36)}.${kept?.heads ?? headsText(this.#heads)}`
  }

  /** What came after the id that a client saw last. */
  since(id: string): Missed {
    const [name, digits, time = '', heads = ''] = id.split('.')
    if (name !== this.#name) return this.#sinceElsewhere(Number.parseInt(time, 36), readHeads(heads))
    const position = Number(digits)
    const oldest = this.#events[0]?.entry.position ?? this.#position + 1
    if (!Number.isInteger(position) || position < oldest - 1 || position > this.#position) return null
    return this.#events.filter(({ entry }) => entry.position > position).map(({ entry }) => entry)
  }

  /** What came after an id that another gateway gave: by the partitions' offsets. */
  #sinceElsewhere(at: number, heads: Heads | null): Missed {
    const since = at - SLACK_MS
    if (heads === null || !(this.#startedAt <= since)) return null
    for (const [partition, dropped] of this.#dropped) {
      const head = heads.get(partition)
      if (head === undefined ? dropped.at > since : dropped.offset > head) return null
    }
    return this.#events
      .filter(({ partition, offset, at: came }) => {
        const head = partition === undefined ? undefined : heads.get(partition)
        return head === undefined ? came > since : offset > head
      })
      .map(({ entry }) => entry)
  }

  #dropOldest(): void {
    const oldest = this.#events.shift()
    if (!oldest) return
    const { entry, bytes, partition, offset, at } = oldest
    this.#bytes -= bytes
    this.#ids.delete(`${entry.event.topic} ${entry.event.id}`)
    if (partition) this.#dropped.set(partition, { offset, at })
  }
}

const partitionOf = ({ topic, partition }: FeedPlace): string | undefined => {
  const number = TOPICS_BY_NUMBER.indexOf(topic)
  return number < 0 ? undefined : `${number}-${partition}`
}

const headsText = (heads: Heads): string =>
  [...heads].map(([partition, offset]) => `${partition}-${offset.toString(36)}`).join('~')

/** Null for what no gateway wrote. */
function readHeads(text: string): Heads | null {
  const heads = new Map<string, number>()
  for (const part of text ? text.split('~') : []) {
    const [, partition, offset = ''] = /^(\d{1,2}-\d{1,4})-([0-9a-z]{1,12})$/.exec(part) ?? []
    if (partition === undefined) return null
    heads.set(partition, Number.parseInt(offset, 36))
  }
  return heads
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
