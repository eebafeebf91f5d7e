import type { Caller } from '@onus/kit/caller'
import type { CloudEvent } from '@onus/kit/cloudevents'
import type { Logger } from '@onus/kit/logging'
import { Problem, problems } from '@onus/kit/problems'
import type { OperationContext } from '../http/operation/operation.ts'
import type { ViewersOfTicket } from '../viewers/watch.ts'
import { Feed, type FeedEvent, type FeedPlace } from './feed.ts'
import type { EventSight } from './sight.ts'

/** Who listens, and how they are told. */
export interface LiveEvents {
  /** A new stream of server-sent events for the caller. */
  open(context: OperationContext): Response
  /** An event has come. */
  publish(event: CloudEvent, place?: FeedPlace): void
  /** Tells those who look at a ticket who else does. */
  tellViewers(change: ViewersOfTicket): void
  /** Whether anybody listens. */
  heard(): boolean
  /** From now on every event comes by here. */
  started(now: Date): void
  /** Ends all streams. */
  close(): void
}

export interface LiveEventsDeps {
  sight: EventSight
  /** Who the sender of a request is now; rejects with `unauthenticated` when it is nobody any more. */
  reauthenticate(authorization: string): Promise<Caller>
  log: Logger
  heartbeatMs?: number
}

const HEARTBEAT_MS = 15_000
/** Streams of one agent at most. */
const MAX_STREAMS_EACH = 20
const MAX_STREAMS = 5_000
/** Events that wait for one listener at most; one who is slower has to load again. */
const MAX_WAITING = 1_000

export function createLiveEvents(deps: LiveEventsDeps): LiveEvents {
  const feed = new Feed()
  const listeners = new Set<Listener>()

  return {
    open({ caller, request, authorization }) {
      const mine = [...listeners].filter(({ agentId }) => agentId === caller.id)
      if (mine.length >= MAX_STREAMS_EACH || listeners.size >= MAX_STREAMS)
        throw problems.tooManyRequests('Too many streams of events are open; close some.')
      const listener = new Listener(caller, authorization, feed, deps, () => listeners.delete(listener))
      listeners.add(listener)
      const lastId = request.headers.get('last-event-id')
      return new Response(listener.start(lastId), {
        headers: { 'content-type': 'text/event-stream', 'x-accel-buffering': 'no' },
      })
    },
    started: (now) => feed.started(now),
    publish(event, place) {
      const entry = feed.add(event, place)
      if (!entry) return
      deps.sight.note(entry)
      for (const listener of listeners) listener.offer(entry)
    },
    tellViewers(change) {
      for (const listener of listeners) listener.offerViewers(change)
    },
    heard: () => listeners.size > 0,
    close() {
      for (const listener of [...listeners]) listener.end()
    },
  }
}

/** One open stream. Events are looked at one after the other, so that they arrive in their order. */
class Listener {
  readonly agentId: string
  #caller: Caller
  readonly #authorization: string
  readonly #feed: Feed
  readonly #deps: LiveEventsDeps
  readonly #onEnd: () => void
  #controller: ReadableStreamDefaultController<Uint8Array> | undefined
  #heartbeat: NodeJS.Timeout | undefined
  #waiting: (FeedEvent | ViewersOfTicket)[] = []
  #busy = false

  constructor(caller: Caller, authorization: string, feed: Feed, deps: LiveEventsDeps, onEnd: () => void) {
    this.agentId = caller.id
    this.#caller = caller
    this.#authorization = authorization
    this.#feed = feed
    this.#deps = deps
    this.#onEnd = onEnd
  }

  start(lastId: string | null): ReadableStream<Uint8Array> {
    return new ReadableStream(
      {
        start: (controller) => {
          this.#controller = controller
          this.#write('retry: 2000\n\n')
          const missed = lastId === null ? [] : this.#feed.since(lastId)
          if (missed === null) this.#send('resync', this.#feed.idOf(), {})
          else this.#send('ready', lastId ?? this.#feed.idOf(), {})
          for (const entry of missed ?? []) this.offer(entry)
          const every = this.#deps.heartbeatMs ?? HEARTBEAT_MS
          this.#heartbeat = setInterval(() => void this.#beat(), every)
        },
        cancel: () => this.end(),
      },
      new CountQueuingStrategy({ highWaterMark: MAX_WAITING }),
    )
  }

