import { rfc3339 } from '@onus/kit/clock'
import { Problem } from '@onus/kit/problems'
import type { DeliveryResult, DeliveryTask, DigestTask } from '@onus/workflows-notice'
import { NOTICE_LIFETIME_MS, retryDelayMs } from '../domain/backoff.ts'
import { asFailure, DeliveryFailure } from '../domain/failure.ts'
import { advance, isDue, type Notice, type Outcome } from '../domain/notice.ts'
import type { Breakers } from '../store/breakers.ts'
import type { Ledger } from '../store/ledger.ts'
import type { ChangePublisher } from './changes.ts'
import { countChange } from './metrics.ts'
import type { Pace } from './pace.ts'
import type { Providers } from './providers.ts'
import type { Route, Router } from './routes.ts'
import type { World } from './world.ts'

/** Where an attempt stands in its task. */
export interface AttemptInfo {
  /** The first is 1. */
  number: number
  /** From when the task was given until this attempt was due. */
  elapsedMs: number
  /** An earlier attempt sent it and could not write that down. */
  sentBefore: boolean
  /** Called when it was sent, before that is written down. */
  onSent(): void
}

/** The attempt failed; the ledger knows. */
export class AttemptFailed extends Error {
  /** Undefined: there is no next attempt. */
  readonly retryInMs: number | undefined

  constructor(message: string, retryInMs: number | undefined) {
    super(message)
    this.name = 'AttemptFailed'
    this.retryInMs = retryInMs
  }
}

export interface DelivererDeps {
  world: Pick<World, 'clock' | 'log'>
  ledger: Ledger
  breakers: Breakers
  providers: Providers
  pace: Pace
  router: Router
  changes: ChangePublisher
}

/** Others who wait for the same address or token come a little after the one who tries. */
const AFTER_PROBE_MS = 1000
/** Others who wait for a provider that works again do not come all at once. */
const AFTER_OUTAGE_MS = 3000
/** When it is not known how long to wait. */
const UNCLEAR_MS = 1000

/** Lines that are sent as one, and the wish to send that they belong to. */
interface Parcel {
  lines: Notice[]
  round: number
}

