import type { Caller } from '@onus/kit/caller'
import type { Clock } from '@onus/kit/clock'
import type { Logger } from '@onus/kit/logging'
import type { ViewerStore } from './store.ts'
import { type Viewer, type ViewerState, type ViewersOfTicket, ViewerWatch, viewersOf } from './watch.ts'

/** Who else has a ticket open, and whether they write. */
export interface Viewers {
  /** One of the caller's windows shows the ticket; it says so again before it is forgotten. */
  enter(caller: Caller, ticketId: string, client: string, state: ViewerState): Promise<Viewer[]>
  /** It shows it no more. */
  leave(caller: Caller, ticketId: string, client: string): Promise<void>
  of(accountId: string, ticketId: string): Promise<Viewer[]>
  /** Begins to learn of what windows tell other gateways. */
  start(): void
  close(): void
}

export interface ViewersDeps {
  store: ViewerStore
  clock: Clock
  log: Logger
  /** Tells those who look at the ticket here. */
  tell(change: ViewersOfTicket): void
  /** Whether anybody listens here; without listeners nothing is asked for. */
  heard(): boolean
  lookEveryMs?: number
}

/** A window that says nothing for so long is gone; it should speak three times as often. */
export const VIEWER_EXPIRES_MS = 30_000
const LOOK_EVERY_MS = 1_000
/** Clocks of gateways may differ by this much, and a write may take as long to be seen. */
const OVERLAP_MS = 5_000
const SWEEP_EVERY_MS = 60_000

export function createViewers(deps: ViewersDeps): Viewers {
  const { store, clock, log } = deps
  const watch = new ViewerWatch()
  let timer: NodeJS.Timeout | undefined
  let lookedAt: Date | undefined
  let sweptAt = 0
  let looking = false

  const say = async (caller: Caller, ticketId: string, client: string, state: ViewerState, ms: number) => {
    const seenAt = clock()
    const expiresAt = new Date(seenAt.getTime() + ms)
    const { accountId, id: agentId, name } = caller
    const presence = { accountId, ticketId, agentId, name, client, state, seenAt, expiresAt }
    await store.put(presence)
    for (const change of watch.take([presence], seenAt)) deps.tell(change)
  }

  /** One look at what was said since the last one. */
  async function look(): Promise<void> {
    const now = clock()
    if (now.getTime() - sweptAt >= SWEEP_EVERY_MS) {
      sweptAt = now.getTime()
      await store.sweep(new Date(now.getTime() - SWEEP_EVERY_MS))
    }
    if (!deps.heard()) {
      lookedAt = undefined
      return
    }
    const from = lookedAt ? lookedAt.getTime() - OVERLAP_MS : now.getTime() - VIEWER_EXPIRES_MS
    const said = await store.since(new Date(from))
    lookedAt = now
    for (const change of watch.take(said, now)) deps.tell(change)
  }

  return {
    async enter(caller, ticketId, client, state) {
      await say(caller, ticketId, client, state, VIEWER_EXPIRES_MS)
      return viewersOf(await store.ofTicket(caller.accountId, ticketId), clock())
    },
    leave: (caller, ticketId, client) => say(caller, ticketId, client, 'viewing', 0),
    async of(accountId, ticketId) {
      return viewersOf(await store.ofTicket(accountId, ticketId), clock())
    },
    start() {
      timer = setInterval(() => {
        if (looking) return
        looking = true
        look()
          .catch((err) => log.warn({ err }, 'who looks at tickets is not known for now'))
          .finally(() => {
            looking = false
          })
      }, deps.lookEveryMs ?? LOOK_EVERY_MS)
    },
    close: () => clearInterval(timer),
  }
}
