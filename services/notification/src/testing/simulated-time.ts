import { vi } from 'vitest'

/** A time that passes as fast as what happens in it can be worked off. */
export interface SimulatedTime {
  /** Lets so much of it pass; all that comes due meanwhile has happened then. */
  pass(ms: number): Promise<void>
  /** Gives the real one back. */
  end(): void
}

interface Timer {
  at: number
  order: number
  run: (() => void) | undefined
}

/** Timers are late by up to so much, as they are on a busy machine; those of one tick happen together. */
const TICK_MS = 50

const before = (a: Timer, b: Timer) => (a.at === b.at ? a.order < b.order : a.at < b.at)

/**
 * Replaces the clocks and timers of this process. It is for tests with hundreds of thousands of timers, of
 * which thousands wait at once: vitest's own look through all of them for each that comes due, and wait a real
 * millisecond after it.
 */
export function simulateTime(from: Date): SimulatedTime {
  const turn = setImmediate
  const timers: Timer[] = []
  let immediates: (() => void)[] = []
  let order = 0
  let now = from.getTime()

  function push(timer: Timer): void {
    let at = timers.push(timer) - 1
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (!before(timer, timers[parent]!)) break
      timers[at] = timers[parent]!
      at = parent
    }
    timers[at] = timer
  }

  function pop(): Timer {
    const top = timers[0]!
    const last = timers.pop()!
    if (!timers.length) return top
    let at = 0
    for (let child = 1; child < timers.length; child = 2 * at + 1) {
      if (child + 1 < timers.length && before(timers[child + 1]!, timers[child]!)) child++
      if (!before(timers[child]!, last)) break
      timers[at] = timers[child]!
      at = child
    }
    timers[at] = last
    return top
  }

  /** All that follows at once from what just happened. */
  async function settle(): Promise<void> {
    do {
      const due = immediates
      immediates = []
      for (const run of due) run()
      await new Promise<void>((resolve) => turn(resolve))
    } while (immediates.length)
  }

  const RealDate = Date
  class SimulatedDate extends RealDate {
    constructor(...given: [] | [number]) {
      super(...((given.length ? given : [now]) as [number]))
    }
    static override now = () => now
  }
  vi.stubGlobal('Date', SimulatedDate)
  // Failures are how a wait is told; their stacks would be most of the work.
  const { stackTraceLimit } = Error
  Error.stackTraceLimit = 0
  const clock = vi.spyOn(performance, 'now').mockImplementation(() => now - from.getTime())
  vi.stubGlobal('setTimeout', (run: () => void, ms = 0) => {
    const at = Math.ceil((now + Math.max(1, ms)) / TICK_MS) * TICK_MS
    const timer: Timer = { at, order: order++, run }
    push(timer)
    return timer
  })
  vi.stubGlobal('clearTimeout', (timer?: Timer) => {
    if (timer) timer.run = undefined
  })
  vi.stubGlobal('setImmediate', (run: () => void) => {
    immediates.push(run)
  })

  return {
    async pass(ms) {
      const to = now + ms
      await settle()
      while (timers.length && timers[0]!.at <= to) {
        now = timers[0]!.at
        while (timers.length && timers[0]!.at === now) pop().run?.()
        await settle()
      }
      now = to
    },
    end() {
      vi.unstubAllGlobals()
      clock.mockRestore()
      Error.stackTraceLimit = stackTraceLimit
    },
  }
}