/** Delivers notices, alone or as one digest: an attempt, and what became of it in the ledger. */
export function createDeliverer(deps: DelivererDeps) {
  const { world, ledger, breakers, providers, pace, router, changes } = deps

  async function record({ lines }: Parcel, outcome: Outcome): Promise<DeliveryResult> {
    const at = rfc3339(world.clock())
    const written = await Promise.all(
      lines.map(async (line) => {
        const after = await ledger.change(line.accountId, line.id, (now) => advance(now, outcome, at))
        if (after && after.changes > line.changes) countChange(after)
        return after
      }),
    )
    const there = written.filter((line) => line !== null)
    const published = there.length ? await changes.tryPublish(there) : true
    return resultOf(there[0] ?? lines[0]!, published)
  }

  /** The line; a resend's first attempt opens its round, should its asker have died before. */
  async function open(accountId: string, noticeId: string, round: number): Promise<Notice | null> {
    if (round === 0) return ledger.get(accountId, noticeId)
    const at = rfc3339(world.clock())
    return ledger.change(accountId, noticeId, (line) => advance(line, { type: 'resend', round }, at))
  }

  /** Writes the failure down, and says it. */
  async function fail(parcel: Parcel, failure: Failed, info: AttemptInfo): Promise<never> {
    const { error, delayMs, attempted } = failure
    const { round } = parcel
    const over = delayMs === undefined || info.elapsedMs + delayMs > NOTICE_LIFETIME_MS
    if (over) {
      await record(parcel, { type: 'failed', round, error, attempted })
      throw new AttemptFailed(error, undefined)
    }
    const nextAttemptAt = rfc3339(new Date(world.clock().getTime() + delayMs))
    await record(parcel, { type: 'retrying', round, error, nextAttemptAt, attempted })
    throw new AttemptFailed(error, delayMs)
  }

  /** Comes again later without having tried. */
  async function wait(parcel: Parcel, until: Date, spreadMs: number, why: string, info: AttemptInfo) {
    const open = Math.max(0, until.getTime() - world.clock().getTime()) + spreadMs * (0.5 + Math.random())
    // Those who have waited for long ask as rarely as they would try: thousands may wait for one provider.
    const delayMs = Math.max(open, retryDelayMs({ ...info, durationMs: 0 }))
    return await fail(
      parcel,
      { error: `waits: ${why}`, delayMs: Math.round(delayMs), attempted: false },
      info,
    )
  }

  /** Whether the way is open: for the provider, and for this address or token. */
  async function enter(parcel: Parcel, { breaker, provider }: Route, info: AttemptInfo): Promise<boolean> {
    const now = world.clock()
    // Who wants it sent by hand wants it tried.
    const byHand = parcel.round > 0
    const busy = provider && !byHand && (await providers.enter(provider, now))
    if (busy) return await wait(parcel, busy.until, AFTER_OUTAGE_MS, `${busy.name} does not work`, info)
    const entrance = breaker && (await breakers.enter(breaker, now))
    if (entrance?.type === 'dead' && !byHand) {
      if (provider) await providers.leave(provider)
      const error = 'the address sends mails back'
      return await fail(parcel, { error, delayMs: undefined, attempted: false }, info)
    }
    if (breaker && entrance?.type === 'hold') {
      if (provider) await providers.leave(provider)
      const why = `${BROKEN[breaker.kind]} was refused, and another notice tries it`
      return await wait(parcel, entrance.until, AFTER_PROBE_MS, why, info)
    }
    return entrance?.type === 'dead' || (entrance?.type === 'go' && entrance.failedBefore)
  }

  async function send(parcel: Parcel, route: Route, info: AttemptInfo): Promise<void> {
    const { breaker, provider, places = [] } = route
    const failedBefore = await enter(parcel, route, info)
    try {
      await pace.turn(places)
    } catch (thrown) {
      if (provider) await providers.leave(provider)
      const { message, retryAfterMs = UNCLEAR_MS } = asFailure(thrown)
      const delayMs = Math.round(retryAfterMs + UNCLEAR_MS * Math.random())
      await fail(parcel, { error: message, delayMs, attempted: false }, info)
    }
    const began = world.clock().getTime()
    try {
      await route.send()
      info.onSent()
    } catch (thrown) {
      const failure = asFailure(thrown)
      const now = world.clock()
      const durationMs = now.getTime() - began
      const turn = failure.waited === 'turn'
      const delayMs = turn
        ? (failure.retryAfterMs ?? UNCLEAR_MS)
        : retryDelayMs({ ...info, durationMs, retryAfterMs: failure.retryAfterMs })
      if (provider) await providers.failed(provider, failure, now)
      if (breaker && breaker.kind === failure.broken && !failure.permanent)
        await breakers.failed(breaker, new Date(now.getTime() + delayMs), failure.message)
      const again = failure.permanent ? undefined : delayMs
      await fail(parcel, { error: failure.message, delayMs: again, attempted: !failure.waited }, info)
    }
    if (provider) await providers.worked(provider)
    if (breaker && failedBefore) await breakers.worked(breaker, world.clock())
  }

  /** Finds the way; writes down why there is none. */
  async function routed<T>(parcel: Parcel, find: () => Promise<T>, info: AttemptInfo): Promise<T> {
    try {
      return await find()
    } catch (thrown) {
      const { permanent, message } = routeFailure(thrown)
      const delayMs = permanent ? undefined : retryDelayMs({ ...info, durationMs: 0 })
      return await fail(parcel, { error: message, delayMs, attempted: false }, info)
    }
  }

  return {
    /** @throws AttemptFailed after the ledger knows of it */
    async deliver({ accountId, noticeId, round }: DeliveryTask, info: AttemptInfo): Promise<DeliveryResult> {
      const notice = await open(accountId, noticeId, round)
      if (!notice) return { state: 'skipped', published: true }
      if (!isDue(notice, round)) return resultOf(notice, notice.outbox.length === 0)
      const parcel = { lines: [notice], round }
      if (!info.sentBefore) {
        const route = await routed(parcel, () => router.route(notice), info)
        if (route === 'not_visible') return await record(parcel, { type: 'not_visible', round })
        await send(parcel, route, info)
      }
      return await record(parcel, { type: 'sent', round })
    },

    /**
     * Sends what is left of a digest as one message; lines that were sent by hand meanwhile, or whose ticket
     * has left the agent's sight, are left out. @throws AttemptFailed after the ledger knows of it
     */
    async deliverDigest({ noticeIds }: DigestTask, info: AttemptInfo): Promise<DeliveryResult> {
      const found = await ledger.find(noticeIds)
      const order = new Map(noticeIds.map((id, at) => [id, at]))
      const lines = found
        .filter((line) => isDue(line, 0))
        .sort((a, b) => (order.get(a.id) ?? 0) - (order.get(b.id) ?? 0))
      if (!lines.length) return { state: 'skipped', published: true }
      const all = { lines, round: 0 }
      if (info.sentBefore) return await record(all, { type: 'sent', round: 0 })
      const { visible, hidden, route } = await routed(all, () => router.routeDigest(lines), info)
      if (hidden.length) await record({ lines: hidden, round: 0 }, { type: 'not_visible', round: 0 })
      if (!route || !visible.length) return { state: 'skipped', published: true }
      const parcel = { lines: visible, round: 0 }
      await send(parcel, route, info)
      return await record(parcel, { type: 'sent', round: 0 })
    },

    async giveUp(task: DeliveryTask & { error: string }): Promise<DeliveryResult> {
      const notice = await ledger.get(task.accountId, task.noticeId)
      if (!notice) return { state: 'skipped', published: true }
      const { round, error } = task
      return await record({ lines: [notice], round }, { type: 'failed', round, error, attempted: false })
    },

    async giveUpDigest({ noticeIds, error }: DigestTask & { error: string }): Promise<DeliveryResult> {
      const lines = await ledger.find(noticeIds)
      if (!lines.length) return { state: 'skipped', published: true }
      return await record({ lines, round: 0 }, { type: 'failed', round: 0, error, attempted: false })
    },
  }
}

interface Failed {
  error: string
  /** Undefined: trying again is useless. */
  delayMs: number | undefined
  attempted: boolean
}

const BROKEN = { address: 'the address', token: 'the token' } as const

/** What we needed to know was not to be had: gone for good, or a service of ours is away. */
function routeFailure(thrown: unknown): DeliveryFailure {
  if (thrown instanceof DeliveryFailure) return thrown
  if (thrown instanceof Problem && thrown.reason === 'not-found')
    return new DeliveryFailure('message', 'The ticket is gone.', { cause: thrown })
  return asFailure(thrown)
}

function resultOf(notice: Notice, published: boolean): DeliveryResult {
  const { state } = notice
  if (state === 'sent' || state === 'acknowledged') return { state: 'sent', published }
  return { state: state === 'failed' ? 'failed' : 'skipped', published }
}
