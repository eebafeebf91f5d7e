import type { Logger } from '@onus/kit/logging'
import type { LaneState, WebhookLaneInput } from '@onus/workflows-notice/webhook-lane-contract'
import PQueue from 'p-queue'
import type { SecretBox } from '../store/secrets.ts'
import {
  attempted,
  disabledBy,
  FAILURES_TO_OPEN,
  healthAfter,
  isResting,
  type Outcome,
} from './domain/attempt.ts'
import { earliest, isDue, type Lane, lanesOf } from './domain/lanes.ts'
import { type Delivery, type Health, isOpen, type Replay, type Webhook } from './domain/model.ts'
import * as metrics from './metrics.ts'
import { validSecrets } from './secrets.ts'
import type { Sender } from './sender.ts'
import type { DeliveryStore, WebhookStore } from './store.ts'

export interface LaneDeps {
  clock: () => Date
  log: Logger
  webhooks: WebhookStore
  deliveries: DeliveryStore
  box: SecretBox
  sender: Sender
  replays: { advance(webhook: Webhook, replay: Replay): Promise<Replay> }
  random?: () => number
}

/** How long one run sends before it reports; the workflow comes again at once. */
const RUN_MS = 20_000
/** Open deliveries looked at in one go. */
const LOOKED_AT = 1000
/** And when all of those wait for a later attempt: what comes after them may be due. */
const MOST_LOOKED_AT = 32_000
/** Subjects (tickets) that are sent to one receiver at the same time. */
const SUBJECTS_AT_ONCE = 4
/** A replay waits while so many deliveries are open. */
const ENOUGH_OPEN = 500

export interface DrainOptions {
  heartbeat?(): void
  signal?: AbortSignal
}

/** Sends what is due to one webhook. Only one runs for a webhook at a time: its workflow sees to that. */
export function createLane(deps: LaneDeps) {
  const { clock, webhooks, deliveries } = deps
  return async function drain(input: WebhookLaneInput, options: DrainOptions = {}): Promise<LaneState> {
    const { accountId, webhookId } = input
    const ends = clock().getTime() + RUN_MS
    let lookedAt = LOOKED_AT
    for (;;) {
      options.signal?.throwIfAborted()
      options.heartbeat?.()
      const webhook = await webhooks.get(accountId, webhookId)
      if (!webhook?.active) return { nextAt: null, waiting: 0 }
      const open = await deliveries.open(webhookId, lookedAt)
      const waiting = open.length
      const now = clock().toISOString()
      const late = now >= new Date(ends).toISOString()
      const replay = Object.values(webhook.replays).find(({ state }) => state === 'running')
      if (replay && waiting < ENOUGH_OPEN && !late) {
        await deps.replays.advance(webhook, replay)
        continue
      }
      const { resumesAt } = webhook.health
      if (resumesAt !== undefined && resumesAt > now && waiting > 0) return { nextAt: resumesAt, waiting }
      const lanes = lanesOf(open)
      const due = lanes.filter((lane) => isDue(lane, now))
      if (due.length === 0 && waiting === lookedAt && lookedAt < MOST_LOOKED_AT) {
        lookedAt = MOST_LOOKED_AT
        continue
      }
      if (late || due.length === 0)
        return { nextAt: replay || due.length > 0 ? now : earliest(lanes), waiting }
      await new Round(deps, webhook, ends, options).send(due)
    }
  }
}

/** One look at what is due, with what is learnt of the receiver on the way. */
class Round {
  readonly #deps: LaneDeps
  readonly #webhook: Webhook
  readonly #ends: number
  readonly #options: DrainOptions
  #health: Health
  #keeping: Promise<unknown> = Promise.resolve()
  #stopped = false

  constructor(deps: LaneDeps, webhook: Webhook, ends: number, options: DrainOptions) {
    this.#deps = deps
    this.#webhook = webhook
    this.#ends = ends
    this.#options = options
    this.#health = webhook.health
  }

  async send(due: Lane<Delivery>[]): Promise<void> {
    if (isResting(this.#health)) {
      // One delivery asks whether the receiver is back: one that was not refused often, as it may be its own fault.
      const heads = due.flatMap(([head]) => (head ? [head] : []))
      const [probe] = heads.sort((a, b) => a.attempts - b.attempts)
      if (probe) await this.#sendOne(probe)
      return
    }
    const queue = new PQueue({ concurrency: SUBJECTS_AT_ONCE })
    await queue.addAll(due.map((lane) => () => this.#sendLane(lane)))
  }

  async #sendLane(lane: Lane<Delivery>): Promise<void> {
    const { clock } = this.#deps
    for (const delivery of lane) {
      const now = clock()
      if (this.#stopped || now.getTime() >= this.#ends || !isDue([delivery], now.toISOString())) return
      if (!(await this.#sendOne(delivery))) return
    }
  }

  /** Whether the next of the same subject may go. */
  async #sendOne(delivery: Delivery): Promise<boolean> {
    const { clock, deliveries, sender, box, random } = this.#deps
    this.#options.signal?.throwIfAborted()
    this.#options.heartbeat?.()
    const body = await deliveries.body(delivery.id)
    // Its webhook was deleted meanwhile, with everything that was for it.
    if (body === null) return false
    const at = clock()
    const secrets = validSecrets(this.#webhook, box, at)
    const outcome = await sender.send(
      { url: this.#webhook.url, id: delivery.eventId, body, secrets },
      { signal: this.#options.signal },
    )
    const after = attempted(delivery, outcome, at, random)
    await deliveries.save(after)
    metrics.attempts.add(1, { outcome: outcome.type })
    if (after.state === 'dead_letter') metrics.deadLetters.add(1)
    await this.#learn(outcome)
    return !isOpen(after)
  }

  async #learn(outcome: Outcome): Promise<void> {
    const { clock, log, webhooks, deliveries, random } = this.#deps
    const { accountId, id: webhookId } = this.#webhook
    const before = this.#health
    const now = clock()
    const after = healthAfter(before, outcome, now, random)
    if (after === before) return
    this.#health = after
    // One after the other, each the newest: an older one that is written last would be believed.
    this.#keeping = this.#keeping.then(() => webhooks.setHealth(accountId, webhookId, this.#health))
    await this.#keeping
    const about = { accountId, webhookId }
    if (outcome.type === 'delivered') {
      if (!isResting(before)) return
      log.info(about, 'the receiver of a webhook is back')
      await deliveries.hasten(webhookId, now.toISOString())
      return
    }
    if (after.resumesAt !== undefined) this.#stopped = true
    if (after.failures === FAILURES_TO_OPEN) {
      // One alarm for a receiver that is away, however much waits for it.
      metrics.receiversLost.add(1)
      log.error({ ...about, reason: after.lastError }, 'the receiver of a webhook fails again and again')
    }
    const reason = disabledBy(outcome, after, now)
    if (!reason) return
    this.#stopped = true
    metrics.disabled.add(1, { reason })
    log.error({ ...about, reason }, 'a webhook was set inactive')
    await webhooks.change(accountId, webhookId, {
      active: false,
      disabled: { reason, at: now.toISOString() },
    })
  }
}
