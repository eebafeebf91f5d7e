import type { Clock } from '@onus/kit/clock'
import { stableId } from '@onus/kit/ids'
import { DeliveryFailure } from '../domain/failure.ts'
import { type Bucket, type Rate, spare, turns } from '../domain/pace.ts'
import { gathered } from '../store/gathered.ts'
import type { Guarded } from '../store/guarded.ts'

/** Places of providers that have a rate of their own. */
export type Place =
  | { of: 'email' }
  /** One conversation of a workspace; `token` is a bot token or an incoming webhook. */
  | { of: 'slack_channel'; token: string; channel: string }
  | { of: 'slack_workspace'; token: string }
  | { of: 'fcm'; project: string }
  | { of: 'apns'; team: string }
  | { of: 'web_push'; host: string }

export type Rates = Readonly<Record<Place['of'], Rate>>

/**
 * Keeps the providers' rates, over all processes together: turns are given out by a small record of each place
 * in the store. Who has to wait a moment waits here; who has longer to wait is sent away, and told when to
 * come again.
 */
export interface Pace {
  /** Returns when it is our turn in all of these. @throws DeliveryFailure that says when to come again */
  turn(places: readonly Place[]): Promise<void>
}

const NAMES: Record<Place['of'], string> = {
  email: 'the mail server',
  slack_channel: 'this Slack conversation',
  slack_workspace: 'this Slack workspace',
  fcm: 'FCM',
  apns: 'APNs',
  web_push: 'the push service',
}

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

const MOST_TOGETHER = 100
const MOST_TRIES = 30
/** Places that this process asked for lately. */
const MOST_PLACES = 5000
const STOCK_MS = 1000

type Turn = { go: number } | { again: number }

export function createPace(options: { buckets: Guarded<Bucket>; rates: Rates; clock: Clock }): Pace {
  const { buckets, rates, clock } = options
  const places = new Map<string, () => Promise<Turn>>()
  const now = () => clock().getTime()

  function place(id: string, rate: Rate): () => Promise<Turn> {
    /** Turns that were taken in advance, so that a fast provider costs no write for each message. */
    let stock = { left: 0, until: 0 }

    async function given(many: number): Promise<Turn[]> {
      for (let tries = 0; tries < MOST_TRIES; tries++) {
        const at = now()
        const seen = await buckets.read(id)
        const { go, again, bucket } = turns(seen?.value ?? null, many, rate, at)
        const more = again.length ? 0 : spare(bucket, rate, at)
        const after = { ...bucket, restedAt: bucket.restedAt + (more * 1000) / rate.perSecond }
        if (await buckets.write(id, seen, after)) {
          stock = { left: more, until: at + STOCK_MS }
          return [...go.map((moment) => ({ go: moment })), ...again.map((moment) => ({ again: moment }))]
        }
        await sleep(Math.random() * 20)
      }
      return Array.from({ length: many }, () => ({ again: now() + 1000 * Math.random() }))
    }

    return gathered(MOST_TOGETHER, async (asked: undefined[]) => {
      const at = now()
      const ready = stock.until > at ? Math.min(stock.left, asked.length) : 0
      stock.left -= ready
      const atOnce: Turn[] = Array.from({ length: ready }, () => ({ go: at }))
      return ready === asked.length ? atOnce : [...atOnce, ...(await given(asked.length - ready))]
    }) as () => Promise<Turn>
  }

  function placeOf(where: Place): () => Promise<Turn> {
    // What it is about is a person's or a secret: only its hash is kept.
    const { of, ...about } = where
    const id = `${of} ${stableId(...Object.values(about))}`
    const known = places.get(id)
    if (known) return known
    if (places.size >= MOST_PLACES) places.clear()
    const made = place(id, rates[of])
    places.set(id, made)
    return made
  }

  return {
    async turn(wanted) {
      for (const where of wanted) {
        const turn = await placeOf(where)()
        if ('again' in turn)
          throw new DeliveryFailure('temporary', `waits: its turn with ${NAMES[where.of]}`, {
            retryAfterMs: Math.max(0, turn.again - now()),
            waited: 'turn',
          })
        const waitMs = turn.go - now()
        if (waitMs > 0) await sleep(waitMs)
      }
    },
  }
}
