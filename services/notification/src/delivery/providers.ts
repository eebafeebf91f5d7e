import type { Logger } from '@onus/kit/logging'
import { meter } from '@onus/kit/telemetry'
import type { DeliveryFailure } from '../domain/failure.ts'
import { gathered } from '../store/gathered.ts'
import type { Guarded, Versioned } from '../store/guarded.ts'

/** Who carries notices. */
export const PROVIDERS = ['email', 'slack', 'fcm', 'apns', 'web_push'] as const
export type ProviderName = (typeof PROVIDERS)[number]

/** One of them; where many services speak one protocol, this one of them. */
export interface Provider {
  name: ProviderName
  host?: string
}

/** A provider as all processes see it. */
export interface ProviderState extends Provider {
  state: 'ok' | 'failing'
  /** Failures in a row. */
  failures: number
  failingSince?: string
  nextTryAt?: string
  error?: string
}

/**
 * Knows which providers do not work now. When one fails again and again, one notice at a time tries it and
 * the others wait: so a dead provider is one alarm, ties up nothing, and is not overrun when it is back. All
 * processes know it from one record, which a restart keeps.
 */
export interface Providers {
  /** Null: go, and say how it went. */
  enter(provider: Provider, now: Date): Promise<{ name: string; until: Date } | null>
  /** The one who was let in did not try after all. */
  leave(provider: Provider): Promise<void>
  worked(provider: Provider): Promise<void>
  failed(provider: Provider, failure: DeliveryFailure, now: Date): Promise<void>
  states(): Promise<ProviderState[]>
}

/** What is kept of a provider that failed last; one that works has no record. */
export interface ProviderHealth extends Provider {
  failures: number
  since: string
  openUntil: string
  /** Somebody tries it: `openUntil` is how long they have. */
  probing: boolean
  error: string
}

const FAILURES_TO_OPEN = 5
/** A provider is tried again after so long; less than the longest distance of a new notice's attempts. */
const PROBE_EVERY_MS = 25_000
const FIRST_PROBE_MS = 2000
/** How long the one who tries has before another may. */
const PROBE_MS = 20_000
/** That a provider works is believed for so long. */
const BELIEVED_MS = 1000
const MOST_TRIES = 50
const MOST_SHOWN = 200

const LABELS: Record<ProviderName, string> = {
  email: 'the mail server',
  slack: 'Slack',
  fcm: 'FCM',
  apns: 'APNs',
  web_push: 'the push service',
}

type Seen = Versioned<ProviderHealth> | null

interface Failed {
  provider: Provider
  failure: DeliveryFailure
  now: Date
}

const idOf = ({ name, host }: Provider): string => (host === undefined ? name : `${name} ${host}`)
const isOpen = (seen: Seen): seen is Versioned<ProviderHealth> =>
  seen !== null && seen.value.failures >= FAILURES_TO_OPEN

const outages = meter.createCounter('onus.notice.provider.outages', {
  description: 'Times that a provider of notices began to fail',
})

