import { detached } from '@onus/kit/grpc'
import type { Logger } from '@onus/kit/logging'
import { meter } from '@onus/kit/telemetry'
import type { OutboxItem } from '../domain/consequences.ts'
import type { RuleStore } from '../store/rules.ts'

/** Sends one kind of item. Doing it again must do no harm, also by several processes at once. */
export type Delivery = {
  [kind in OutboxItem['kind']]: (
    accountId: string,
    item: Extract<OutboxItem, { kind: kind }>,
  ) => Promise<void>
}

export interface OutboxOptions {
  /** How often accounts are looked for whose items somebody left behind; default 5 s. */
  pollMs?: number
  /** First and longest pause after a failure; default 200 ms and 15 s. */
  retryMs?: number
  maxRetryMs?: number
}

const POLLED = 1000

const delivered = meter.createCounter('rules.outbox.delivered', {
  description: 'Sweeps and audit entries that went out',
})
const failed = meter.createCounter('rules.outbox.failures', {
  description: 'Attempts to send something out that failed',
})

/** Takes what changes of rules bring about to where it belongs, and forgets it when it has arrived. */
export class Outbox {
  readonly #store: RuleStore
  readonly #delivery: Delivery
  readonly #log: Logger
  readonly #options: Required<OutboxOptions>
  readonly #working = new Map<string, Promise<void>>()
  readonly #again = new Set<string>()
  readonly #failures = new Map<string, number>()
  readonly #timers = new Set<NodeJS.Timeout>()
  #poll: NodeJS.Timeout | undefined
  #stopped = false

  constructor(store: RuleStore, delivery: Delivery, log: Logger, options: OutboxOptions = {}) {
    this.#store = store
    this.#delivery = delivery
    this.#log = log
    this.#options = { pollMs: 5000, retryMs: 200, maxRetryMs: 15_000, ...options }
  }

  start(): void {
    this.#store.onOutbox((accountId) => this.wake(accountId))
    const look = async (): Promise<void> => {
      try {
        for (const accountId of await this.#store.withOutbox(POLLED)) this.wake(accountId)
      } catch (error) {
        this.#log.warn({ err: error }, 'could not look for what waits to go out')
      }
    }
    void look()
    this.#poll = setInterval(() => void look(), this.#options.pollMs)
  }

  wake(accountId: string): void {
    // After a failure the pause holds; the retry takes the new items along.
    if (this.#stopped || this.#failures.has(accountId)) return
    this.#begin(accountId)
  }

  #begin(accountId: string): void {
    if (this.#stopped) return
    if (this.#working.has(accountId)) {
      this.#again.add(accountId)
      return
    }
    // The call that brought the change about does not wait, and its deadline is not this one's.
    const work = detached(() => this.#attempt(accountId)).finally(() => {
      this.#working.delete(accountId)
      if (this.#again.delete(accountId)) this.wake(accountId)
    })
    this.#working.set(accountId, work)
  }

  async #attempt(accountId: string): Promise<void> {
    try {
      await this.#drain(accountId)
      this.#failures.delete(accountId)
    } catch (error) {
      const failures = (this.#failures.get(accountId) ?? 0) + 1
      this.#failures.set(accountId, failures)
      failed.add(1)
      const { retryMs, maxRetryMs } = this.#options
      const pause = Math.min(retryMs * 2 ** (failures - 1), maxRetryMs) * (0.75 + Math.random() / 2)
      this.#log.warn({ err: error, accountId, failures, pause }, 'could not send, will try again')
      this.#later(accountId, pause)
    }
  }

  #later(accountId: string, pause: number): void {
    if (this.#stopped) return
    const timer = setTimeout(() => {
      this.#timers.delete(timer)
      this.#begin(accountId)
    }, pause)
    this.#timers.add(timer)
  }

  /** Kinds hold each other up no more than their own failures do. */
  async #drain(accountId: string): Promise<void> {
    for (;;) {
      const items = await this.#store.outbox(accountId)
      if (!items.length) return
      const kinds = [...new Set(items.map(({ kind }) => kind))]
      const outcomes = await Promise.allSettled(
        kinds.map((kind) =>
          this.#send(
            accountId,
            items.filter((item) => item.kind === kind),
          ),
        ),
      )
      const rejected = outcomes.find((outcome) => outcome.status === 'rejected')
      if (rejected) throw rejected.reason
    }
  }

  async #send(accountId: string, items: OutboxItem[]): Promise<void> {
    for (const item of items) {
      await this.#delivery[item.kind](accountId, item as never)
      await this.#store.sent(accountId, [item])
      delivered.add(1, { kind: item.kind })
    }
  }

  /** Lets what is being sent end. What then waits is found by the next process. */
  async stop(): Promise<void> {
    this.#stopped = true
    clearInterval(this.#poll)
    for (const timer of this.#timers) clearTimeout(timer)
    await Promise.allSettled(this.#working.values())
  }
}
