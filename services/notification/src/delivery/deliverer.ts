import { rfc3339 } from '@onus/kit/clock'
import { Problem } from '@onus/kit/problems'
import type { DeliveryResult, DeliveryTask } from '@onus/workflows-notice'
import { NOTICE_LIFETIME_MS, retryDelayMs } from '../domain/backoff.ts'
import { asFailure, DeliveryFailure } from '../domain/failure.ts'
import { advance, isDue, type Notice, type Outcome } from '../domain/notice.ts'
import type { Breakers } from '../store/breakers.ts'
import type { Ledger } from '../store/ledger.ts'
import type { ChangePublisher } from './changes.ts'
import { countChange } from './metrics.ts'
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
  router: Router
  changes: ChangePublisher
}

/** Others who wait for the same address or token come a little after the one who tries. */
const AFTER_PROBE_MS = 1000

/** Delivers one notice: an attempt, and what became of it in the ledger. */
export function createDeliverer({ world, ledger, breakers, router, changes }: DelivererDeps) {
  async function record(notice: Notice, outcome: Outcome): Promise<DeliveryResult> {
    const at = rfc3339(world.clock())
    const after = await ledger.change(notice.accountId, notice.id, (line) => advance(line, outcome, at))
    if (after && after.changes > notice.changes) countChange(after)
    return resultOf(after ?? notice, after ? await changes.tryPublish([after]) : true)
  }

  /** The line; a resend's first attempt opens its round, should its asker have died before. */
  async function open(accountId: string, noticeId: string, round: number): Promise<Notice | null> {
    if (round === 0) return ledger.get(accountId, noticeId)
    const at = rfc3339(world.clock())
    return ledger.change(accountId, noticeId, (line) => advance(line, { type: 'resend', round }, at))
  }

  /** Writes the failure down, and says it. */
  async function fail(notice: Notice, round: number, failure: Failed, info: AttemptInfo): Promise<never> {
    const { error, delayMs, attempted } = failure
    const over = delayMs === undefined || info.elapsedMs + delayMs > NOTICE_LIFETIME_MS
    if (over) {
      await record(notice, { type: 'failed', round, error, attempted })
      throw new AttemptFailed(error, undefined)
    }
    const nextAttemptAt = rfc3339(new Date(world.clock().getTime() + delayMs))
    await record(notice, { type: 'retrying', round, error, nextAttemptAt, attempted })
    throw new AttemptFailed(error, delayMs)
  }

  async function send(notice: Notice, route: Route, round: number, info: AttemptInfo): Promise<void> {
    const { breaker } = route
    const entrance = breaker && (await breakers.enter(breaker, world.clock()))
    const began = world.clock().getTime()
    if (breaker && entrance?.type === 'hold') {
      const delayMs = Math.max(0, entrance.until.getTime() - began) + AFTER_PROBE_MS * (0.5 + Math.random())
      const error = `waits: ${BROKEN[breaker.kind]} was refused, and another notice tries it`
      await fail(notice, round, { error, delayMs: Math.round(delayMs), attempted: false }, info)
    }
    try {
      await route.send()
      info.onSent()
    } catch (thrown) {
      const failure = asFailure(thrown)
      const durationMs = world.clock().getTime() - began
      const delayMs = retryDelayMs({ ...info, durationMs, retryAfterMs: failure.retryAfterMs })
      if (breaker && breaker.kind === failure.broken && !failure.permanent)
        await breakers.failed(breaker, new Date(world.clock().getTime() + delayMs))
      const again = failure.permanent ? undefined : delayMs
      await fail(notice, round, { error: failure.message, delayMs: again, attempted: true }, info)
    }
    if (breaker && entrance?.type === 'go' && entrance.failedBefore) await breakers.worked(breaker)
  }

  return {
    /** @throws AttemptFailed after the ledger knows of it */
    async deliver({ accountId, noticeId, round }: DeliveryTask, info: AttemptInfo): Promise<DeliveryResult> {
      const notice = await open(accountId, noticeId, round)
      if (!notice) return { state: 'skipped', published: true }
      if (!isDue(notice, round)) return resultOf(notice, notice.outbox.length === 0)
      if (!info.sentBefore) {
        let route: Route | 'not_visible'
        try {
          route = await router.route(notice)
        } catch (thrown) {
          const { permanent, message } = routeFailure(thrown)
          const delayMs = permanent ? undefined : retryDelayMs({ ...info, durationMs: 0 })
          return await fail(notice, round, { error: message, delayMs, attempted: false }, info)
        }
        if (route === 'not_visible') return await record(notice, { type: 'not_visible', round })
        await send(notice, route, round, info)
      }
      return await record(notice, { type: 'sent', round })
    },

    async giveUp(task: DeliveryTask & { error: string }): Promise<DeliveryResult> {
      const notice = await ledger.get(task.accountId, task.noticeId)
      if (!notice) return { state: 'skipped', published: true }
      return await record(notice, { type: 'failed', round: task.round, error: task.error, attempted: false })
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