export function createProviders(log: Logger, records: Guarded<ProviderHealth>): Providers {
  const known = new Map<string, { seen: Seen; at: number }>()

  async function look(id: string): Promise<Seen> {
    const seen = await records.read(id)
    if (known.size > MOST_SHOWN) known.clear()
    known.set(id, { seen, at: performance.now() })
    return seen
  }

  /** What was known a moment ago is good enough while all is well. */
  async function current(id: string): Promise<Seen> {
    const last = known.get(id)
    if (last && !last.seen && performance.now() - last.at < BELIEVED_MS) return null
    return look(id)
  }

  /** Failures that come together are written together. */
  const note = gathered(MOST_SHOWN, async (failures: Failed[]) => {
    for (const [id, same] of Map.groupBy(failures, ({ provider }) => idOf(provider))) await fail(id, same)
    return failures
  })

  async function fail(id: string, same: readonly Failed[]): Promise<void> {
    const { provider, failure, now } = same.at(-1)!
    const asked = Math.max(...same.map((each) => each.failure.retryAfterMs ?? 0))
    for (let tries = 0; tries < MOST_TRIES; tries++) {
      const seen = await records.read(id)
      const failuresNow = (seen?.value.failures ?? 0) + same.length
      const times = failuresNow - FAILURES_TO_OPEN
      const pause = times < 0 ? 0 : Math.min(PROBE_EVERY_MS, FIRST_PROBE_MS * 2 ** Math.min(times, 8))
      const value: ProviderHealth = {
        ...provider,
        failures: failuresNow,
        since: seen?.value.since ?? now.toISOString(),
        openUntil: new Date(now.getTime() + Math.max(pause, asked)).toISOString(),
        probing: false,
        error: failure.message,
      }
      if (!(await records.write(id, seen, value))) continue
      known.delete(id)
      if (times < 0 || isOpen(seen)) return
      // Only who wrote this one: it is one alarm, however many processes and notices find it out.
      outages.add(1, { provider: provider.name })
      log.error(
        { provider: provider.name, host: provider.host, since: value.since, error: value.error },
        'A provider of notices does not work; they wait',
      )
      return
    }
  }

  async function states(): Promise<ProviderState[]> {
    const found = (await records.all(MOST_SHOWN)).map(({ value }) => stateOf(value))
    const well = PROVIDERS.filter((name) => !found.some((each) => each.name === name))
    const all = [...found, ...well.map((name) => ({ name, state: 'ok' as const, failures: 0 }))]
    return all.sort((a, b) => PROVIDERS.indexOf(a.name) - PROVIDERS.indexOf(b.name))
  }

  meter
    .createObservableGauge('onus.notice.provider.failing', {
      description: '1 while a provider does not work and notices wait for it; every process says the same',
    })
    .addCallback(async (result) => {
      // Without the store nobody knows.
      const now = await states().catch(() => [])
      for (const name of PROVIDERS) {
        const own = now.filter((each) => each.name === name)
        if (own.length)
          result.observe(own.some(({ state }) => state === 'failing') ? 1 : 0, { provider: name })
      }
    })

  async function worked(provider: Provider): Promise<void> {
    const id = idOf(provider)
    const last = known.get(id)
    const before = last ? last.seen : await look(id)
    if (!before) return
    known.delete(id)
    const removed = await records.remove(id)
    if (removed && isOpen(before))
      log.info(
        { provider: provider.name, host: provider.host, since: before.value.since },
        'A provider of notices works again',
      )
  }

  return {
    async enter(provider, now) {
      const id = idOf(provider)
      const seen = await current(id)
      if (!isOpen(seen)) return null
      const name = LABELS[provider.name]
      const until = new Date(seen.value.openUntil)
      if (now < until) return { name, until }
      const openUntil = new Date(now.getTime() + PROBE_MS)
      const probe = { ...seen.value, probing: true, openUntil: openUntil.toISOString() }
      // Several may be the first at once: the one whose write finds what it saw is.
      return (await records.write(id, seen, probe)) ? null : { name, until: openUntil }
    },
    async leave(provider) {
      const id = idOf(provider)
      if (!known.get(id)?.seen) return
      const seen = await look(id)
      if (!seen?.value.probing) return
      await records.write(id, seen, { ...seen.value, probing: false, openUntil: new Date(0).toISOString() })
    },
    worked,
    async failed(provider, failure, now) {
      // An address or a token that is refused says that the provider is well; so does a refusal for good.
      if (failure.waited) return
      if (failure.permanent || failure.broken) await worked(provider)
      else await note({ provider, failure, now })
    },
    states,
  }
}

/**
 * What an account is shown: of hosts that people name (an incoming webhook's, a browser's push service), its own ones
 * alone. Another account's says where that one's people talk.
 */
export function shownTo(
  own: Readonly<Partial<Record<ProviderName, ReadonlySet<string>>>>,
  states: readonly ProviderState[],
): ProviderState[] {
  const shown = states.filter(({ name, host }) => host === undefined || own[name]?.has(host))
  return PROVIDERS.flatMap((name): ProviderState[] => {
    const those = shown.filter((each) => each.name === name)
    return those.length ? those : [{ name, state: 'ok', failures: 0 }]
  })
}

function stateOf({ name, host, failures, since, openUntil, error }: ProviderHealth): ProviderState {
  const state = failures >= FAILURES_TO_OPEN ? 'failing' : 'ok'
  return {
    ...{ name, state, failures, failingSince: since, error },
    ...(host !== undefined && { host }),
    ...(state === 'failing' && { nextTryAt: openUntil }),
  }
}
