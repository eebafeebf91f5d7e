import { setImmediate as breathe } from 'node:timers/promises'
import { systemCaller } from '@onus/kit/caller'
import { type Clock, rfc3339 } from '@onus/kit/clock'
import type { DirectoryReader } from '@onus/kit/directory'
import { isOutage } from '@onus/kit/errors'
import { detached } from '@onus/kit/grpc'
import { newId } from '@onus/kit/ids'
import type { Logger } from '@onus/kit/logging'
import { Problem } from '@onus/kit/problems'
import { meter } from '@onus/kit/telemetry'
import { prepareDraft } from '../domain/dry-run/draft.ts'
import { contactMessages, isWritten, type PastTexts, type PastTicket } from '../domain/dry-run/past.ts'
import { Tally } from '../domain/dry-run/result.ts'
import { type Surroundings, simulate } from '../domain/dry-run/simulate.ts'
import type { TicketValues } from '../grpc/insight.ts'
import type { DryRun, DryRunStore } from '../store/dry-runs.ts'
import type { HistoryStore, Place } from '../store/history.ts'

export interface DryRunnerDeps {
  runs: DryRunStore
  history: HistoryStore
  directory: DirectoryReader
  tickets: Pick<TicketValues, 'getTexts'>
  clock: Clock
  log: Logger
  /** How often work is looked for that another process left; default 5 s. */
  pollMs?: number
  /** Tickets read at once; default 500. */
  pageSize?: number
}

const MAX_MESSAGES = 20
/** Tickets whose texts are asked for in one call: an answer has its limit. */
const TEXTS_AT_ONCE = 50
const TEXTS_DEADLINE_MS = 20_000
/** How long tickets are worked on before others get their turn. */
const SLICE_MS = 10

const ticketsTried = meter.createCounter('rules.dry_run.tickets', {
  description: 'Past tickets that drafts were tried on',
})

/**
 * Works on dry runs, one at a time, page by page. How far it is and what came out are kept together after
 * each page, so a process that takes over goes on where the last one was, and nothing is counted twice.
 */
export class DryRunner {
  readonly #deps: DryRunnerDeps
  readonly #owner = newId()
  #timer: NodeJS.Timeout | undefined
  #working: Promise<void> | undefined
  #again = false
  #stopped = false

  constructor(deps: DryRunnerDeps) {
    this.#deps = deps
  }

  start(): void {
    this.wake()
    this.#timer = setInterval(() => this.wake(), this.#deps.pollMs ?? 5000)
  }

  /** There may be something to do. */
  wake(): void {
    if (this.#stopped) return
    if (this.#working) {
      this.#again = true
      return
    }
    // Whoever wakes it does not wait for it, and its deadline is not this one's.
    this.#working = detached(() => this.#work()).finally(() => {
      this.#working = undefined
      if (!this.#again) return
      this.#again = false
      this.wake()
    })
  }

  /** Ends after the page that is being read; another process goes on. */
  async stop(): Promise<void> {
    this.#stopped = true
    clearInterval(this.#timer)
    await this.#working
  }

  async #work(): Promise<void> {
    const { runs, clock, log } = this.#deps
    try {
      while (!this.#stopped) {
        const run = await runs.take(this.#owner, clock())
        if (!run) return
        await this.#attempt(run)
      }
    } catch (error) {
      log.warn({ err: error }, 'could not look for dry runs')
    }
  }

  async #attempt(run: DryRun): Promise<void> {
    const { runs, clock, log } = this.#deps
    const { accountId, id } = run
    try {
      await this.#try(run)
    } catch (error) {
      if (isOutage(error) || (error instanceof Problem && error.reason === 'unavailable')) {
        // The lease ends by itself; that is the pause.
        log.warn({ err: error, accountId, id }, 'a dry run waits for something that is down')
        return
      }
      log.error({ err: error, accountId, id }, 'a dry run failed')
      const message = 'It could not be carried out. The log of the rules service says why.'
      const finishedAt = rfc3339(clock())
      await runs.save(run, this.#owner, clock(), { state: 'failed', finishedAt, error: message })
    }
  }

  async #try(run: DryRun): Promise<void> {
    const { runs, history, clock, pageSize = 500 } = this.#deps
    const { accountId } = run
    const draft = prepareDraft(run.rules)
    const surroundings = await this.#surroundings(accountId)
    const left = await history.places(accountId, { ...run, limit: run.limit - run.ticketsRead })
    const needsTexts = draft.waiting.fields.some(isWritten)
    const tally = new Tally(run.result)
    let ticketsRead = run.ticketsRead
    const total = ticketsRead + left.length
    if (!(await runs.save(run, this.#owner, clock(), { total }))) return
    for (let at = 0; at < left.length; at += pageSize) {
      if (this.#stopped) return await runs.release(run, this.#owner)
      const page = left.slice(at, at + pageSize)
      const past = await this.#read(accountId, page)
      const texts = needsTexts ? await this.#texts(accountId, past) : new Map<string, PastTexts>()
      let rested = performance.now()
      for (const ticket of past) {
        const outcome = simulate(ticket, draft, surroundings, texts.get(ticket.ticketId) ?? null, run.until)
        if (outcome) tally.add(ticket.ticketId, outcome)
        if (performance.now() - rested < SLICE_MS) continue
        await breathe()
        rested = performance.now()
      }
      ticketsRead += page.length
      ticketsTried.add(page.length)
      const progress = { ticketsRead, after: page.at(-1), result: tally.result() }
      if (!(await runs.save(run, this.#owner, clock(), progress))) return
    }
    const finishedAt = rfc3339(clock())
    await runs.save(run, this.#owner, clock(), { state: 'completed', finishedAt, result: tally.result() })
  }

  /** The account as it is now. What a draft names was checked when it came. */
  async #surroundings(accountId: string): Promise<Surroundings> {
    const view = await this.#deps.directory.snapshot(accountId)
    return {
      ...view,
      now: this.#deps.clock(),
      defaultDepartmentId: view.settings.defaultDepartmentId,
      hasTemplate: () => true,
      hasWebhook: () => true,
    }
  }

  async #read(accountId: string, page: readonly Place[]): Promise<PastTicket[]> {
    return await this.#deps.history.tickets(
      accountId,
      page.map(({ ticketId }) => ticketId),
    )
  }

  /** What customers wrote, of the tickets that are still there. */
  async #texts(accountId: string, past: readonly PastTicket[]): Promise<Map<string, PastTexts>> {
    const caller = systemCaller(accountId, 'rules')
    const texts = new Map<string, PastTexts>()
    for (let at = 0; at < past.length; at += TEXTS_AT_ONCE) {
      const asked = past.slice(at, at + TEXTS_AT_ONCE).map((ticket) => ({
        ticketId: ticket.ticketId,
        messageIds: contactMessages(ticket).slice(0, MAX_MESSAGES),
      }))
      const { tickets } = await this.#deps.tickets.getTexts(
        { tickets: asked },
        { caller, deadlineMs: TEXTS_DEADLINE_MS },
      )
      for (const { ticketId, values = {}, messages } of tickets) {
        const byId = messages.map(({ messageId, values = {} }) => [messageId, values] as const)
        texts.set(ticketId, { values, messages: new Map(byId) })
      }
    }
    return texts
  }
}
