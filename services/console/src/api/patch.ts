import type { QueryClient } from '@tanstack/react-query'
import { ApiError, get } from './client.ts'
import type { ServerEvent } from './events.ts'
import { withNotice, withoutNoticesOf } from './feed.ts'
import type { Pages } from './filter.ts'
import {
  applyTicket,
  dropTicket,
  FEED_SIZE,
  feedQuery,
  refreshTicketParts,
  ticketQuery,
  toSolveQuery,
  viewersQuery,
} from './queries.ts'
import type { Notice, Ticket, Viewer } from './types.ts'

/** Events that come together are answered together. */
const GATHER_MS = 120
/** More changes than this at once are not fetched one by one: the lists are loaded again. */
const MANY = 25
/** Pages of a list that is loaded again at once. */
const SHORT_LIST = 3
const LONG_LIST_EVERY_MS = 10_000
const TO_SOLVE_EVERY_MS = 1_000
const FEED_EVERY_MS = 2_000

/** Keeps what is shown true while events come in. */
export class CachePatcher {
  readonly #client: QueryClient
  readonly #waiting = new Set<string>()
  #timer: ReturnType<typeof setTimeout> | undefined
  #reloadTimer: ReturnType<typeof setTimeout> | undefined
  #toSolveTimer: ReturnType<typeof setTimeout> | undefined
  #feedTimer: ReturnType<typeof setTimeout> | undefined
  readonly #onNotice: (notice: Notice) => void
  #ready = false

  constructor(client: QueryClient, onNotice: (notice: Notice) => void) {
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
        const notice = (JSON.parse(data) as { data: Notice }).data
        const { ticketId } = notice
        if (notice.channel === 'in_app') this.#told(notice)
        if (notice.channel === 'in_app' && notice.state === 'sent') this.#onNotice(notice)
        if (ticketId) void this.#client.invalidateQueries({ queryKey: ['notices', ticketId] })
      }
    }
  }

  /** Shown at once. An answer that is on its way may be without it, and a page that has grown long is loaded again. */
  #told(notice: Notice): void {
    const { queryKey } = feedQuery
    this.#client.setQueryData(queryKey, (feed) => feed && withNotice(feed, notice))
    const state = this.#client.getQueryState(queryKey)
    const length = state?.data?.pages[0]?.items.length ?? 0
    if (state?.fetchStatus !== 'fetching' && length <= 2 * FEED_SIZE) return
    this.#feedTimer ??= setTimeout(() => {
      this.#feedTimer = undefined
      void this.#client.invalidateQueries({ queryKey })
    }, FEED_EVERY_MS)
  }

  #reloadAgain(): void {
    this.#reloadTimer = undefined
    this.#reload()
  }

  stop(): void {
    clearTimeout(this.#reloadTimer)
    clearTimeout(this.#timer)
    clearTimeout(this.#toSolveTimer)
    clearTimeout(this.#feedTimer)
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
    this.#client.setQueryData(feedQuery.queryKey, (feed) => feed && withoutNoticesOf(feed, id))
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
    for (const key of ['ticket', 'messages', 'timeline', 'notices', 'to-solve', 'feed'])
      void this.#client.invalidateQueries({ queryKey: [key] })
  }
}
