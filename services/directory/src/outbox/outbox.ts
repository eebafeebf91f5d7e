import type { Logger } from '@onus/kit/logging'
import { meter } from '@onus/kit/telemetry'
import type { OutboxItem } from '../domain/consequences.ts'
import type { AccountStore } from '../store/accounts.ts'
import type { Leases } from './leases.ts'

/** Sends one kind of item. Rejects when nothing is certain; doing it again must do no harm. */
export interface LaneOf<K extends OutboxItem['kind']> {
  kind: K
  /** Items carry their own order: several processes may send them, in any order. */
  anyOrder?: boolean
  deliver(accountId: string, items: Extract<OutboxItem, { kind: K }>[]): Promise<void>
}
export type Lane = LaneOf<'audit'> | LaneOf<'event'> | LaneOf<'sweep'> | LaneOf<'operation'> | LaneOf<'drain'>

export interface OutboxOptions {
  /** How often accounts are looked for whose items somebody left behind; default 5 s. */
  pollMs?: number
  /** First and longest pause after a failure; default 200 ms and 15 s. */
  retryMs?: number
  maxRetryMs?: number
}

const BATCH = 100
const ACCOUNTS_AT_ONCE = 4
const POLLED = 1000

const delivered = meter.createCounter('directory.outbox.delivered', {
  description: 'Events, sweeps and audit entries that went out',
})
const failed = meter.createCounter('directory.outbox.failures', {
  description: 'Attempts to send something out that failed',
})
const accountsWaiting = meter.createGauge('directory.outbox.accounts', {
  description: 'Accounts with something to send out, when last looked for',
})

/**
 * Takes what accounts have to say to where it belongs, each kind by itself: a broker that is away holds up
 * no sweep. Within one account and kind things go out one after the other in the order of the changes, by
 * one process at a time; items are forgotten after they are acknowledged.
 */
export class Outbox {
  readonly #lanes: LaneRunner[]
  readonly #accounts: AccountStore
  readonly #log: Logger
  readonly #pollMs: number
  #poll: NodeJS.Timeout | undefined

  constructor(
    accounts: AccountStore,
    leases: Leases,
    lanes: Lane[],
    log: Logger,
    { pollMs = 5000, retryMs = 200, maxRetryMs = 15_000 }: OutboxOptions = {},
  ) {
    this.#accounts = accounts
    this.#log = log
    this.#pollMs = pollMs
    this.#lanes = lanes.map((lane) => new LaneRunner(lane, accounts, leases, log, { retryMs, maxRetryMs }))
  }

  start(): void {
    this.#accounts.onOutbox((accountId) => this.wake(accountId))
    const look = async (): Promise<void> => {
      try {
        const waiting = await this.#accounts.withOutbox(POLLED)
        accountsWaiting.record(waiting.length)
        for (const accountId of waiting) this.wake(accountId)
      } catch (error) {
        this.#log.warn({ err: error }, 'could not look for what waits to go out')
      }
    }
    void look()
    this.#poll = setInterval(() => void look(), this.#pollMs)
  }

  wake(accountId: string): void {
    for (const lane of this.#lanes) lane.wake(accountId)
  }

  /** Lets what is being sent end. What then waits is found by the next process. */
  async stop(): Promise<void> {
    clearInterval(this.#poll)
    await Promise.all(this.#lanes.map((lane) => lane.stop()))
  }
}

class LaneRunner {
  readonly #lane: Lane
  readonly #accounts: AccountStore
  readonly #leases: Leases
  readonly #log: Logger
  readonly #retry: { retryMs: number; maxRetryMs: number }
  readonly #due = new Set<string>()
  /** Accounts at work, and whether something came while they were. */
  readonly #working = new Map<string, Promise<void>>()
  /** Failures in a row, by account. */
  readonly #failures = new Map<string, number>()
  readonly #timers = new Set<NodeJS.Timeout>()
  #stopped = false

  constructor(
    lane: Lane,
    accounts: AccountStore,
    leases: Leases,
    log: Logger,
    retry: { retryMs: number; maxRetryMs: number },
  ) {
    this.#lane = lane
    this.#accounts = accounts
    this.#leases = leases
    this.#log = log
    this.#retry = retry
  }

  get kind(): OutboxItem['kind'] {
    return this.#lane.kind
  }

  wake(accountId: string): void {
    // After a failure the pause holds; the retry takes the new items along.
    if (this.#stopped || this.#failures.has(accountId)) return
    this.#due.add(accountId)
    this.#next()
  }

  #next(): void {
    for (const accountId of this.#due) {
      if (this.#stopped || this.#working.size >= ACCOUNTS_AT_ONCE) return
      if (this.#working.has(accountId)) continue
      this.#due.delete(accountId)
      const work = this.#attempt(accountId).finally(() => {
        this.#working.delete(accountId)
        this.#next()
      })
      this.#working.set(accountId, work)
    }
  }

  async #attempt(accountId: string): Promise<void> {
    try {
      const done = await this.drain(accountId)
      this.#failures.delete(accountId)
      if (!done) this.#later(accountId, this.#retry.retryMs * 5)
    } catch (error) {
      const failures = (this.#failures.get(accountId) ?? 0) + 1
      this.#failures.set(accountId, failures)
      failed.add(1, { kind: this.kind })
      const pause = Math.min(this.#retry.retryMs * 2 ** (failures - 1), this.#retry.maxRetryMs)
      this.#log.warn(
        { err: error, accountId, kind: this.kind, failures, pause },
        'could not send, will try again',
      )
      this.#later(accountId, pause)
    }
  }

  #later(accountId: string, pause: number): void {
    if (this.#stopped) return
    const timer = setTimeout(
      () => {
        this.#timers.delete(timer)
        this.#due.add(accountId)
        this.#next()
      },
      pause * (0.75 + Math.random() / 2),
    )
    this.#timers.add(timer)
  }

  /** Sends all that waits; false when another process is at it. */
  async drain(accountId: string): Promise<boolean> {
    const lease = `${this.kind}:${accountId}`
    let held = false
    try {
      for (;;) {
        const items = await this.#waiting(accountId)
        if (!items.length) return true
        if (!this.#lane.anyOrder) {
          held = await this.#leases.acquire(lease)
          if (!held) return false
          // Read again under the lease: somebody may have sent these just now.
          items.splice(0, items.length, ...(await this.#waiting(accountId)))
        }
        const batch = items.slice(0, BATCH)
        if (!batch.length) return true
        await this.#lane.deliver(accountId, batch as never)
        await this.#accounts.sent(accountId, batch)
        delivered.add(batch.length, { kind: this.kind })
      }
    } finally {
      if (held) await this.#leases.release(lease)
    }
  }

  async #waiting(accountId: string): Promise<OutboxItem[]> {
    return (await this.#accounts.outbox(accountId)).filter((item) => item.kind === this.kind)
  }

  async stop(): Promise<void> {
    this.#stopped = true
    for (const timer of this.#timers) clearTimeout(timer)
    this.#due.clear()
    await Promise.allSettled(this.#working.values())
  }
}
