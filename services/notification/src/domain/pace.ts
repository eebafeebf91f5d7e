/** How fast a place of a provider is written to: a bucket of tokens that fills evenly. */

/** So many a second on average, and so many at once after a rest. */
export interface Rate {
  perSecond: number
  burst: number
}

/** What is known of a place. Times are milliseconds. */
export interface Bucket {
  /** When the place has rested for so long that nothing is owed any more. */
  restedAt: number
  /** Up to when others were told to come back. */
  advisedTo: number
}

/** When those who ask may go, and when the others are to ask again. */
export interface Turns {
  /** Moments from now on, at most {@link HORIZON_MS} away. */
  go: number[]
  /** Moments at which it is likely to be their turn. */
  again: number[]
  bucket: Bucket
}

/** Turns are given so far ahead: what is given and not taken, because its process died, is lost. */
export const HORIZON_MS = 1500
/** Nobody stays away for longer: others may have left the queue, and a turn that nobody takes is lost. */
const LONGEST_MS = 30_000

/** Turns for so many who ask now. */
export function turns(
  bucket: Bucket | null,
  many: number,
  { perSecond, burst }: Rate,
  now: number,
  random: () => number = Math.random,
): Turns {
  const interval = 1000 / perSecond
  const credit = (burst - 1) * interval
  const go: number[] = []
  const again: number[] = []
  let restedAt = Math.max(bucket?.restedAt ?? now, now)
  let advisedTo = Math.max(bucket?.advisedTo ?? now, now + HORIZON_MS)
  for (let asked = 0; asked < many; asked++) {
    const at = Math.max(now, restedAt - credit)
    if (at <= now + HORIZON_MS) {
      go.push(at)
      restedAt += interval
    } else {
      advisedTo = Math.min(advisedTo + interval, now + LONGEST_MS)
      // Those at the end of a long queue do not come together.
      const early = advisedTo === now + LONGEST_MS ? 0.5 * random() * LONGEST_MS : 0
      again.push(advisedTo - early)
    }
  }
  return { go, again, bucket: { restedAt, advisedTo } }
}

/** How many may be taken in advance at this rate: what is sent in a quarter of a second, while nobody waits. */
export function spare(bucket: Bucket, { perSecond, burst }: Rate, now: number): number {
  const interval = 1000 / perSecond
  const free = Math.floor((now - (bucket.restedAt - (burst - 1) * interval)) / interval) + 1
  return Math.max(0, Math.min(free, Math.floor(perSecond / 4)))
}