  offer(entry: FeedEvent): void {
    if (entry.accountId !== this.#caller.accountId) return
    this.#waiting.push(entry)
    if (this.#waiting.length > MAX_WAITING) {
      this.#waiting = []
      this.#send('resync', this.#feed.idOf(entry.position), {})
      return
    }
    if (!this.#busy) void this.#drain()
  }

  /** Only who looks at a ticket is told who else does; they learn the beginning when they say that they look. */
  offerViewers(change: ViewersOfTicket): void {
    if (change.accountId !== this.#caller.accountId) return
    if (!change.viewers.some(({ agentId }) => agentId === this.agentId)) return
    if (this.#waiting.length >= MAX_WAITING) return
    this.#waiting.push(change)
    if (!this.#busy) void this.#drain()
  }

  end(): void {
    clearInterval(this.#heartbeat)
    this.#waiting = []
    const controller = this.#controller
    this.#controller = undefined
    this.#onEnd()
    try {
      controller?.close()
    } catch {
      // The client has closed it already.
    }
  }

  async #drain(): Promise<void> {
    this.#busy = true
    try {
      for (let entry = this.#waiting.shift(); entry && this.#controller; entry = this.#waiting.shift())
        await this.#tell(entry)
    } catch (err) {
      // What could not be decided must not be told, and must not be lost in silence either.
      this.#deps.log.warn({ err }, 'an event could not be shown; its listener loads again')
      this.#waiting = []
      this.#send('resync', this.#feed.idOf(), {})
    } finally {
      this.#busy = false
    }
  }

  async #tell(entry: FeedEvent | ViewersOfTicket): Promise<void> {
    if ('viewers' in entry) return this.#tellViewers(entry)
    const sight = await this.#deps.sight.of(entry, this.#caller)
    const id = this.#feed.idOf(entry.position)
    if (sight === 'gone') this.#send('ticket.gone', id, { ticketId: entry.ticketId })
    if (sight === 'visible') this.#send(entry.kind, id, cloudEventJson(entry.event))
  }

  /** Without an id: it is no part of what can be missed. */
  async #tellViewers({ accountId, ticketId, viewers }: ViewersOfTicket): Promise<void> {
    const sight = await this.#deps.sight.of({ accountId, ticketId, kind: 'ticket' }, this.#caller)
    if (sight !== 'visible') return
    this.#write(`event: viewers\ndata: ${JSON.stringify({ ticketId, items: viewers })}\n\n`)
  }

  /** Shows both sides that the other is there, and looks whether the key still opens the door. */
  async #beat(): Promise<void> {
    this.#write(': heartbeat\n\n')
    try {
      this.#caller = await this.#deps.reauthenticate(this.#authorization)
    } catch (error) {
      if (error instanceof Problem && error.reason === 'unauthenticated') this.end()
    }
  }

  #send(event: string, id: string, data: unknown): void {
    this.#write(`id: ${id}\nevent: ${event}\ndata: ${JSON.stringify(data)}\n\n`)
  }

  #write(text: string): void {
    if (!this.#controller) return
    // A client that reads nothing would grow our memory; it comes back with the id it saw last.
    const full = (this.#controller.desiredSize ?? 0) <= 0
    try {
      if (full) this.end()
      else this.#controller.enqueue(Buffer.from(text))
    } catch {
      this.end()
    }
  }
}

/** The event in the JSON form of CloudEvents. */
export const cloudEventJson = (event: CloudEvent) => ({
  specversion: '1.0',
  id: event.id,
  source: event.source,
  subject: event.subject,
  type: event.type,
  time: event.time,
  ...(event.sequence !== undefined && { sequence: String(event.sequence).padStart(10, '0') }),
  datacontenttype: 'application/json',
  data: event.data,
})
