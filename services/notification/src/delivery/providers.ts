import type { Logger } from '@onus/kit/logging'
import { meter } from '@onus/kit/telemetry'
import type { DeliveryFailure } from '../domain/failure.ts'

/** Who carries notices. */
export type ProviderName = 'email' | 'slack' | 'push'

/** A provider as this process sees it. */
export interface ProviderState {
  name: ProviderName
  state: 'ok' | 'failing'
  /** Failures in a row. */
  failures: number
  failingSince?: string
  nextTryAt?: string
  error?: string
}

/**
 * Knows which providers do not work now. When one fails again and again, one notice at a time tries it and
 * the others wait: so a dead provider is one alarm, ties up nothing, and is not overrun when it is back. Each
 * process finds that out by itself.
 */
export interface Providers {
  /** Null: go, and say how it went. */
  enter(name: ProviderName, now: Date): { name: string; until: Date } | null
  /** The one who was let in did not try after all. */
  leave(name: ProviderName): void
  worked(name: ProviderName): void
  failed(name: ProviderName, failure: DeliveryFailure, now: Date): void
  states(): ProviderState[]
}

interface State {
  failures: number
  since?: Date
  openUntil?: Date
  probing?: Date
  error?: string
}

const FAILURES_TO_OPEN = 5
/** A provider is tried again after so long; less than the longest distance of a new notice's attempts. */
const PROBE_EVERY_MS = 25_000
const FIRST_PROBE_MS = 2000
/** How long the one who tries has before another may. */
const PROBE_MS = 20_000

const NAMES: readonly ProviderName[] = ['email', 'slack', 'push']
const LABELS: Record<ProviderName, string> = {
  email: 'the mail server',
  slack: 'Slack',
  push: 'the push service',
}

export function createProviders(log: Logger): Providers {
  const states = new Map<ProviderName, State>(NAMES.map((name) => [name, { failures: 0 }]))
  const of = (name: ProviderName): State => states.get(name)!
  const isOpen = ({ failures }: State): boolean => failures >= FAILURES_TO_OPEN

  meter
    .createObservableGauge('onus.notice.provider.failing', {
      description: '1 while a provider does not work and notices wait for it',
    })
    .addCallback((result) => {
      for (const [provider, state] of states) result.observe(isOpen(state) ? 1 : 0, { provider })
    })

  return {
    enter(name, now) {
      const state = of(name)
      if (!isOpen(state)) return null
      if (state.openUntil && now < state.openUntil) return { name: LABELS[name], until: state.openUntil }
      if (state.probing && now < state.probing) return { name: LABELS[name], until: state.probing }
      state.probing = new Date(now.getTime() + PROBE_MS)
      return null
    },
    leave(name) {
      delete of(name).probing
    },
    worked(name) {
      const state = of(name)
      if (isOpen(state)) log.info({ provider: name, since: state.since }, 'A provider of notices works again')
      if (state.failures) states.set(name, { failures: 0 })
    },
    failed(name, failure, now) {
      // An address or a token that is refused says that the provider is well; so does a refusal for good.
      if (failure.permanent || failure.broken) return
      const state = of(name)
      state.failures += 1
      state.since ??= now
      state.error = failure.message
      delete state.probing
      if (!isOpen(state)) return
      const times = state.failures - FAILURES_TO_OPEN
      const pause = Math.min(PROBE_EVERY_MS, FIRST_PROBE_MS * 2 ** Math.min(times, 8))
      state.openUntil = new Date(now.getTime() + Math.max(pause, failure.retryAfterMs ?? 0))
      if (times === 0)
        log.error(
          { provider: name, since: state.since, error: failure.message },
          'A provider of notices does not work; they wait',
        )
    },
    states: () =>
      [...states].map(([name, { failures, since, openUntil, error, ...rest }]) => ({
        name,
        state: isOpen({ failures, ...rest }) ? 'failing' : 'ok',
        failures,
        ...(since && { failingSince: since.toISOString() }),
        ...(openUntil && { nextTryAt: openUntil.toISOString() }),
        ...(error && { error }),
      })),
  }
}
