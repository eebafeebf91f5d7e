import type { QueryClient } from '@tanstack/react-query'
import { ApiError, get } from './client.ts'
import type { ServerEvent } from './events.ts'
import type { Pages } from './filter.ts'
import {
  applyTicket,
  dropTicket,
  refreshTicketParts,
  ticketQuery,
  toSolveQuery,
  viewersQuery,
} from './queries.ts'
import type { Ticket, Viewer } from './types.ts'

/** Events that come together are answered together. */
const GATHER_MS = 120
/** More changes than this at once are not fetched one by one: the lists are loaded again. */
const MANY = 25
/** Pages of a list that is loaded again at once. */
const SHORT_LIST = 3
const LONG_LIST_EVERY_MS = 10_000
const TO_SOLVE_EVERY_MS = 1_000

/** What the reader is told of a notice of theirs. */
export interface LiveNotice {
  event: string
  channel: string
  state: string
  ticketId?: string
}

/** Keeps what is shown true while events come in. */
export class CachePatcher {
  readonly #client: QueryClient
  readonly #waiting = new Set<string>()
  #timer: ReturnType<typeof setTimeout> | undefined
  #reloadTimer: ReturnType<typeof setTimeout> | undefined
  #toSolveTimer: ReturnType<typeof setTimeout> | undefined
  readonly #onNotice: (notice: LiveNotice) => void
  #ready = false

  constructor(client: QueryClient, onNotice: (notice: LiveNotice) => void) {
    this.#client = client
    this.#onNotice = onNotice
  }

  take({ event, data }: ServerEvent): void {
    switch (event) {
      case 'ready':
        // What happened between the first answers and the first event is known to nobody.
        if (!this.#ready) this.#reload()
        this.#ready = true
        return
      case 'resync':
        this.#reload()
        return
      case 'ticket.gone':
        this.#gone((JSON.parse(data) as { ticketId: string }).ticketId)
        return
      case 'ticket':
        this.#gather((JSON.parse(data) as { subject: string }).subject)
        return
      case 'viewers': {
        const { ticketId, items } = JSON.parse(data) as { ticketId: string; items: Viewer[] }
        // Only for a ticket that is open here.
        if (this.#client.getQueryData(viewersQuery(ticketId).queryKey))
          this.#client.setQueryData(viewersQuery(ticketId).queryKey, items)
        return
      }
      case 'notification': {
        const notice = (JSON.parse(data) as { data: LiveNotice }).data
        const { ticketId } = notice
        if (notice.channel === 'in_app' && notice.state === 'sent') this.#onNotice(notice)
        if (ticketId) void this.#client.invalidateQueries({ queryKey: ['notices', ticketId] })
      }
    }
  }

  #reloadAgain(): void {
    this.#reloadTimer = undefined
    this.#reload()
  }

  stop(): void {
    clearTimeout(this.#reloadTimer)
    clearTimeout(this.#timer)
    clearTimeout(this.#toSolveTimer)
  }

  #gather(ticketId: string): void {
    this.#waiting.add(ticketId)
    this.#timer ??= setTimeout(() => void this.#flush(), GATHER_MS)
    this.#toSolveTimer ??= setTimeout(() => {
      this.#toSolveTimer = undefined
      void this.#client.invalidateQueries(toSolveQuery)
    }, TO_SOLVE_EVERY_MS)
  }

  async #flush(): Promise<void> {
    this.#timer = undefined
    const ids = [...this.#waiting]
    this.#waiting.clear()
    if (ids.length > MANY) return this.#reload()
    await Promise.all(ids.map((id) => this.#refresh(id)))
  }

  async #refresh(id: string): Promise<void> {
    try {
      applyTicket(this.#client, await get<Ticket>(`/tickets/${encodeURIComponent(id)}`))
    } catch (error) {
      if (error instanceof ApiError && error.status === 404) this.#gone(id)
    }
    refreshTicketParts(this.#client, id)
  }

  #gone(id: string): void {
    dropTicket(this.#client, id)
    void this.#client.invalidateQueries(toSolveQuery)
    void this.#client.invalidateQueries(ticketQuery(id))
  }

  /**
   * Everything again. A long list that is on the screen keeps its length, so that nobody loses their place, and is
   * not begun again while it is being loaded; one that is not on the screen is loaded when it is next looked at.
   */
  #reload(): void {
    let later = false
    for (const query of this.#client.getQueryCache().findAll({ queryKey: ['tickets'] })) {
      const pages = (query.state.data as Pages | undefined)?.pages.length ?? 0
      if (pages <= SHORT_LIST) void this.#client.invalidateQueries({ queryKey: query.queryKey, exact: true })
      else if (!query.isActive()) this.#client.removeQueries({ queryKey: query.queryKey, exact: true })
      else if (query.state.fetchStatus === 'fetching') later = true
      else void this.#client.invalidateQueries({ queryKey: query.queryKey, exact: true })
    }
    if (later) this.#reloadTimer ??= setTimeout(() => this.#reloadAgain(), LONG_LIST_EVERY_MS)
    for (const key of ['ticket', 'messages', 'timeline', 'notices', 'to-solve'])
      void this.#client.invalidateQueries({ queryKey: [key] })
  }
}
