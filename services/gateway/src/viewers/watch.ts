/** Somebody who has a ticket open, as one of their windows says. */
export interface Presence {
  accountId: string
  ticketId: string
  agentId: string
  name: string
  /** Tells the windows of one agent apart. */
  client: string
  state: ViewerState
  /** When the window said so, or that it goes. */
  seenAt: Date
  /** Until when it is believed. */
  expiresAt: Date
}

export type ViewerState = 'viewing' | 'writing'

/** Who looks at a ticket; one line for an agent, however many windows they have. */
export interface Viewer {
  agentId: string
  name: string
  state: ViewerState
}

export interface ViewersOfTicket {
  accountId: string
  ticketId: string
  viewers: Viewer[]
}

export const presenceId = ({ accountId, ticketId, agentId, client }: Omit<Presence, 'name'>): string =>
  `${accountId}:${ticketId}:${agentId}:${client}`

/** The viewers that windows make at a moment, in the order of their ids; who writes in any window writes. */
export function viewersOf(windows: Iterable<Presence>, now: Date): Viewer[] {
  const viewers = new Map<string, Viewer>()
  for (const { agentId, name, state, expiresAt } of windows) {
    if (expiresAt <= now) continue
    const writes = state === 'writing' || viewers.get(agentId)?.state === 'writing'
    viewers.set(agentId, { agentId, name, state: writes ? 'writing' : 'viewing' })
  }
  return [...viewers.values()].sort((a, b) => (a.agentId < b.agentId ? -1 : 1))
}

interface Watched extends ViewersOfTicket {
  windows: Map<string, Presence>
}

/** What this gateway knows of who looks at what, and whose list has become another. */
export class ViewerWatch {
  readonly #tickets = new Map<string, Watched>()

  /** Takes in what windows said, forgets those that are silent, and gives the lists that have changed. */
  take(said: readonly Presence[], now: Date): ViewersOfTicket[] {
    for (const presence of said) {
      const { accountId, ticketId } = presence
      const key = `${accountId}:${ticketId}`
      const ticket = this.#tickets.get(key) ?? { accountId, ticketId, windows: new Map(), viewers: [] }
      this.#tickets.set(key, ticket)
      const id = presenceId(presence)
      const known = ticket.windows.get(id)
      if (!known || known.seenAt <= presence.seenAt) ticket.windows.set(id, presence)
    }
    const changed: ViewersOfTicket[] = []
    for (const [key, ticket] of this.#tickets) {
      for (const [id, { expiresAt }] of ticket.windows) if (expiresAt <= now) ticket.windows.delete(id)
      const viewers = viewersOf(ticket.windows.values(), now)
      if (JSON.stringify(viewers) !== JSON.stringify(ticket.viewers)) {
        ticket.viewers = viewers
        changed.push({ accountId: ticket.accountId, ticketId: ticket.ticketId, viewers })
      }
      if (ticket.windows.size === 0) this.#tickets.delete(key)
    }
    return changed
  }
}
