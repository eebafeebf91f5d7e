/**
 * How often a duration of about so many seconds came up: counts in buckets that grow by a twentieth, which
 * can be added up over days and departments. A quantile of it is within 2.5 % of the true one.
 */
export type Sketch = Map<number, number>

const GROWTH = 1.05
/** The bucket of less than a second. */
const NONE = -1

const bucketOf = (seconds: number): number =>
  seconds < 1 ? NONE : Math.ceil(Math.log(seconds) / Math.log(GROWTH) - 1e-9)

/** The middle of a bucket. */
const secondsOf = (bucket: number): number => (bucket === NONE ? 0 : (2 * GROWTH ** bucket) / (GROWTH + 1))

export function addDuration(sketch: Sketch, seconds: number): void {
  const bucket = bucketOf(seconds)
  sketch.set(bucket, (sketch.get(bucket) ?? 0) + 1)
}

export function addSketch(sketch: Sketch, other: Iterable<readonly [number, number]>): void {
  for (const [bucket, count] of other) sketch.set(bucket, (sketch.get(bucket) ?? 0) + count)
}

export const countOf = (sketch: Sketch): number => [...sketch.values()].reduce((sum, count) => sum + count, 0)

/** The duration that this share of all does not exceed (nearest rank); null of an empty sketch. */
export function quantile(sketch: Sketch, share: number): number | null {
  const rank = Math.max(1, Math.ceil(countOf(sketch) * share - 1e-9))
  let seen = 0
  for (const bucket of [...sketch.keys()].sort((a, b) => a - b)) {
    seen += sketch.get(bucket) ?? 0
    if (seen >= rank) return secondsOf(bucket)
  }
  return null
}
