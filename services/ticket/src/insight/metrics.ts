import type { Logger } from '@onus/kit/logging'
import { meter } from '@onus/kit/telemetry'
import type { LogDocument } from '@onus/workflows-contract'
import type { OpenWorkStore } from './open-work.ts'

/** Seconds: what a claim timeout is made of, from a minute to a week. */
const CLAIM_BUCKETS = [60, 300, 900, 1800, 3600, 7200, 14_400, 28_800, 86_400, 172_800, 604_800]

const timeToClaim = meter.createHistogram('onus.ticket.time_to_claim.seconds', {
  description: 'From the beginning of an unclaimed spell until an agent had the ticket, by cause',
  unit: 's',
  advice: { explicitBucketBoundaries: CLAIM_BUCKETS },
})
const changes = meter.createCounter('onus.responsibility.changes', {
  description: 'Changes of responsibility, by cause',
})
const transferred = meter.createCounter('onus.tickets.transferred', { description: 'Changes of department' })
const reopened = meter.createCounter('onus.tickets.reopened', { description: 'Tickets that were reopened' })
const resolved = meter.createCounter('onus.tickets.resolved', { description: 'Tickets that were resolved' })

/** Counts what a command that was appended just now did. */
export function observeMeasures({ entries, measures = [] }: LogDocument): void {
  for (const { type, cause } of entries)
    if (type === 'responsibility.changed') changes.add(1, { cause: cause.type })
  for (const measure of measures) {
    if (measure.type === 'claimed') timeToClaim.record(measure.seconds, { cause: measure.cause })
    if (measure.type === 'moved') transferred.add(1)
    if (measure.type === 'reopened') reopened.add(1)
    if (measure.type === 'resolved') resolved.add(1)
  }
}

const unclaimed = meter.createGauge('onus.tickets.unclaimed', {
  description: 'Tickets that nobody has and somebody must claim, when last looked at',
})
const oldest = meter.createGauge('onus.tickets.unclaimed.oldest.seconds', {
  description: 'Age of the oldest unclaimed spell when last looked at; 0 without any',
  unit: 's',
})
const stuck = meter.createGauge('onus.tickets.no_eligible_agent', {
  description: 'Unclaimed tickets for which the distribution found nobody, when last looked at',
})

export interface UnclaimedWatchDeps {
  work: Pick<OpenWorkStore, 'unclaimed'>
  log: Pick<Logger, 'warn'>
  /** How often it looks; default a minute. */
  everyMs?: number
  now?: () => Date
}

/** Looks at what nobody has, in the whole installation. */
export class UnclaimedWatch {
  readonly #deps: UnclaimedWatchDeps
  #timer: NodeJS.Timeout | undefined
  #looking: Promise<unknown> = Promise.resolve()
  #stopped = false

  constructor(deps: UnclaimedWatchDeps) {
    this.#deps = deps
  }

  start(): void {
    const { everyMs = 60_000, log } = this.#deps
    const look = () => {
      this.#looking = this.look()
        .catch((error) => log.warn({ err: error }, 'could not look for unclaimed tickets'))
        .finally(() => {
          if (this.#stopped) return
          // Several workers do not look at the same moment.
          this.#timer = setTimeout(look, everyMs * (0.75 + Math.random() / 2))
        })
    }
    look()
  }

  async look(): Promise<void> {
    const { work, now = () => new Date() } = this.#deps
    const found = await work.unclaimed()
    const since = found.oldestSince === null ? null : Date.parse(found.oldestSince)
    unclaimed.record(found.tickets)
    oldest.record(since === null ? 0 : Math.max(0, (now().getTime() - since) / 1000))
    stuck.record(found.noEligibleAgent)
  }

  async stop(): Promise<void> {
    this.#stopped = true
    clearTimeout(this.#timer)
    await this.#looking
  }
}
