import { problems } from '@onus/kit/problems'

interface Lane {
  running: number
  waiting: (() => void)[]
}

/** Limits of a {@link KeyedQueue}. */
export interface QueueLimits {
  /** Tasks of one key at work at once. */
  concurrency: number
  /** Tasks of one key that may wait; one more is refused with `too-many-requests`. */
  maxWaiting: number
}

/**
 * One bounded queue for each key, first come first served. A ticket that everybody wants at once costs the
 * others nothing, and nobody waits in a line that cannot be served.
 */
export class KeyedQueue {
  readonly #lanes = new Map<string, Lane>()
  readonly #limits: QueueLimits

  constructor(limits: QueueLimits) {
    this.#limits = limits
  }

  async run<T>(key: string, task: () => Promise<T>): Promise<T> {
    const lane = this.#lanes.get(key) ?? { running: 0, waiting: [] }
    this.#lanes.set(key, lane)
    if (lane.running >= this.#limits.concurrency) {
      if (lane.waiting.length >= this.#limits.maxWaiting) {
        throw problems.tooManyRequests('Too many commands wait for this ticket.')
      }
      // Whoever leaves hands its place over, so `running` does not change here.
      await new Promise<void>((resolve) => lane.waiting.push(resolve))
    } else {
      lane.running++
    }
    try {
      return await task()
    } finally {
      const next = lane.waiting.shift()
      if (next) next()
      else if (--lane.running === 0) this.#lanes.delete(key)
    }
  }
}
