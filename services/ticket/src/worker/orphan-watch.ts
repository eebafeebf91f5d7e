import type { Logger } from '@onus/kit/logging'
import { meter } from '@onus/kit/telemetry'
import { countOf, findOrphans, type Orphaned } from '../reads/orphans.ts'
import type { HolderStore } from '../store/holders.ts'
import type { SendCommand } from './sweep.ts'

const orphans = meter.createGauge('onus.orphans', {
  description: 'Tickets whose holder may not see them, when last looked for; there must be none',
})
const leaving = meter.createGauge('onus.orphans.leaving', {
  description: 'Tickets of agents whose off-boarding is at work, when last looked for',
})

export interface OrphanWatchDeps {
  holders: HolderStore
  directory: Parameters<typeof findOrphans>[1]
  send: SendCommand
  log: Pick<Logger, 'warn'>
  /** How often it looks; default a minute. */
  everyMs?: number
}

/** Tickets of one holder that one look puts right. */
const REPAIRED = 200
const COMMAND_TIMEOUT_MS = 30_000

/**
 * The standing check that no ticket stays with somebody who may not see it: counts, and lets each such ticket
 * decide again by the facts of now.
 */
export class OrphanWatch {
  readonly #deps: OrphanWatchDeps
  #timer: NodeJS.Timeout | undefined
  #looking: Promise<unknown> = Promise.resolve()
  #stopped = false

  constructor(deps: OrphanWatchDeps) {
    this.#deps = deps
  }

  start(): void {
    const { everyMs = 60_000, log } = this.#deps
    const next = () => {
      // Several workers do not look at the same moment.
      this.#timer = setTimeout(
        () => {
          this.#looking = this.look()
            .catch((error) => log.warn({ err: error }, 'could not look for orphans'))
            .finally(() => this.#stopped || next())
        },
        everyMs * (0.75 + Math.random() / 2),
      )
    }
    next()
  }

  /** Counts, and repairs; gives what it found. */
  async look(): Promise<Orphaned[]> {
    const { holders, directory, log } = this.#deps
    const found = await findOrphans(holders, directory)
    orphans.record(countOf(found, false))
    leaving.record(countOf(found, true))
    for (const one of found.filter((held) => !held.leaving)) {
      log.warn({ ...one }, 'tickets are held by somebody who may not see them')
      await this.#repair(one)
    }
    return found
  }

  async #repair({ accountId, agentId, departmentId }: Orphaned): Promise<void> {
    const { holders, send, log } = this.#deps
    for (const ticketId of await holders.some(accountId, agentId, departmentId, REPAIRED)) {
      if (this.#stopped) return
      const envelope = {
        commandId: `orphan:${agentId}:${Date.now()}`,
        command: { type: 'recheck', because: 'membership_change' },
        authority: { actor: { type: 'system' } },
      } as const
      const deadline = new Date(Date.now() + COMMAND_TIMEOUT_MS)
      try {
        await send(accountId, ticketId, envelope, { deadline })
      } catch (error) {
        log.warn({ err: error, accountId, ticketId }, 'could not put an orphan right, will try again')
      }
    }
  }

  async stop(): Promise<void> {
    this.#stopped = true
    clearTimeout(this.#timer)
    await this.#looking
  }
}
